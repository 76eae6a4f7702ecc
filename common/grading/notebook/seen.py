"""What a run in the box tells of itself, as values that were looked at: it may have been forged."""

import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.grading.sandbox import Run

RUN_OUTCOMES = {"passed", "failed", "error", "xfailed", "xpassed"}
MOST_TESTS = 2000
LARGEST = 1e100  # its square is a number too
ALIKE = {"error": "failed"}  # that a fixture fails is the same finding


@dataclass(frozen=True)
class Session:
    """One session of pytest. `outcomes` are those of the tests that were run; `code` None: it never ended."""

    args: tuple[str, ...]
    folder: str
    inside: bool  # in the kernel, not in a process of its own
    outcomes: dict[str, str]
    skipped: int
    broken: str  # why a file of tests could not be read
    code: int | None
    swapped: int

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The outcomes by test function: ids may be made of the data, and ipytest draws a file name."""
        return sorted(
            (name.partition("[")[0].partition("::")[2], ALIKE.get(one, one))
            for name, one in self.outcomes.items()
        )


@dataclass(frozen=True)
class Column:
    where: str  # file, kernel, tests
    place: str  # a function's name in the tests
    table: str
    name: str
    numbers: np.ndarray


@dataclass(frozen=True)
class Seen:
    """What the driver told of one run; `ended` is "" for well, error, time, dead, unreadable or nothing."""

    run: Run
    tree: Path
    ended: str
    cell: int
    error: str
    line: str
    printed: int
    made: frozenset[Path]
    sessions: tuple[Session, ...] = ()
    columns: tuple[Column, ...] = ()
    lines: tuple[tuple[float, ...], ...] = ()
    pairs: tuple[tuple[float, ...], ...] = ()  # numbers that may be a line, in any order


def read_seen(run: Run, tree: Path, made: frozenset[Path]) -> Seen:
    try:
        told = json.loads(run.stdout)
    except (ValueError, RecursionError):
        told = None
    if run.exit_code or not isinstance(told, dict):
        return Seen(run, tree, "nothing", 0, "", "", 0, made)
    memories = [memory for memory in told.get("memory", []) if isinstance(memory, dict)]
    columns = [column for memory in memories for column in _read_columns(memory)]
    lines = [tuple(_floats(line)) for memory in memories for line in _list(memory.get("lines"))]
    pairs = [tuple(_floats(pair)) for memory in memories for pair in _list(memory.get("pairs"))]
    scalars = [memory["scalars"] for memory in memories if isinstance(memory.get("scalars"), dict)]
    pairs += [pair for one in scalars for pair in itertools.combinations(_floats(list(one.values())), 2)]
    return Seen(
        run=run,
        tree=tree,
        ended=str(told.get("ended", "")),
        cell=int(told.get("cell") or 0),
        error=str(told.get("error", "")),
        line=str(told.get("line", "")),
        printed=int(told.get("printed") or 0),
        made=made,
        sessions=tuple(read_session(records) for records in told.get("tests", []) if records),
        columns=tuple(columns),
        lines=tuple(line for line in lines if len(line) > 1),
        pairs=tuple(pair for pair in pairs if len(pair) == 2),
    )


def read_session(records: list[dict]) -> Session:
    start = next((record for record in records if record.get("what") == "start"), {})
    end = next((record for record in records if record.get("what") == "end"), {})
    tests = [record for record in records if record.get("what") == "test"][:MOST_TESTS]
    outcomes = {str(test.get("name")): str(test.get("outcome")) for test in tests}
    ran = {name: outcome for name, outcome in outcomes.items() if outcome in RUN_OUTCOMES}
    broken = [str(record.get("line", "")) for record in records if record.get("what") == "broken"]
    return Session(
        args=tuple(str(arg) for arg in _list(start.get("args"))),
        folder=str(start.get("folder", "")),
        inside=bool(start.get("inside")),
        outcomes=ran,
        skipped=len(outcomes) - len(ran),
        broken=broken[0] if broken else "",
        code=end["code"] if isinstance(end.get("code"), int) else None,
        swapped=end["swapped"] if isinstance(end.get("swapped"), int) else 0,
    )


def _read_columns(memory: dict) -> list[Column]:
    columns = []
    for column in _list(memory.get("columns")):
        if isinstance(column, dict) and len(numbers := _floats(column.get("numbers"))) > 1:
            words = (str(column.get(key, "")) for key in ("place", "table", "name"))
            columns.append(Column(str(memory.get("where")), *words, np.array(numbers)))
    return columns


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _floats(values: Any) -> list[float]:
    try:
        numbers = [float(value) for value in _list(values)]
    except (TypeError, ValueError, OverflowError):
        return []
    return [number if abs(number) < LARGEST else math.nan for number in numbers]
