"""What the grader costs: the box against the bare command, and lab1's grading against the runs it needs.

    python common/benchmarks/grader.py [--rounds 25] [--gradings 5]

A run's seconds are those of the command in the box, as Box.run returns them. All else is the grader's own
time: starting, opening, filling boxes and bringing back what was made, reading tables, the report. This file
is loaded into each grading as a pytest plugin that adds up the seconds of the runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from common.benchmarks.timing import measure
from common.grading.sandbox import Box, Run
from common.grading.session.repository import copy_tracked
from common.tests.submissions import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
SUM_FILE = "WORKBOOK_RUN_SECONDS"  # the environment variable that names the file for the sum


def compare_box(rounds: int) -> list[float]:
    """Return milliseconds that `true` takes longer in a box, one a round; a first round is not counted."""
    box, longer = Box(), []
    with tempfile.TemporaryDirectory() as work:
        for _ in range(rounds + 1):
            began_s = time.perf_counter()
            subprocess.run(["true"], stdin=subprocess.DEVNULL, capture_output=True, check=True)
            bare_s = time.perf_counter() - began_s
            box.run(["true"], Path(work))
            longer.append(1000 * (time.perf_counter() - began_s - 2 * bare_s))
    return longer[1:]


def compare_grading(submission: Path, gradings: int) -> tuple[list[float], list[float]]:
    """Return seconds of whole gradings, and of the runs in each of them; a first one is not counted."""
    whole, runs = [], []
    grade = ["bash", f"{ROOT}/common/test.sh", "lab1/test_lab1.py", "-p", "common.benchmarks.grader"]
    with tempfile.TemporaryDirectory() as folder:
        sum_file = Path(folder, "seconds")
        os.environ[SUM_FILE] = str(sum_file)
        for counted in range(gradings + 1):
            whole.append(measure([*grade, "--submission", str(submission)]).seconds)
            runs.append(float(sum_file.read_text()))
            print(f"{submission.name}: grading {counted} of {gradings}", file=sys.stderr)
    return whole[1:], runs[1:]


def pytest_configure(config: pytest.Config) -> None:
    """Add up the runs of a grading that loads this file by -p."""
    config.stash[SECONDS] = []
    run = Box.run

    def counted_run(*arguments: object, **options: object) -> Run:
        done = run(*arguments, **options)
        config.stash[SECONDS].append(done.seconds)
        return done

    Box.run = counted_run


def pytest_unconfigure(config: pytest.Config) -> None:
    Path(os.environ[SUM_FILE]).write_text(str(sum(config.stash[SECONDS])))


SECONDS = pytest.StashKey[list[float]]()


def print_line(title: str, values: Sequence[float], unit: str, aim: str) -> None:
    middle, lowest, highest = statistics.median(values), min(values), max(values)
    print(f"{title:<50} {middle:6.1f} {unit}  ({lowest:.1f} to {highest:.1f})  aim: {aim}")


def submissions(folder: Path) -> Iterator[Path]:
    yield EXAMPLES["textbook"].write(folder / "textbook")
    yield copy_tracked(ROOT, folder / "repository")


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=25, help="of `true` in a box and bare (default: 25)")
    options.add_argument("--gradings", type=int, default=5, help="of each submission (default: 5)")
    arguments = options.parse_args()
    print_line("`true` in a box, longer than bare by", compare_box(arguments.rounds), "ms", "under 50 ms")
    with tempfile.TemporaryDirectory() as folder:
        for submission in submissions(Path(folder)):
            whole, runs = compare_grading(submission, arguments.gradings)
            own = [100 * (all_s - runs_s) / runs_s for all_s, runs_s in zip(whole, runs, strict=True)]
            title = f"{submission.name}: {statistics.median(runs):.1f} s of runs, the grader's own"
            print_line(title, own, "%", "under 10 %")
