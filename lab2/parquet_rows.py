"""Reads a Parquet file of any size in batches of rows."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from common.stage import LabError

from csv_rows import Rows

BATCH_ROWS = 32_768


class ParquetInput:
    """A Parquet file that is read batch by batch; `unit` counts its rows, `amount` the progress."""

    unit, amount = "row", " rows"

    def __init__(self, path: Path, features: list[str]) -> None:
        self.path, self.features = path, features
        try:
            self.file = pq.ParquetFile(path, pre_buffer=False)  # else all that was read stays in memory
        except (FileNotFoundError, IsADirectoryError) as error:
            raise LabError(f"'{path}' is not a file: give --input a CSV or Parquet file") from error
        except pa.ArrowInvalid as error:
            raise LabError(f"'{path}' is not a Parquet file: give --input a CSV or Parquet file") from error
        schema = self.file.schema_arrow
        self.columns, self.total = schema.names, self.file.metadata.num_rows
        self.types = dict(zip(schema.names, schema.types, strict=True))
        for name in features:
            kind = self.types.get(name, pa.float64())
            if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
                raise LabError(f"column '{name}' of '{path}' has the type {kind}: save it as numbers")

    def blocks(self) -> Iterator[tuple[int, pa.Table, int]]:
        """Yield the number of a batch's first row, the batch, and how many rows it has."""
        number = 1
        try:
            for batch in self.file.iter_batches(BATCH_ROWS):
                yield number, pa.Table.from_batches([batch]), batch.num_rows
                number += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise LabError(f"'{self.path}' breaks off after row {number - 1}: copy it again") from error

    def read(self, number: int, block: pa.Table) -> Rows:
        columns = [block[name].cast(pa.float64()).to_numpy() for name in self.features]
        return Rows(
            numbers=number + np.arange(block.num_rows),
            features=np.column_stack(columns),
            others=block.drop_columns(self.features),
            unreadable={},
            text=lambda at: to_line(block.slice(at - number, 1)),
        )


def to_line(row: pa.Table) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row.to_pylist()[0].values())
    return line.getvalue()
