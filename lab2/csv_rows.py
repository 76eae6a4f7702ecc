"""Reads a CSV of any size in blocks of whole lines, and says of each line that cannot be read why.

A line is a row: a quoted field may have commas, but no line end. So the line number is always right, and a
quote that somebody forgot costs one row, not the rest of the file.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from common.files import MISSING
from common.stage import LabError

BLOCK_BYTES = 4_000_000  # some 20,000 lines: the parser is at full speed, and a dozen of them fit anywhere
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class Rows:
    """What was read of a block of a file: its rows' features and other columns, and the rows left out."""

    numbers: np.ndarray  # of the rows in the file, int64
    features: np.ndarray  # float64 of shape (rows, features), NaN where there is no number
    others: pa.Table  # the columns that are no features
    unreadable: dict[int, str]  # rows that are not among these: number -> why
    text: Callable[[int], str]  # a row, by its number, as a line of CSV


class CsvInput:
    """A CSV that is read block by block; `unit` counts its rows, `amount` the progress."""

    unit, amount = "line", "B"

    def __init__(self, path: Path, features: list[str]) -> None:
        self.path, self.features = path, features
        try:
            with path.open("rb") as file:
                header = file.readline(BLOCK_BYTES)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise LabError(f"'{path}' is not a file: give --input a CSV or Parquet file") from error
        try:
            self.columns = next(csv.reader([header.decode("utf-8-sig")]), [])
        except UnicodeDecodeError as error:
            raise LabError(f"'{path}', line 1 is not UTF-8: save the file as UTF-8") from error
        self.header_bytes, self.total = len(header), path.stat().st_size - len(header)
        self.types = {name: pa.float64() if name in features else pa.string() for name in self.columns}

    def blocks(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield the number of a block's first line, its bytes, and how many they are."""
        number, rest = 2, b""  # line 1 is the header
        with self.path.open("rb") as file:
            file.seek(self.header_bytes)
            while read := file.read(BLOCK_BYTES):
                whole, end, rest = (rest + read).rpartition(b"\n")
                if end:
                    yield number, whole + end, len(whole) + 1
                    number += whole.count(b"\n") + 1
                elif len(rest) > BLOCK_BYTES:
                    raise LabError(f"'{self.path}', line {number} has more than {BLOCK_BYTES} bytes: mend it")
        if rest:
            yield number, rest, len(rest)

    def read(self, number: int, block: bytes) -> Rows:
        """Return the rows of a block whose first line is `number`."""
        lines = block.removesuffix(b"\n").split(b"\n")
        faults: dict[int, str] = {}
        try:
            table, wrong = self._parse(block, len(lines), self.types)
        except pa.ArrowInvalid:  # somewhere is text for a number, or a line that breaks others: look at each
            faults = {place: why for place, line in enumerate(lines) if (why := find_fault(line))}
            block = b"\n".join(b"" if place in faults else line for place, line in enumerate(lines))
            table, wrong = self._parse(block + b"\n", len(lines), dict.fromkeys(self.columns, pa.string()))
        unreadable = wrong | faults
        places = np.delete(np.arange(len(lines)), [*wrong])
        kept = ~np.isin(places, [*unreadable])
        if faults:
            table, places = table.filter(pa.array(kept)), places[kept]
        return Rows(
            numbers=number + places,
            features=np.column_stack([to_numbers(table[name]) for name in self.features]),
            others=table.drop_columns(self.features),
            unreadable={number + place: why for place, why in unreadable.items()},
            text=lambda at: lines[at - number].removesuffix(b"\r").decode("utf-8", errors="replace"),
        )

    def _parse(self, block: bytes, lines: int, types: dict[str, pa.DataType]) -> tuple[pa.Table, dict]:
        """Return a block's table without the lines that have too few or too many fields, and these."""
        wrong: dict[int, str] = {}

        def note(row: pa.csv.InvalidRow) -> str:
            wrong[row.number - 1] = f"{row.actual_columns} fields where the header has {row.expected_columns}"
            return "skip"

        table = pa.csv.read_csv(
            pa.BufferReader(block),
            pa.csv.ReadOptions(column_names=self.columns, use_threads=False, block_size=len(block) + 1),
            pa.csv.ParseOptions(invalid_row_handler=note, ignore_empty_lines=False),
            pa.csv.ConvertOptions(column_types=types, null_values=sorted(MISSING), strings_can_be_null=False),
        )
        if table.num_rows + len(wrong) != lines:
            raise pa.ArrowInvalid("a quote is open, or a line end is within a line")
        return table, wrong


def find_fault(line: bytes) -> str | None:
    """Return what keeps a line from being read on its own."""
    line = line.removesuffix(b"\r")
    try:
        next(csv.reader([line.decode("utf-8")], strict=True), None)
    except UnicodeDecodeError as error:
        return f"byte 0x{line[error.start]:02x} is not UTF-8"
    except csv.Error:
        return "a quote is open, or a line end is within the line"
    return None


def to_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return float64 with NaN for what is missing or no number."""
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        is_number = pc.match_substring_regex(column, NUMBER)
        column = pc.cast(pc.if_else(is_number, column, pa.scalar(None, pa.string())), pa.float64())
    return column.to_numpy()
