"""Tables that only a library can read, which may run code or fill the memory: so it reads them in a box.

boxed_numbers.py goes into a box of its own with copies of the files: nothing else of the submission is there,
neither to be harmed nor to answer for its own table.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.grading.sandbox import Box
from common.grading.tables import Table, as_table, is_readable

SUFFIXES = frozenset({".pkl", ".pickle", ".parquet"})
SCRIPT = Path(__file__).with_name("boxed_numbers.py").read_text(encoding="utf-8")


@dataclass
class BoxedTable(Table):
    """Its numbers are those that the library found; they go back by write_boxed."""


def read_boxed(paths: Sequence[Path], box: Box) -> dict[Path, BoxedTable]:
    """Return the tables of those files that hold numbers and nothing else, read in one run."""
    paths = [path for path in paths if is_readable(path)]
    tables = {}
    with tempfile.TemporaryDirectory(prefix="tables-") as folder:
        for path, copy in _run("read", paths, Path(folder), box):
            if table := as_table(path, copy.with_suffix(".npy"), BoxedTable):
                tables[path] = table
    return tables


def write_boxed(changes: Sequence[tuple[BoxedTable, np.ndarray]], box: Box) -> bool:
    """Put other numbers in place of the tables' own, in their files; False when it cannot be done."""
    paths = [table.path for table, _ in changes]
    with tempfile.TemporaryDirectory(prefix="tables-") as folder:
        for number, (_, numbers) in enumerate(changes):
            np.save(Path(folder, f"{number}.npy"), numbers)
        written = _run("write", paths, Path(folder), box)
        for path, copy in written:
            shutil.copyfile(copy.with_suffix(".new"), path)
    return len(written) == len(paths)


def _run(what: str, paths: Sequence[Path], folder: Path, box: Box) -> list[tuple[Path, Path]]:
    """Run the script on copies in `folder`; return path and copy of those for which it left something."""
    if not paths:
        return []
    folder.chmod(0o755)  # the box runs as another user
    copies = [folder / f"{number}{path.suffix.lower()}" for number, path in enumerate(paths)]
    for path, copy in zip(paths, copies, strict=True):
        shutil.copyfile(path, copy)
    box.run(["python", "-I", "-c", SCRIPT, what, *[copy.name for copy in copies]], folder)
    result = ".npy" if what == "read" else ".new"
    return [
        (path, copy)
        for path, copy in zip(paths, copies, strict=True)
        if (left := copy.with_suffix(result)).is_file() and not left.is_symlink()
    ]
