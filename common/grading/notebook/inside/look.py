"""Runs in the box: finds the columns of numbers, and the fitted lines, that a namespace holds.

It is written as workbook_look.py beside a notebook: the kernel shows its variables by it, pytest's plugin
what the tests work with. A column that is found can also be overwritten where it stands.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

FEWEST_ROWS, MOST_ROWS, MOST_COLUMNS, MOST_NUMBERS = 10, 20_000, 20, 100_000
DEPTH, ITEMS = 4, 60
HISTORY = ("In", "Out")  # of IPython
OTHERS = ("site-packages", "dist-packages", "/lib/python", "workbook_")

Column = tuple[str, str, Any, Callable[[Any], None]]  # table, name, numbers, what overwrites them


def columns(name: str, value: Any, depth: int = DEPTH) -> Iterator[Column]:
    """Yield the columns in `value`, whatever holds them."""
    kind = type(value).__name__
    if kind in ("DataFrame", "Series") and hasattr(value, "iloc"):
        frame = value if kind == "DataFrame" else value.to_frame(name)
        for position, column in enumerate(frame.columns[:MOST_COLUMNS]):
            numbers = as_numbers(frame.iloc[:, position])
            if numbers is not None:
                yield (name if kind == "DataFrame" else ""), str(column), numbers, _put_cells(value, position)
    elif kind == "ndarray":
        if value.ndim == 1 or (value.ndim == 2 and 1 in value.shape):
            if (numbers := as_numbers(value)) is not None:
                yield "", name, numbers, _put_array(value)
        elif value.ndim == 2 and value.shape[1] <= MOST_COLUMNS:
            for position in range(value.shape[1]):
                if (numbers := as_numbers(value[:, position])) is not None:
                    yield name, str(position), numbers, _put_array(value[:, position])
    elif isinstance(value, list) and len(value) >= FEWEST_ROWS and type(value[0]) in (int, float):
        if (numbers := as_numbers(value)) is not None:
            yield "", name, numbers, _put_list(value)
    elif depth:
        for part, inner in parts(name, value):
            yield from columns(part, inner, depth - 1)


def parts(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"{name}.{key}", inner) for key, inner in list(value.items())[:ITEMS]]
    if isinstance(value, tuple | list):
        # (x, y) is how a function gives a dataset back
        names = ("x", "y") if isinstance(value, tuple) and len(value) == 2 else range(len(value))
        return [(f"{name}.{part}", inner) for part, inner in list(zip(names, value, strict=False))[:ITEMS]]
    if is_own_object(value):
        return [(f"{name}.{key}", inner) for key, inner in list(vars(value).items())[:ITEMS]]
    return []


def is_own_object(value: Any) -> bool:
    if isinstance(value, type | ModuleType | FunctionType) or not hasattr(value, "__dict__"):
        return False
    module = sys.modules.get(type(value).__module__)
    file = getattr(module, "__file__", "") or ""
    return type(value).__module__ == "__main__" or (file != "" and not any(part in file for part in OTHERS))


def as_numbers(values: Any) -> Any:
    import numpy as np

    with contextlib.suppress(TypeError, ValueError):
        array = np.asarray(values)
        if array.dtype.kind in "iuf" and FEWEST_ROWS <= array.size <= MOST_ROWS:
            return array.astype(np.float64).ravel()
    return None


def _put_cells(table: Any, position: int) -> Callable[[Any], None]:
    def put(numbers: Any) -> None:
        if type(table).__name__ == "Series":
            table.iloc[:] = numbers
        else:
            table.isetitem(position, numbers)

    return put


def _put_array(array: Any) -> Callable[[Any], None]:
    def put(numbers: Any) -> None:
        if not array.flags.writeable:  # pandas gives its columns away read-only
            base = array
            while base is not None and hasattr(base, "flags"):
                with contextlib.suppress(ValueError):
                    base.flags.writeable = True
                base = base.base
            array.flags.writeable = True
        array[...] = numbers.reshape(array.shape).astype(array.dtype)

    return put


def _put_list(values: list) -> Callable[[Any], None]:
    def put(numbers: Any) -> None:
        values[:] = numbers.tolist()

    return put


def swapped(numbers: Any, swaps: list[dict]) -> Any:
    """Return what a column is to become, or None: whose values are all those of a swap's `old` column.

    So a part of a dataset, or one in another order, is swapped too. `elsewhere` are other datasets' values:
    a column that could be one of theirs stays.
    """
    for swap in swaps:
        old, new = swap["old"], swap["new"]
        if len(numbers) == len(old) and all(map(_is_same, numbers.tolist(), old)):
            return as_numbers(new)
        values = dict(zip(old, new, strict=True))
        if all(v in values for v in numbers.tolist()) and not swap["elsewhere"].issuperset(numbers.tolist()):
            return as_numbers([values[v] for v in numbers.tolist()])
    return None


def _is_same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)  # NaN


def lines(name: str, value: Any, depth: int = DEPTH) -> Iterator[list[float]]:
    """Yield intercept and slopes of what predicts by a straight line: an estimator, a result."""
    import numpy as np

    with contextlib.suppress(Exception):  # whatever a library makes of it: one line less
        count = getattr(value, "n_features_in_", None)
        if callable(getattr(value, "predict", None)) and isinstance(count, int) and 0 < count < MOST_COLUMNS:
            points = np.vstack([np.zeros(count), np.eye(count), 2 * np.ones(count), 7 * np.ones(count)])
            heights = np.ravel(value.predict(points))
            slopes = heights[1:-2] - heights[0]
            if np.allclose(heights[-2:], heights[0] + np.array([2, 7]) * slopes.sum()):
                yield [float(heights[0]), *map(float, slopes)]
        elif hasattr(value, "slope") and hasattr(value, "intercept"):
            yield [float(value.intercept), float(value.slope)]
        elif hasattr(value, "params") and hasattr(value, "resid"):  # statsmodels
            yield [float(number) for number in np.ravel(value.params)]
        elif hasattr(value, "coef_") and hasattr(value, "intercept_"):
            yield [float(np.ravel(value.intercept_)[0]), *map(float, np.ravel(value.coef_))]
    if depth:
        for part, inner in parts(name, value):
            yield from lines(part, inner, depth - 1)


def pairs(name: str, value: Any, depth: int = DEPTH) -> Iterator[list[float]]:
    """Yield two numbers that may be a line, as polyfit gives them."""
    import numpy as np

    with contextlib.suppress(Exception):
        kinds = ("ndarray", "poly1d", "tuple", "list", "Polynomial")
        if type(value).__name__ in kinds and np.size(value) == 2:
            yield [float(number) for number in np.ravel(getattr(value, "coef", value))]
    if depth:
        for part, inner in parts(name, value):
            yield from pairs(part, inner, depth - 1)


def look(namespace: dict) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a namespace that may hold data."""
    for name, value in list(namespace.items()):
        is_code = isinstance(value, type | ModuleType | FunctionType) or (
            callable(value) and not hasattr(value, "predict") and not hasattr(value, "coef")
        )
        if not name.startswith("_") and name not in HISTORY and not is_code:
            yield name, value


