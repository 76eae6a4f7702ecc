"""A table from SQLite and from PostgreSQL: read-only, in parts, and no password anywhere."""

import json
import re
import sqlite3

import psycopg
import pytest

from common.tests.tools import hash_files
from lab2.tests.servers import PASSWORD

QUERY = "SELECT * FROM tumours ORDER BY id"


@pytest.fixture
def sqlite(table, tmp_path):
    path = tmp_path / "a #1.db"
    with sqlite3.connect(path) as connection:
        table.to_sql("tumours", connection, index=False)
    connection.close()
    return path


@pytest.fixture(scope="session")
def server(postgres, table):
    """Return the URL of a PostgreSQL that has the tumours, a million numbers and a function that writes."""
    columns = [name.replace(" ", "_") for name in table.columns]
    kinds = ["integer", "text", *["double precision"] * 30]
    with psycopg.connect(f"postgresql://lab@{postgres}", password=PASSWORD, autocommit=True) as connection:
        listed = ", ".join(f"{name} {kind}" for name, kind in zip(columns, kinds, strict=True))
        connection.execute(f"CREATE TABLE tumours ({listed})")
        with connection.cursor().copy("COPY tumours FROM STDIN") as copy:
            for row in table.itertuples(index=False):
                copy.write_row(row)
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS integer LANGUAGE sql AS 'DELETE FROM tumours RETURNING 1'"
        )
    return f"postgresql://lab:{PASSWORD.replace('%', '%25')}@{postgres}"


def test_sqlite_takes_the_place_of_the_builtin_table(sqlite, stage, pipeline_run, tmp_path):
    before = sqlite.read_bytes()
    ended = stage("data_creation", "--source", f"sqlite:///{sqlite}", "--query", QUERY)
    assert (ended.code, ended.err) == (0, f"read 569 rows from 'sqlite:///{tmp_path}/a ?***'\n")
    assert stage("data_preprocessing").code == 0
    assert sqlite.read_bytes() == before
    for part in ("train", "test"):  # but for the last digit of some, as pandas reads it
        found = (tmp_path / "data" / "processed" / f"{part}.csv").read_text()
        assert found == (pipeline_run[1] / "data" / "processed" / f"{part}.csv").read_text()


def test_postgresql_takes_the_place_of_the_builtin_table(server, stage, pipeline_run, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE", server)
    ended = stage("data_creation", "--source", "env:DATABASE", "--query", QUERY)
    assert ended.code == 0, ended.err
    assert stage("data_preprocessing").code == 0
    expected = hash_files(pipeline_run[1] / "data" / "processed")
    found = hash_files(tmp_path / "data" / "processed")
    assert {name: found[name] for name in ("train.csv", "test.csv")} == {
        name: expected[name] for name in ("train.csv", "test.csv")
    }
    source = json.loads((tmp_path / "data" / "raw" / "source.json").read_text())
    assert source["source"] == re.sub("//.*@", "//***@", server)
    assert source["query"] == QUERY


def test_a_million_rows_are_streamed(server, stage, tmp_path):
    query = "SELECT i, i * 0.5 AS half FROM generate_series(1, 1000000) i;"
    ended = stage("data_creation", "--source", server, "--query", query)
    assert ended.code == 0, ended.err
    lines = (tmp_path / "data" / "raw" / "measurements.csv").read_text().splitlines()
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("i,half", "1,0.5", "1000000,500000.0", 1_000_001)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("DELETE FROM tumours", "--query 'DELETE FROM tumours' is not one SELECT: only reading is allowed"),
        ("SELECT 1; DROP TABLE tumours", "is not one SELECT: only reading is allowed"),
        ("/* a */ -- b\nDROP TABLE tumours", "is not one SELECT: only reading is allowed"),
        ("SELECT * FROM nowhere", 'says: relation "nowhere" does not exist: mend --source or --query'),
        ("SELECT 1 WHERE false", "--query 'SELECT 1 WHERE false' gives no row: mend it"),
        ("SELECT spoil()", "says: cannot execute DELETE in a read-only transaction"),
        ("WITH a AS (DELETE FROM tumours RETURNING 1) SELECT * FROM a", "must not contain data-modifying"),
        ("", "is a database: say what to read by --query 'SELECT …'"),
        ("SELECT pg_sleep(30)", "took longer than 2 s: raise --timeout-s, or try later"),
        (
            "SELECT repeat('x', 2000000)",
            "--query gives more than 1000000 bytes: add a LIMIT, or raise --max-mb",
        ),
    ],
)
def test_postgresql_is_only_read_and_says_what_is_wrong(server, stage, tmp_path, query, message):
    ended = stage("data_creation", "--source", server, "--query", query, "--timeout-s", 2, "--max-mb", 1)
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1 + query.count("\n")
    assert list(tmp_path.rglob("*.csv")) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nowhere", "says: no such table: nowhere: mend --source or --query"),
        ("DROP TABLE tumours", "is not one SELECT: only reading is allowed"),
        ("WITH a AS (SELECT 1) DELETE FROM tumours", "says: attempt to write a readonly database"),
        (
            "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a",
            "took longer than 2 s: raise --timeout-s, or try later",
        ),
    ],
)
def test_sqlite_is_only_read_and_says_what_is_wrong(sqlite, stage, query, message):
    before = sqlite.read_bytes()
    ended = stage("data_creation", "--source", f"sqlite:///{sqlite}", "--query", query, "--timeout-s", 2)
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert sqlite.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sqlite:////nowhere.db", "'/nowhere.db' is no file: give sqlite:///PATH of a database"),
        ("sqlite://", "'sqlite://' is no file: give sqlite:///PATH of a database"),
        ("env:NOT_SET", "the environment variable 'NOT_SET' of --source is not set: export NOT_SET=URL"),
        ("oracle://lab:s3cret@h/x", "--source 'oracle://***@h/x' is none of builtin, http(s)://…, "),
        ("table.csv", "--query 'SELECT 1' needs a database, --source is 'table.csv'"),
    ],
)
def test_what_is_no_source_is_named(stage, source, message):
    ended = stage("data_creation", "--source", source, "--query", "" if "oracle" in source else "SELECT 1")
    assert ended.code == 1
    assert ended.err.startswith(f"data_creation.py: {message}")


@pytest.mark.parametrize(
    "source",
    [
        "{server}",  # the query fails
        "postgresql://lab:wr0ng@{address}",
        "postgresql://lab:wr0ng@127.0.0.1:1/postgres",
        "postgresql://lab@{address}?password=wr0ng",
        "postgresql://lab:a@wr0ng@{address}",
        "postgresql://lab:wr0ng:/x",
        "postgres://lab:wr0ng@[::x/y",
        "postgresql://lab:b/wr0ng?@{address}",
    ],
)
def test_no_password_is_printed_or_saved(server, postgres, stage, tmp_path, source):
    url = source.format(server=server, address=postgres)
    ended = [
        stage("data_creation", "--source", url, "--query", "SELECT nothing"),
        stage("data_creation", "--source", url, "--query", ""),
        stage("data_creation", "--source", url, "--query", "SELECT 1", "--querry", url),
    ]
    said = "".join(one.out + one.err for one in ended)
    assert [one.code for one in ended] == [1, 1, 2], said
    assert "Traceback" not in said
    assert not re.search("wr0ng|s3cret", said)
    assert not any(b"wr0ng" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
