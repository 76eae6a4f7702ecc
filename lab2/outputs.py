"""Writes scored tables one after the other to one CSV or Parquet file."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq


class CsvOutput:
    """A CSV; its header comes with the first table."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    @staticmethod
    def encode(table: pa.Table) -> bytes:
        """Return a table as lines: the costly part, which runs on any core."""
        lines = io.BytesIO()
        try:
            pa.csv.write_csv(table, lines, pa.csv.WriteOptions(include_header=False, quoting_style="none"))
        except pa.ArrowInvalid:  # a text has a comma or a quote
            lines = io.BytesIO()
            pa.csv.write_csv(table, lines, pa.csv.WriteOptions(include_header=False))
        return lines.getvalue()

    def write(self, columns: list[str], lines: bytes) -> None:
        if not self.file.tell():
            header = io.StringIO()
            csv.writer(header, lineterminator="\n").writerow(columns)
            self.file.write(header.getvalue().encode("utf-8"))
        self.file.write(lines)

    def close(self) -> None:
        self.file.close()


class ParquetOutput:
    """A Parquet file; its schema comes with the first table."""

    def __init__(self, path: Path) -> None:
        self.path, self.writer = path, None

    @staticmethod
    def encode(table: pa.Table) -> pa.Table:
        return table

    def write(self, _: list[str], table: pa.Table) -> None:
        self.writer = self.writer or pq.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table)

    def close(self) -> None:
        if self.writer:
            self.writer.close()
