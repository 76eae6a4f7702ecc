"""Judges the data of labs by lab 5's statistics: what holds in train must hold in test, and each row fit.

    bash lab5/quality.sh lab1/quality.toml lab2/quality.toml --junitxml quality.xml

Each FILE says what is to hold of the data beside it; nothing else is read of a lab. Its keys:

    train, test    a CSV or a folder of CSVs, as seen from FILE
    [[pair]]       x and y: two columns with a linear relation; any number of pairs
    [range]        name = [lowest, highest] of a column's values
    unique_rows    true where no row may be there twice, in train or in test; false if left out
    block_rows     rows that stay together, where neighbours are alike; 1, if left out: any order is as good

What is named must have a finite number in each row. pytest prints the outcome; exit code 1 if a test fails.
"""

import argparse
import io
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from common.files import list_tables, read_bytes
from common.stage import LabError, run

from quality_checks import Pair, Source, statistics_for

CHECKS = Path(__file__).with_name("quality_checks.py")
KINDS = {"train": str, "test": str, "pair": list, "range": dict, "unique_rows": bool, "block_rows": int}
DEFAULTS = {"range": {}, "unique_rows": False, "block_rows": 1}
LEAST_BLOCKS = 10  # in each part: of fewer there are not many divisions
X_SPAN = 10  # lab 5's datasets have x from 0 to 10, and its line_distance looks there
# Alone: no settings and no plugins of whatever project this is started in.
PYTEST = ("-q", "--no-header", "--tb=short", "-c", os.devnull, "--noconftest", "--disable-plugin-autoload")
PYTEST += ("-p", "no:cacheprovider", "-o", "junit_suite_name=quality", "--rootdir", str(CHECKS.parent))


