"""Gives work in a box without network the passengers that catboost.datasets.titanic() would download.

The assignment names this call as its example, so most work begins with it; offline it fails at once. What it
gives here is the table of common/titanic.py, with the classic table's columns.
"""

import shutil
from pathlib import Path

FOLDER = ".passengers"  # in the copy that the work runs in, on its PYTHONPATH
TEST_ROWS = 418  # of the classic test table
CALL = "titanic("

SITE = '''\
"""Lets catboost.datasets.titanic() read its tables from beside this file; all else stays as it is."""
import importlib.abc
import importlib.machinery
import pathlib
import sys


def titanic():
    import pandas as pd

    pathlib.Path(__file__).with_name("used").touch()
    return tuple(pd.read_csv(pathlib.Path(__file__).with_name(f"{part}.csv")) for part in ("train", "test"))


class Loader(importlib.abc.Loader):
    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        module.titanic = titanic


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "catboost.datasets":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec and spec.loader:
            spec.loader = Loader(spec.loader)
        return spec


sys.meta_path.insert(0, Finder())
'''


def were_used(tree: Path) -> bool:
    return (tree / FOLDER / "used").exists()


def put_passengers(tree: Path) -> None:
    from common import titanic  # slow, and most work does without

    folder = tree / FOLDER
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    folder.unlink(missing_ok=True)  # whatever the work has put in the way
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    train = titanic.load("embedded")
    train.insert(3, "Name", [f"Passenger, No. {number}" for number in train["PassengerId"]])
    train.insert(8, "Ticket", [str(100_000 + number) for number in train["PassengerId"]])
    train.insert(10, "Cabin", "")
    test = train.drop(columns="Survived").head(TEST_ROWS)
    test = test.assign(PassengerId=test["PassengerId"] + len(train))
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
