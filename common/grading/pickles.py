"""Tables that a submission pickled, read and changed where its code may run: in the box.

The script below goes into the box with the pickle. It lets nothing but numpy and pandas be built from one,
so that a pickle cannot answer for its own table.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.grading.sandbox import Box
from common.grading.tables import Table

SUFFIXES = (".pkl", ".pickle")
NUMBERS = ".numbers.npy"  # beside the pickle while it is read or written

SCRIPT = """
import pickle, sys
import numpy as np
import pandas as pd

LIBRARIES = ("numpy", "pandas", "pyarrow")
BUILDERS = {"builtins": {"slice", "dict", "list", "tuple", "set", "bytearray", "complex"},
            "collections": {"OrderedDict"}, "datetime": {"datetime", "date", "timedelta"}, "_codecs": {"encode"}}

class Tables(pickle.Unpickler):
    def find_class(self, module, name):
        if module.split(".")[0] in LIBRARIES or name in BUILDERS.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")

def leaves(value):
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]

def numbers(leaf):
    if isinstance(leaf, pd.DataFrame):
        leaf = leaf.select_dtypes("number")
    array = np.asarray(leaf)
    if array.dtype.kind not in "iufb":
        raise TypeError("no numbers")
    return array.reshape(len(array), -1)

def put_back(leaf, values):
    if isinstance(leaf, pd.DataFrame):
        for name, column in zip(leaf.select_dtypes("number").columns, values.T):
            leaf[name] = column.astype(leaf[name].dtype)
    elif isinstance(leaf, pd.Series):
        leaf[:] = values[:, 0].astype(leaf.dtype)
    else:
        leaf[...] = values.reshape(leaf.shape)

path, beside, what = sys.argv[1:]
with open(path, "rb") as file:
    value = Tables(file).load()
parts = leaves(value)
widths = np.cumsum([numbers(part).shape[1] for part in parts])
if what == "read":
    np.save(beside, np.hstack([numbers(part).astype(float) for part in parts]))
else:
    for part, values in zip(parts, np.split(np.load(beside), widths[:-1], axis=1)):
        put_back(part, values)
    with open(path, "wb") as file:
        pickle.dump(value, file)
"""


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
