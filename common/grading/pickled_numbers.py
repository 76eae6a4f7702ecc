"""Runs in the box: `python -c <this> PICKLE NUMBERS.npy read|write`, a pickled table's numbers out or in.

It builds nothing but numpy's and pandas' objects and plain containers, so that no code of a pickle runs.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LIBRARIES = ("numpy", "pandas", "pyarrow")
BUILDERS = {
    "builtins": {"slice", "dict", "list", "tuple", "set", "bytearray", "complex"},
    "collections": {"OrderedDict"},
    "datetime": {"datetime", "date", "timedelta"},
    "_codecs": {"encode"},
}


class Tables(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] in LIBRARIES or name in BUILDERS.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def leaves(value: Any) -> list:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def numbers(leaf: Any) -> np.ndarray:
    """Return the leaf's numbers, of shape (rows, columns)."""
    if isinstance(leaf, pd.DataFrame):
        leaf = leaf.select_dtypes("number")
    array = np.asarray(leaf)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{array.dtype} is not a number")
    return array.reshape(len(array), -1)


def put_back(leaf: Any, values: np.ndarray) -> None:
    if isinstance(leaf, pd.DataFrame):
        for name, column in zip(leaf.select_dtypes("number").columns, values.T, strict=True):
            leaf[name] = column.astype(leaf[name].dtype)
    elif isinstance(leaf, pd.Series):
        leaf[:] = values[:, 0].astype(leaf.dtype)
    else:
        leaf[...] = values.reshape(leaf.shape)


def main(path: Path, beside: Path, what: str) -> None:
    with path.open("rb") as file:
        value = Tables(file).load()
    parts = leaves(value)
    if what == "read":
        np.save(beside, np.hstack([numbers(part).astype(np.float64) for part in parts]))
        return
    ends = np.cumsum([numbers(part).shape[1] for part in parts])
    for part, values in zip(parts, np.split(np.load(beside), ends[:-1], axis=1), strict=True):
        put_back(part, values)
    with path.open("wb") as file:
        pickle.dump(value, file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
