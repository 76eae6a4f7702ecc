"""Reads one SELECT from SQLite or PostgreSQL into a CSV: read-only, streamed, no password in any message."""

import csv
import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from common.stage import LabError

from urls import scheme_of, shown

SCHEMES = ("sqlite", "postgresql", "postgres")
CONNECT_TIMEOUT_S = 10
GRACE_S = 2  # after which a server gives up on its own: whoever asked has left by then
SQLITE_STEPS = 100_000  # some milliseconds
PART_ROWS = 10_000  # in memory at a time
SELECT = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)


def save_query(source: str, query: str, path: Path, *, max_bytes: int, timeout_s: float) -> int:
    """Write what `query` selects to the CSV `path`; return how many rows."""
    if not SELECT.match(query) or ";" in query.rstrip().removesuffix(";"):
        raise LabError(f"--query '{query}' is not one SELECT: only reading is allowed")
    url = read_url(source)
    try:
        with connect(url, timeout_s).connect() as connection, path.open("w", encoding="utf-8") as file:
            # psycopg begins a READ ONLY transaction; stream_results asks for a cursor in the server.
            connection = connection.execution_options(
                stream_results=True, max_row_buffer=PART_ROWS, no_parameters=True, **read_only(url)
            )
            result = connection.exec_driver_sql(query)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(result.keys())
            rows = 0
            for part in result.partitions(PART_ROWS):
                writer.writerows(part)
                rows += len(part)
                if file.tell() > max_bytes:
                    raise LabError(
                        f"--query gives more than {max_bytes} bytes: add a LIMIT, or raise --max-mb"
                    )
    except SQLAlchemyError as error:
        raise LabError(f"'{shown(source)}' {explain(error, url)}") from None
    if not rows:
        raise LabError(f"--query '{query}' gives no row: mend it")
    return rows


def read_url(source: str) -> URL:
    """Return the parts of a database's URL; what cannot be one is not shown, for it may have a password."""
    scheme = scheme_of(source)
    try:
        url = make_url(source)
    except (ArgumentError, ValueError):
        raise LabError(f"--source '{scheme}://***' is not a database's URL: mend it") from None
    if "@" in (url.host or ""):
        raise LabError(f"--source '{shown(source)}' has more than one @: write the password's as %40")
    if scheme == "sqlite":
        if not url.database or not Path(url.database).is_file():
            raise LabError(f"'{url.database or source}' is no file: give sqlite:///PATH of a database")
        return url
    return url.set(drivername="postgresql+psycopg")


def connect(url: URL, timeout_s: float) -> Engine:
    """Return an engine that cannot write."""
    if url.drivername == "sqlite":
        address = f"file:{quote(str(Path(url.database).resolve()))}?mode=ro"

        def open_read_only() -> sqlite3.Connection:
            connection = sqlite3.connect(address, uri=True)
            connection.execute("PRAGMA query_only = ON")
            # Back in Python now and then, where the deadline's signal is heard.
            connection.set_progress_handler(lambda: False, SQLITE_STEPS)
            return connection

        return create_engine("sqlite://", creator=open_read_only, poolclass=NullPool)
    settings = (
        f"-c default_transaction_read_only=on -c statement_timeout={round((timeout_s + GRACE_S) * 1000)}"
    )
    own = url.query.get("options", "")
    arguments = {"connect_timeout": CONNECT_TIMEOUT_S, "options": f"{own} {settings}"}
    return create_engine(url, connect_args=arguments, poolclass=NullPool)


def read_only(url: URL) -> dict[str, Any]:
    return {} if url.drivername == "sqlite" else {"postgresql_readonly": True}


def explain(error: SQLAlchemyError, url: URL) -> str:
    """Return the database's own first line, without what is secret in the URL, should it repeat that."""
    line = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    for secret in (url.password, *(value for value in url.query.values() if isinstance(value, str))):
        if secret:
            line = line.replace(str(secret), "***")
    return f"says: {line}: mend --source or --query"
