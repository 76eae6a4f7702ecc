"""Tables and JSON in and out: checked when read, whole or not at all when written.

Writing goes through common.atomic: whoever is killed leaves the old file as it was.
"""

import csv
import io
import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from common.atomic import replace_file
from common.stage import LabError

MISSING = frozenset({"", "NA", "NaN", "nan"})  # how a CSV says that a number is missing
DATE = "date"  # a column type of ours: an ISO date, YYYY-MM-DD


def list_tables(folder: Path) -> list[Path]:
    """Return the CSV files of a folder, sorted by name; a LabError when there are none."""
    if not folder.is_dir():
        raise LabError(f"the folder '{folder}' is missing: run the stage before this one, which makes it")
    tables = sorted(folder.glob("[!.]*.csv"))
    if not tables:
        raise LabError(f"the folder '{folder}' has no .csv file: run the stage before this one again")
    return tables


def read_table(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """Read a CSV whose header is exactly `columns`: name -> numpy type, or DATE.

    Empty numbers become NaN. Whatever else is wrong is a LabError that names file, line and column.
    """
    content = read_bytes(path)
    numbers = {name: kind for name, kind in columns.items() if kind != DATE}
    dates = [name for name, kind in columns.items() if kind == DATE]
    _check_shape(path, content, list(columns))
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            dtype=numbers,
            keep_default_na=False,
            na_values={name: sorted(MISSING) for name in numbers},
        )
        for name in dates:
            table[name] = pd.to_datetime(table[name], format="%Y-%m-%d").astype("datetime64[s]")
    except (ValueError, OverflowError) as error:
        _explain(path, content, columns)
        raise LabError(f"'{path}' cannot be read as a table: {error}") from error
    floats = table.select_dtypes("floating")
    if np.isinf(floats.to_numpy()).any():
        _explain(path, content, columns)
    return table


def refuse_missing(table: pd.DataFrame, path: Path) -> None:
    """Raise a LabError for the first missing value of a table that was read from `path`."""
    rows, columns = np.nonzero(table.isna().to_numpy())
    if len(rows):
        line, column = rows[0] + 2, table.columns[columns[0]]  # line 1 is the header
        raise LabError(
            f"'{path}', line {line}: '{column}' is missing: run the stage that made the file again"
        )


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV: header, no index, ISO dates, the shortest digits that give the same number back."""
    with replace_file(path) as temporary:
        table.to_csv(temporary, index=False, date_format="%Y-%m-%d", lineterminator="\n")


def read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise LabError(f"'{path}' is missing: run the stage before this one, which makes it") from error
    if not content:
        raise LabError(f"'{path}' is empty: run the stage that makes it again")
    return content


def read_json(path: Path) -> dict:
    try:
        value = json.loads(read_bytes(path))
    except ValueError as error:  # not JSON, or not UTF-8
        raise LabError(f"'{path}' is not JSON ({error}): run the stage that makes it again") from error
    if not isinstance(value, dict):
        raise LabError(f"'{path}' is not a JSON object: run the stage that makes it again")
    return value


def write_json(value: Mapping, path: Path) -> None:
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _check_shape(path: Path, content: bytes, columns: list[str]) -> None:
    """Refuse what pandas would mend in silence: other columns, short lines, a cut end, wrong bytes."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line, byte = _line_of(content, error.start), content[error.start]
        raise LabError(
            f"'{path}', line {line}: byte 0x{byte:02x} is not UTF-8: save the file as UTF-8"
        ) from error
    header = next(csv.reader([content.split(b"\n", 1)[0].decode("utf-8-sig")]), [])
    if header != columns:
        missing = [name for name in columns if name not in header]
        extra = [name for name in header if name not in columns]
        what = f"missing {missing}, unknown {extra}" if missing or extra else "in another order"
        raise LabError(f"'{path}', line 1: columns {header} are not {columns} ({what}): mend the header")
    if not content.endswith(b"\n"):
        line = _line_of(content, len(content))
        raise LabError(f"'{path}', line {line}: the file ends in the middle of a line: make or copy it again")
    if content.count(b",") != content.count(b"\n") * (len(columns) - 1):
        _explain(
            path, content, dict.fromkeys(columns, "str")
        )  # a short line, or quoted commas, which are fine


def _line_of(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _explain(path: Path, content: bytes, columns: Mapping[str, str]) -> None:
    """Go through a table line by line and raise a LabError for the first thing that is wrong with it."""
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    next(lines)
    for fields in lines:
        if len(fields) != len(columns):
            raise LabError(
                f"'{path}', line {lines.line_num}: {len(fields)} fields where the header has {len(columns)}: "
                "mend the line, or make the file again"
            )
        for (name, kind), value in zip(columns.items(), fields, strict=True):
            if not _fits(value, kind):
                what = "an ISO date such as 2024-01-31" if kind == DATE else "a number"
                raise LabError(
                    f"'{path}', line {lines.line_num}: '{value}' in column '{name}' is not {what}: mend it"
                )


def _fits(value: str, kind: str) -> bool:
    try:
        if kind == DATE:
            date.fromisoformat(value)
        elif kind.startswith("int"):
            int(value)
        elif kind.startswith("float"):
            return value in MISSING or math.isfinite(float(value))
    except ValueError:
        return False
    return True