class Memory:
    """What was seen, each column once, and no more than MOST_NUMBERS numbers."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.columns: dict[tuple, dict] = {}
        self.lines: set[tuple[float, ...]] = set()
        self.pairs: set[tuple[float, ...]] = set()
        self.scalars: dict[str, float] = {}
        self.size = 0

    def see(self, place: str, name: str, value: Any) -> None:
        for table, column, numbers, _ in columns(name, value):
            key = (place, table, column, numbers.tobytes())
            if key not in self.columns and self.size + len(numbers) <= MOST_NUMBERS:
                self.size += len(numbers)
                known = {"place": place, "table": table, "name": column, "numbers": numbers.tolist()}
                self.columns[key] = known
        if len(self.lines) < 500:
            self.lines |= {tuple(line) for line in lines(name, value)}
        if len(self.pairs) < 500:
            self.pairs |= {tuple(pair) for pair in pairs(name, value)}
        if type(value) is float or type(value).__name__ in ("float64", "float32"):
            self.scalars[name] = float(value)

    def write(self, path: str) -> None:
        found = {
            "where": self.where,
            "columns": list(self.columns.values()),
            "lines": [list(line) for line in self.lines],
            "pairs": [list(pair) for pair in self.pairs],
            "scalars": dict(list(self.scalars.items())[:30]),
        }
        Path(path).write_text(json.dumps(found), "utf-8")


def dump(namespace: dict, path: str) -> None:
    """Write what the kernel's variables hold."""
    memory = Memory("kernel")
    for name, value in look(namespace):
        memory.see("", name, value)
    memory.write(path)
