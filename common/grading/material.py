"""What the runs of a submission left, looked at without trust: its tables, its rows, hashes of its files.

Nothing here follows a link out (none is left by the box), and what is read at a time has a limit.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from common.grading.boxed_tables import SUFFIXES, BoxedTable, read_boxed, write_boxed
from common.grading.conveyor import CannotTellError
from common.grading.sandbox import Box
from common.grading.tables import LARGEST_BYTES, READABLE, ArrayTable, Table, TextTable, read_table
from common.grading.texts import text

LARGEST_FILES_BYTES = 2_000_000_000  # hashed at a time; what is larger has holes or is no student's work


def read_tables(files: Sequence[Path], box: Box) -> list[Table]:
    """Return those of the files that are tables of numbers."""
    readable = [path for path in files if path.suffix.lower() in READABLE | SUFFIXES]
    if _size(readable) > LARGEST_BYTES:
        raise CannotTellError(text("the tables are larger than {limit} MB", limit=LARGEST_BYTES // 10**6))
    boxed = [path for path in readable if path.suffix.lower() in SUFFIXES]
    tables: dict[Path, Table | None] = {path: read_table(path) for path in readable if path not in boxed}
    tables |= read_boxed(boxed, box)
    return [table for path in readable if (table := tables.get(path))]


def write_tables(changes: Sequence[tuple[Table, np.ndarray]], box: Box) -> bool:
    """Put other numbers into the tables' files; False when nothing changes or it cannot be done."""
    changes = [
        (table, numbers)
        for table, numbers in changes
        if not np.array_equal(table.numbers, numbers, equal_nan=True)
    ]
    for table, numbers in changes:
        if isinstance(table, ArrayTable | TextTable):
            table.write(numbers)
    boxed = [(table, numbers) for table, numbers in changes if isinstance(table, BoxedTable)]
    return bool(changes) and write_boxed(boxed, box)


def rows_of(files: Sequence[Path], box: Box) -> frozenset[bytes]:
    """Return the different rows of the files; of what is no table its lines, of large ones hashes."""
    if _size(files) > LARGEST_BYTES:
        return frozenset(hashes({path: path for path in files}).values())
    tables = {table.path: table for table in read_tables(files, box)}
    rows: set[bytes] = set()
    for path in files:
        table = tables.get(path)
        rows |= {row.tobytes() for row in table.numbers} if table else set(path.read_bytes().splitlines())
    return frozenset(rows)


def hashes(files: Mapping[Path, Path]) -> dict[Path, bytes]:
    """Return a hash of each file's content, by its key; a file that is not there is left out."""
    there = {key: file for key, file in files.items() if file.is_file()}
    if _size(there.values()) > LARGEST_FILES_BYTES:
        raise CannotTellError(text("files are larger than {limit} GB", limit=LARGEST_FILES_BYTES // 10**9))
    found = {}
    for key, path in there.items():
        with path.open("rb") as file:
            found[key] = hashlib.file_digest(file, "sha256").digest()
    return found


def _size(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)
