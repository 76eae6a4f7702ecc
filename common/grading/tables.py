"""Reads a table of a submission as numbers and writes changed numbers back, in the file's own format.

Nothing is executed, and nothing is larger in memory than some twenty times its file, which has a limit. What
is no table of numbers is None, and never guessed at.
"""

import csv
import functools
import io
import math
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

LARGEST_BYTES = 32_000_000  # of all tables that are read together
MOST_COLUMNS = 20_000  # a picture of 80 x 80 in colour; each column costs some 20 us a look
DELIMITERS = ",;\t~|"
TEXTS = frozenset({".csv", ".tsv", ".txt", ".data", ".dat"})
READABLE = TEXTS | {".npy"}
BYTE_ORDER_MARK = "\ufeff"
KEPT_CHARACTERS = 1 << 17  # of a text whose table is kept: most are read again and again, in other trees
FEW_VALUES = 20  # whole numbers with no more different values than this are classes, not measurements


@dataclass
class Table:
    """A file's numbers, float64 of shape (rows, columns); NaN where a cell is empty or infinite."""

    path: Path
    numbers: np.ndarray

    @property
    def measured(self) -> np.ndarray:
        """Which columns hold measurements: not classes, not a row number."""
        return np.array([_is_measured(column) for column in self.numbers.T], dtype=bool)


@dataclass
class ArrayTable(Table):
    def write(self, numbers: np.ndarray) -> None:
        """Write `numbers`, of the same shape, in place of the old ones."""
        old = _open_array(self.path)
        if old.dtype.kind in "iu":
            limits = np.iinfo(old.dtype)  # a byte of a picture ends at 255
            numbers = np.clip(np.rint(numbers), limits.min, limits.max)
        with np.errstate(all="ignore"):
            array = numbers.astype(old.dtype).reshape(old.shape)
        np.save(self.path, array, allow_pickle=False)


@dataclass
class TextTable(Table):
    cells: list[list[str]] = field(default_factory=list)  # all rows, the header too
    columns: list[int] = field(default_factory=list)  # where the numbers are
    first_row: int = 0
    delimiter: str = ","
    mark: str = ""  # the byte order mark that Excel looks for

    def write(self, numbers: np.ndarray) -> None:
        rows = [list(row) for row in self.cells]
        whole = [_is_whole(column) for column in self.numbers.T]
        for row, values in zip(rows[self.first_row :], numbers, strict=True):
            for position, value, is_whole in zip(self.columns, values, whole, strict=True):
                row[position] = _cell(value, is_whole)
        with self.path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            file.write(self.mark)
            if self.delimiter == " ":
                file.writelines(" ".join(row) + "\n" for row in rows)
            else:
                csv.writer(file, delimiter=self.delimiter, lineterminator="\n").writerows(rows)


def is_readable(path: Path) -> bool:
    """Whether it is a file with something in it, no link, and not too large to be looked at."""
    return path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST_BYTES


def read_table(path: Path) -> Table | None:
    """Return the file as a table, or None when it is none that can be read safely."""
    if not is_readable(path):
        return None
    if path.suffix.lower() == ".npy":
        return as_table(path, path, ArrayTable)
    return _read_text(path) if path.suffix.lower() in TEXTS else None


Kind = TypeVar("Kind", bound=Table)


def as_table(path: Path, array_file: Path, kind: type[Kind]) -> Kind | None:
    """Return the table of `path` whose numbers are in `array_file`, an .npy."""
    try:
        array = _open_array(array_file)
    except Exception:  # numpy raises this and that at a hostile header
        return None
    if array.dtype.kind not in "iufb" or not array.size:
        return None
    if array.size > LARGEST_BYTES or array.size > MOST_COLUMNS * (len(array) if array.ndim else 1):
        return None
    return kind(path, _finite(array.reshape(len(array) if array.ndim else 1, -1)))


def _open_array(path: Path) -> np.ndarray:
    """Map an .npy, so that a header that lies about the size costs nothing."""
    with warnings.catch_warnings(action="ignore"):
        return np.lib.format.open_memmap(path, mode="r")


def _read_text(path: Path) -> TextTable | None:
    content = path.read_text(encoding="utf-8", errors="surrogateescape")  # what is not UTF-8 stays as it is
    mark = BYTE_ORDER_MARK if content.startswith(BYTE_ORDER_MARK) else ""
    content = content.removeprefix(mark)
    parse = _parse if len(content) <= KEPT_CHARACTERS else _parse.__wrapped__
    parsed = parse(content)
    return TextTable(path, *parsed, mark=mark) if parsed else None


@functools.lru_cache(maxsize=32)
def _parse(content: str) -> tuple[np.ndarray, list[list[str]], list[int], int, str] | None:
    lines = content.splitlines()
    counts = {mark: lines[0].count(mark) for mark in DELIMITERS} if lines else {}
    delimiter = max(counts, key=counts.get, default=",")
    if not any(counts.values()) and re.search(r"\S\s+\S", lines[-1] if lines else ""):
        delimiter = " "  # as numpy.savetxt writes
    try:
        cells = [line.split() for line in lines] if delimiter == " " else _split(content, delimiter)
    except csv.Error:
        return None
    cells = [row for row in cells if row]
    width = max(map(len, cells), default=0)
    if not cells or width > MOST_COLUMNS or any(len(row) != width for row in cells):
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


def _cell(number: float, is_whole: bool) -> str:
    if math.isnan(number):
        return ""
    return str(round(number)) if is_whole else repr(float(number))


def _number(cell: str) -> float | None:
    """Return the number of a cell; NaN for an empty or infinite one, None for a text."""
    try:
        number = float(cell)
    except ValueError:
        return math.nan if cell.strip().lower() in ("", "na", "none", "null") else None
    return number if math.isfinite(number) else math.nan


def _finite(array: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        numbers = np.array(array, dtype=np.float64)  # in memory, no longer the file
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _are_numbers(numbers: list[float | None]) -> bool:
    return None not in numbers and not all(map(math.isnan, numbers))


def _is_whole(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return bool((known == np.rint(known)).all())


def _is_measured(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    if not _is_whole(known):
        return True
    with np.errstate(over="ignore"):
        is_row_number = len(known) > 1 and bool((np.diff(known) == 1).all())
    return not is_row_number and len(np.unique(known)) > FEW_VALUES
