"""Tables in and out: every way a file can be wrong has a message, and nothing is half-written."""

import pandas as pd
import pytest

from common.atomic import replace_file, replace_folder
from common.files import (
    DATE,
    list_tables,
    read_json,
    read_table,
    refuse_missing,
    write_json,
    write_table,
)
from common.stage import LabError

COLUMNS = {"date": DATE, "t_min_c": "float32", "frost": "int8"}
GOOD = b"date,t_min_c,frost\n2024-01-31,-1.5,1\n2024-02-01,,0\n"


@pytest.fixture
def table(tmp_path):
    return tmp_path / "station.csv"


def test_a_table_is_read_with_its_types(table):
    table.write_bytes(GOOD)
    days = read_table(table, COLUMNS)
    assert days["date"].tolist() == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]
    assert days["t_min_c"].tolist()[0] == -1.5
    assert days["t_min_c"].isna().tolist() == [False, True]
    assert days.dtypes.astype(str).tolist() == ["datetime64[s]", "float32", "int8"]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n")], ids=["BOM", "CRLF"]
)
def test_windows_files_are_read(table, content):
    table.write_bytes(content)
    assert read_table(table, COLUMNS)["frost"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'{path}' is empty: run the stage that makes it again"),
        (
            b"date,t_min_c\n2024-01-31,1\n",
            "'{path}', line 1: columns ['date', 't_min_c'] are not ['date', 't_min_c', 'frost'] "
            "(missing ['frost'], unknown []): mend the header",
        ),
        (
            GOOD.replace(b"t_min_c", b"tmin"),
            "'{path}', line 1: columns ['date', 'tmin', 'frost'] are not ['date', 't_min_c', 'frost'] "
            "(missing ['t_min_c'], unknown ['tmin']): mend the header",
        ),
        (
            b"date,frost,t_min_c\n2024-01-31,1,-1.5\n",
            "'{path}', line 1: columns ['date', 'frost', 't_min_c'] are not ['date', 't_min_c', 'frost'] "
            "(in another order): mend the header",
        ),
        (
            GOOD + b"2024-02-02,1.",
            "'{path}', line 4: the file ends in the middle of a line: make or copy it again",
        ),
        (
            GOOD + b"2024-02-02,1.5\n",
            "'{path}', line 4: 2 fields where the header has 3: mend the line, or make the file again",
        ),
        (
            GOOD + b"2024-02-02,1.5,0,7\n",
            "'{path}', line 4: 4 fields where the header has 3: mend the line, or make the file again",
        ),
        (
            GOOD.replace(b"-1.5", b"cold"),
            "'{path}', line 2: 'cold' in column 't_min_c' is not a number: mend it",
        ),
        (
            GOOD.replace(b"-1.5", b"inf"),
            "'{path}', line 2: 'inf' in column 't_min_c' is not a number: mend it",
        ),
        (GOOD.replace(b",,0", b",,"), "'{path}', line 3: '' in column 'frost' is not a number: mend it"),
        (
            GOOD.replace(b"2024-02-01", b"2024-02-31"),
            "'{path}', line 3: '2024-02-31' in column 'date' is not an ISO date such as 2024-01-31: mend it",
        ),
        (GOOD.decode().encode("utf-16"), "'{path}', line 1: byte 0xff is not UTF-8: save the file as UTF-8"),
        (GOOD.replace(b"-1.5", b"\xff"), "'{path}', line 2: byte 0xff is not UTF-8: save the file as UTF-8"),
    ],
)
def test_a_wrong_table_names_file_line_and_column(table, content, message):
    table.write_bytes(content)
    with pytest.raises(LabError) as error:
        read_table(table, COLUMNS)
    assert str(error.value) == message.format(path=table)


def test_a_missing_table_says_so(table):
    with pytest.raises(
        LabError, match=r"station.csv' is missing: run the stage before this one, which makes it"
    ):
        read_table(table, COLUMNS)


def test_a_comma_inside_quotes_is_no_mistake(table):
    table.write_text('name,age\n"Braund, Mr. Owen",22\n')
    assert read_table(table, {"name": "str", "age": "int8"})["name"].tolist() == ["Braund, Mr. Owen"]


def test_the_first_missing_value_is_named(table):
    table.write_bytes(GOOD)
    with pytest.raises(
        LabError, match="line 3: 't_min_c' is missing: run the stage that made the file again"
    ):
        refuse_missing(read_table(table, COLUMNS), table)


def test_a_written_table_reads_back_the_same(table):
    days = pd.DataFrame({"date": pd.to_datetime(["2024-01-31"]), "t_min_c": [0.1], "frost": [0]})
    days = days.astype({"t_min_c": "float32", "frost": "int8"})
    write_table(days, table)
    assert table.read_bytes() == b"date,t_min_c,frost\n2024-01-31,0.1,0\n"
    assert read_table(table, COLUMNS)["t_min_c"].equals(days["t_min_c"])


def test_tables_are_listed_by_name_without_hidden_ones(tmp_path):
    for name in ("b.csv", "a.csv", ".c.csv.tmp-1", ".d.csv", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in list_tables(tmp_path)] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("name", "message"), [("none", "the folder '.*none' is missing: run"), (".", "has no .csv file: run")]
)
def test_a_folder_without_tables_says_what_to_run(tmp_path, name, message):
    with pytest.raises(LabError, match=message):
        list_tables(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is not JSON"), ("[]", "is not a JSON object"), ("", "is empty"), ("\x00", "is not JSON")],
)
def test_broken_json_says_what_to_run(tmp_path, content, message):
    path = tmp_path / "model.json"
    path.write_text(content)
    with pytest.raises(LabError, match=f"model.json' {message}.*: run the stage that makes it again"):
        read_json(path)


def test_json_comes_back_with_every_alphabet(tmp_path):
    write_json({"unit": "°C", "город": "Рига"}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json") == {"unit": "°C", "город": "Рига"}


def write_half(path):
    path.write_text("half")
    raise ZeroDivisionError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(table):
    table.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_file(table) as temporary:
        write_half(temporary)
    assert table.read_text() == "old"
    assert list(table.parent.iterdir()) == [table]


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path):
    old = tmp_path / "data"
    old.mkdir()
    (old / "a.csv").write_text("old")
    with pytest.raises(ZeroDivisionError), replace_folder(old) as temporary:
        write_half(temporary / "a.csv")
    assert (old / "a.csv").read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_a_new_folder_has_nothing_of_the_old_one(tmp_path):
    for name in ("first.csv", "second.csv"):
        with replace_folder(tmp_path / "data") as temporary:
            (temporary / name).write_text("x")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["second.csv"]
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]


def test_what_a_killed_process_left_is_cleared_and_a_living_one_is_left_alone(tmp_path):
    (tmp_path / ".data.tmp-999999999").mkdir()  # above the largest pid of Linux, 2^22
    (tmp_path / ".data.tmp-1").mkdir()  # init is alive
    with replace_folder(tmp_path / "data"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".data.tmp-1", "data"]
