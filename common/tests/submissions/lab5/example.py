"""A lab5 notebook as a student might write it, from the sources of its cells."""

import json

from common.tests.submissions.example import Example

DATA = """\
import os
import numpy as np
import pandas as pd

rng = np.random.default_rng(42)
os.makedirs("data", exist_ok=True)


def make(name, spoil=False):
    x = np.linspace(0, 10, 100)
    y = x + rng.uniform(-1, 1, 100)
    if spoil:
        y[25:45] *= 2
    pd.DataFrame({"x": x, "y": y}).to_csv(f"data/{name}.csv", index=False)


for number in (1, 2, 3):
    make(f"clean_{number}")
make("noisy", spoil=True)
"""

MODEL = """\
import pickle
from sklearn.linear_model import LinearRegression

table = pd.read_csv("data/clean_1.csv")
model = LinearRegression().fit(table[["x"]], table["y"])
with open("model.pkl", "wb") as file:
    pickle.dump(model, file)
"""

TESTS = """\
%%writefile test_model.py
import pickle
import pandas as pd
import pytest
from sklearn.metrics import mean_squared_error

with open("model.pkl", "rb") as file:
    model = pickle.load(file)


@pytest.mark.parametrize("name", ["clean_1", "clean_2", "clean_3", "noisy"])
def test_quality(name):
    table = pd.read_csv(f"data/{name}.csv")
    assert mean_squared_error(table["y"], model.predict(table[["x"]])) < 0.6
"""

RUN = "!pytest -v test_model.py\n"

# The same with numpy alone, for the examples in which the library is not the point.
QUICK_DATA = """\
import numpy as np

rng = np.random.default_rng(42)
x = np.linspace(0, 10, 100)
for name in ("clean_1", "clean_2", "clean_3", "noisy"):
    y = x + rng.uniform(-1, 1, 100)
    if name == "noisy":
        y[25:45] *= 2
    np.savetxt(f"{name}.csv", np.column_stack([x, y]), delimiter=",", header="x,y", comments="")
"""

QUICK_MODEL = """\
table = np.loadtxt("clean_1.csv", delimiter=",", skiprows=1)
line = np.polyfit(table[:, 0], table[:, 1], 1)
np.save("line.npy", line)
"""

QUICK_TESTS = """\
%%writefile test_model.py
import numpy as np
import pytest

line = np.load("line.npy")


def error(name):
    x, y = np.loadtxt(f"{name}.csv", delimiter=",", skiprows=1).T
    return np.mean((y - np.polyval(line, x)) ** 2)


@pytest.mark.parametrize("name", ["clean_1", "clean_2", "clean_3", "noisy"])
def test_error(name):
    assert error(name) < 0.6
"""

QUICK = (QUICK_DATA, QUICK_MODEL, QUICK_TESTS, RUN)


def notebook(*cells: str, kernel: str = "python3", **more: object) -> str:
    """Return a notebook with these code cells, a title before them, and no outputs."""
    code = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for cell in cells
    ]
    title = {"cell_type": "markdown", "metadata": {}, "source": "# Lab 5"}
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    content = {"cells": [title, *code], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(content | more, ensure_ascii=False)


def lab5(
    stands_for: str, points: int, *cells: str, name: str = "lab5/lab5.ipynb", **files: str | bytes
) -> Example:
    return Example(stands_for, points, {name: notebook(*cells)} | files)
