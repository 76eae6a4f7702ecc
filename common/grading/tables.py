"""Reads a table of a submission as numbers and writes changed numbers back, in the file's own format.

Nothing is executed: pickles are not read. What is no table of numbers is None, and never guessed at.
"""

import csv
import functools
import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LARGEST_BYTES = 50_000_000
DELIMITERS = ",;\t~|"
TEXTS = (".csv", ".tsv", ".txt", ".data", ".dat")
KEPT_CHARACTERS = (
    1 << 20
)  # of a text whose table is kept: most files are read again and again, in other trees
FEW_VALUES = 20  # whole numbers with no more different values than this are classes, not measurements


@dataclass
class Table:
    """A file's numbers, float64 of shape (rows, columns); NaN where a cell is empty."""

    path: Path
    numbers: np.ndarray
    _cells: list[list[str]] = field(default_factory=list)  # of a text: all rows, the header too
    _columns: list[int] = field(default_factory=list)  # of a text: where its numbers are
    _first_row: int = 0
    _delimiter: str = ""
    _shape: tuple[int, ...] = ()
    _kind: np.dtype | None = None

    @property
    def measured(self) -> np.ndarray:
        """Which columns hold measurements: not classes, not a row number."""
        return np.array([_is_measured(column) for column in self.numbers.T], dtype=bool)

    def write(self, numbers: np.ndarray) -> None:
        """Write `numbers`, of the same shape, in place of the old ones."""
        match self.path.suffix.lower():
            case ".npy":
                whole = np.issubdtype(self._kind, np.integer)
                array = (np.rint(numbers) if whole else numbers).astype(self._kind).reshape(self._shape)
                np.save(self.path, array, allow_pickle=False)
            case ".parquet":
                self._write_parquet(numbers)
            case _:
                self._write_text(numbers)

    def _write_parquet(self, numbers: np.ndarray) -> None:
        import pandas as pd

        frame = pd.read_parquet(self.path)
        for position, values in zip(self._columns, numbers.T, strict=True):
            name = frame.columns[position]
            whole = pd.api.types.is_integer_dtype(frame[name].dtype)
            frame[name] = np.rint(values).astype(frame[name].dtype) if whole else values
        frame.to_parquet(self.path)

    def _write_text(self, numbers: np.ndarray) -> None:
        rows = [list(row) for row in self._cells]
        whole = [_is_whole(column) for column in self.numbers.T]
        for row, values in zip(rows[self._first_row :], numbers, strict=True):
            for position, value, is_whole in zip(self._columns, values, whole, strict=True):
                if not np.isnan(value):
                    row[position] = str(round(value)) if is_whole else repr(float(value))
                else:
                    row[position] = ""
        if self._delimiter == " ":
            self.path.write_text("".join(" ".join(row) + "\n" for row in rows), encoding="utf-8")
            return
        with self.path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=self._delimiter, lineterminator="\n").writerows(rows)


def read_table(path: Path) -> Table | None:
    """Return the file as a table, or None when it is none that can be read safely."""
    try:
        if not path.is_file() or path.is_symlink() or not 0 < path.stat().st_size <= LARGEST_BYTES:
            return None
        match path.suffix.lower():
            case ".npy":
                return _read_npy(path)
            case ".parquet":
                return _read_parquet(path)
            case suffix if suffix in TEXTS:
                return _read_text(path)
    except (OSError, ValueError, EOFError, ImportError, csv.Error):
        return None
    return None


def _read_npy(path: Path) -> Table | None:
    array = np.load(path, allow_pickle=False)
    if array.dtype.kind not in "iufb" or not array.size:
        return None
    numbers = array.reshape(len(array) if array.ndim else 1, -1).astype(np.float64)
    return Table(path, numbers, _shape=array.shape, _kind=array.dtype)


def _read_parquet(path: Path) -> Table | None:
    import pandas as pd

    frame = pd.read_parquet(path)
    columns = [i for i, kind in enumerate(frame.dtypes) if pd.api.types.is_numeric_dtype(kind)]
    if not columns or frame.empty:
        return None
    return Table(path, frame.iloc[:, columns].to_numpy(dtype=np.float64), _columns=columns)


def _read_text(path: Path) -> Table | None:
    content = path.read_text(encoding="utf-8-sig")
    parse = _parse_text if len(content) <= KEPT_CHARACTERS else _parse_text.__wrapped__
    parsed = parse(content)
    return Table(path, *parsed) if parsed else None


@functools.lru_cache(maxsize=32)
def _parse_text(content: str) -> tuple[np.ndarray, list[list[str]], list[int], int, str] | None:
    lines = content.splitlines()
    counts = {mark: lines[0].count(mark) for mark in DELIMITERS} if lines else {}
    delimiter = max(counts, key=counts.get, default=",")
    if not any(counts.values()) and re.search(r"\S\s+\S", lines[-1] if lines else ""):
        delimiter = " "  # as numpy.savetxt writes
    cells = [line.split() for line in lines] if delimiter == " " else _split(content, delimiter)
    cells = [row for row in cells if row]
    width = max(map(len, cells), default=0)
    if not cells or any(len(row) != width for row in cells):
        return None
    first_row = 0 if all(_number(cell) is not None for cell in cells[0]) else 1
    rows = cells[first_row:]
    numbers = {i: [_number(row[i]) for row in rows] for i in range(width)}
    columns = [i for i, column in numbers.items() if rows and _are_numbers(column)]
    if not columns:
        return None
    array = np.array([numbers[i] for i in columns], dtype=np.float64).T.copy()
    array.flags.writeable = False  # it may be that of several tables
    return array, cells, columns, first_row, delimiter


def _split(content: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))


def _number(cell: str) -> float | None:
    """Return the number of a cell; NaN for an empty one, None for a text."""
    try:
        return float(cell)
    except ValueError:
        return np.nan if cell.strip().lower() in ("", "na", "none", "null") else None


def _are_numbers(numbers: list[float | None]) -> bool:
    return None not in numbers and not all(map(math.isnan, numbers))


def _is_whole(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return bool((known == np.rint(known)).all())


def _is_measured(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    if not _is_whole(known):
        return True
    is_row_number = len(known) > 1 and bool((np.diff(known) == 1).all())
    return not is_row_number and len(np.unique(known)) > FEW_VALUES