class Parameters:
    """A plugin that gives quality_checks.py its sources and pairs."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "source" in metafunc.fixturenames:
            metafunc.parametrize("source", self.sources, ids=[source.lab for source in self.sources])
            return
        cases = [
            pytest.param(pair, statistic, id=f"{source.lab}-{pair.name}-{statistic}")
            for source in self.sources
            for pair in source.pairs
            for statistic in statistics_for(pair)
        ]
        metafunc.parametrize(("pair", "statistic"), cases)


def read_source(path: Path) -> Source:
    """Read a quality.toml and the tables that it names."""
    wanted = read_wanted(path)
    lab = path.absolute().parent.name
    parts = [read_part(path.parent / wanted[part], lab) for part in ("train", "test")]
    pairs = [(pair["x"], pair["y"]) for pair in wanted["pair"]]
    named = dict.fromkeys([*(name for pair in pairs for name in pair), *wanted["range"]])
    tables = {file: table for part in parts for file, table in part.items()}
    first = next(iter(tables))
    for file, table in tables.items():
        if list(table) != list(tables[first]):
            raise LabError(f"'{file}', line 1: its columns are not those of '{first}': mend the header")
        for name in named:
            if name not in table:
                raise LabError(f"'{file}' has no column '{name}', which '{path}' names: mend one of them")
    numbers = {
        file: table[list(named)].apply(pd.to_numeric, errors="coerce").to_numpy(float, na_value=np.nan)
        for file, table in tables.items()
    }
    faults = find_faults(tables, numbers, list(named), wanted)
    columns = dict(zip(named, np.concatenate(list(numbers.values())).T, strict=True))
    counts = [[len(table) for table in part.values()] for part in parts]
    return Source(
        lab,
        [make_pair(columns, x, y, counts, wanted["block_rows"], path) for x, y in pairs],
        faults,
    )


def read_wanted(path: Path) -> dict:
    if not path.is_file():
        raise LabError(f"there is no file '{path}': give a lab's, as in lab1/quality.toml")
    try:
        given = tomllib.loads(read_bytes(path).decode("utf-8"))
    except ValueError as error:
        raise LabError(f"'{path}' is not TOML ({error}): mend it") from error
    for name, value in given.items():
        if name not in KINDS:
            raise LabError(f"'{path}': there is no key '{name}': the keys are {', '.join(KINDS)}")
        if type(value) is not KINDS[name]:
            raise LabError(f"'{path}': '{name}' is '{value}', not a {KINDS[name].__name__}: mend it")
    wanted = DEFAULTS | given
    if missing := [name for name in KINDS if name not in wanted]:
        raise LabError(f"'{path}' has no key '{missing[0]}': add it")
    if not all(isinstance(pair, dict) and pair.keys() == {"x", "y"} for pair in wanted["pair"]):
        raise LabError(f"'{path}': a pair is x and y, two names of columns: mend '[[pair]]'")
    for name, limits in wanted["range"].items():
        if not (
            isinstance(limits, list)
            and len(limits) == 2
            and all(isinstance(one, int | float) for one in limits)
        ):
            raise LabError(f"'{path}': the range of '{name}' is '{limits}', not [lowest, highest]: mend it")
    if wanted["block_rows"] < 1:
        raise LabError(f"'{path}': 'block_rows' is '{wanted['block_rows']}': give 1 or more")
    return wanted


def read_part(path: Path, lab: str) -> dict[Path, pd.DataFrame]:
    """Return the tables of train or of test by their files, as texts."""
    if not path.exists():
        raise LabError(f"'{path}' is missing: type  bash {lab}/pipeline.sh")
    tables = {}
    for file in list_tables(path) if path.is_dir() else [path]:
        try:
            tables[file] = pd.read_csv(io.BytesIO(read_bytes(file)), dtype=str, keep_default_na=False)
        except ValueError as error:
            raise LabError(f"'{file}' cannot be read as a table ({error}): make it again") from error
    return tables


def find_faults(
    tables: Mapping[Path, pd.DataFrame], numbers: Mapping[Path, np.ndarray], names: list[str], wanted: Mapping
) -> list[str]:
    """Return what is wrong with single values and rows, each with its file and line."""
    faults = []
    low, high = np.array([wanted["range"].get(name, (-np.inf, np.inf)) for name in names]).T
    for file, values in numbers.items():
        finite = np.isfinite(values)
        for row, column in np.argwhere(~finite | (values < low) | (values > high)):
            what = f"from {low[column]:g} to {high[column]:g}" if finite[row, column] else "a finite number"
            value = tables[file][names[column]].iloc[row]
            faults.append(f"'{file}', line {row + 2}: '{value}' in column '{names[column]}' is not {what}")
    if wanted["unique_rows"]:
        places = [(file, row + 2) for file, table in tables.items() for row in range(len(table))]
        for index in np.flatnonzero(pd.concat(tables.values()).duplicated()):
            file, line = places[index]
            faults.append(f"'{file}', line {line}: the row is there twice")
    return faults


def make_pair(
    columns: Mapping[str, np.ndarray], x: str, y: str, counts: list[list[int]], block_rows: int, path: Path
) -> Pair:
    """Return a pair without the rows that have no number; `counts` are the rows of each file of each part."""
    usable = np.isfinite(columns[x]) & np.isfinite(columns[y])
    parts, end = [], 0
    for files in counts:
        blocks = []
        for rows in files:
            begin, end = end, end + rows
            cut = np.split(np.arange(begin, end), range(block_rows, rows, block_rows))
            blocks += [kept for block in cut if len(kept := block[usable[block]])]
        if len(blocks) < LEAST_BLOCKS:
            raise LabError(
                f"'{path}': {x} and {y} have {len(blocks)} blocks of rows in one of train and test: "
                f"at least {LEAST_BLOCKS} are needed"
            )
        parts.append(blocks)
    train, test = parts
    in_train = columns[x][np.concatenate(train)]
    if in_train.min() == in_train.max():
        raise LabError(f"'{path}': '{x}' is {in_train[0]:g} in every row of train: name another x")
    lowest, highest = columns[x][usable].min(), columns[x][usable].max()
    scaled = X_SPAN * (columns[x] - lowest) / (highest - lowest)
    return Pair(f"{x}:{y}", scaled, columns[y], [*train, *test], len(train))


def main(arguments: argparse.Namespace) -> None:
    sources = [read_source(path) for path in arguments.sources]
    os.environ.pop("PYTEST_ADDOPTS", None)
    report = [f"--junitxml={arguments.junitxml.absolute()}"] if arguments.junitxml else []
    if code := pytest.main([str(CHECKS), *PYTEST, *report], plugins=[Parameters(sources)]):
        sys.exit(code)


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        prog="quality",
        usage="bash lab5/quality.sh FILE [FILE ...] [--junitxml FILE]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    options.add_argument("sources", nargs="+", type=Path, metavar="FILE", help="a lab's quality.toml")
    options.add_argument("--junitxml", type=Path, metavar="FILE", help="pytest's report, for a build server")
    run(main, options)
