"""Tables that a submission pickled, read and changed where its code may run: in the box.

pickled_numbers.py goes into the box with the pickle. It lets nothing but numpy and pandas be built from one,
so that a pickle cannot answer for its own table.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.grading.sandbox import Box
from common.grading.tables import Table

SUFFIXES = (".pkl", ".pickle")
NUMBERS = ".numbers.npy"  # beside the pickle while it is read or written

SCRIPT = Path(__file__).with_name("pickled_numbers.py").read_text(encoding="utf-8")


@dataclass
class PickledTable(Table):
    box: Box | None = None
    tree: Path = Path()

    def write(self, numbers: np.ndarray) -> None:
        beside = _beside(self.path)
        np.save(beside, numbers)
        _run(self.box, self.path, self.tree, "write")
        beside.unlink()


def read_pickle(path: Path, tree: Path, box: Box) -> PickledTable | None:
    """Return the table of a pickle in `tree`, or None when it holds anything but numbers."""
    beside = _beside(path)
    if not _run(box, path, tree, "read") or not beside.is_file() or beside.is_symlink():
        return None
    try:
        numbers = np.load(beside, allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return None
    finally:
        beside.unlink()
    return PickledTable(path, numbers, box=box, tree=tree) if numbers.size else None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}{NUMBERS}")


def _run(box: Box, path: Path, tree: Path, what: str) -> bool:
    words = [str(file.relative_to(tree)) for file in (path, _beside(path))]
    return box.run(["python", "-I", "-c", SCRIPT, *words, what], tree).exit_code == 0
