"""Grades whole submissions as a gradebook does: a tool for the tests of the rubrics."""

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from common.grading.book.warm_grader import WarmGrader
from common.tests.boxes import make_box
from common.tests.rubrics import environment

GRADER = WarmGrader()
LONGEST_S = 240  # a grading that takes longer hangs


@dataclass(frozen=True)
class Graded:
    pid: int  # the grader's
    exit_code: int
    stdout: str
    stderr: str
    report: dict
    lab: str = "lab1"

    @property
    def checks(self) -> dict[str, dict]:
        return {check["id"]: check for check in self.report["labs"][self.lab]["checks"]}

    @property
    def points(self) -> int:
        return self.report["labs"][self.lab]["points"]

    @property
    def lost(self) -> list[str]:
        """What each check says that did not give its full points: shown by a test that fails."""
        return [
            f"{name}: {check['points']} of {check['possible']}, {check['outcome']}: {check['found']}"
            for name, check in self.checks.items()
            if check["points"] < check["possible"]
        ]


def grade(
    submission: Path,
    report: Path,
    *options: str,
    lab: str = "lab1",
    longest_s: float = LONGEST_S,
    **env: str,
) -> Graded:
    """Grade one lab, with these variables; its report is written to the file `report`."""
    options = ("--submission", str(submission), "--report-json", str(report), *options)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        grading = GRADER.start([lab], options, environment(**env), stdout.fileno(), stderr.fileno())
        try:
            code = grading.wait(longest_s)
        finally:
            grading.kill()
        for file in (stdout, stderr):
            file.seek(0)
        printed, told = stdout.read().decode("utf-8"), stderr.read().decode("utf-8")
    assert report.exists(), printed + told
    return Graded(grading.pid, code, printed, told, json.loads(report.read_text("utf-8")), lab)


class Deserving(Protocol):
    points: int


def one_of_each(cases: Mapping[str, Deserving]) -> set[str]:
    """Return, of the cases that deserve the same points, the first."""
    return {next(name for name in cases if cases[name].points == one.points) for one in cases.values()}


def parameters(names: Iterable[str], always: Collection[str]) -> list:
    """Return each name as a parameter of a test; those that are not run always are for a thorough run."""
    return [pytest.param(name, marks=() if name in always else pytest.mark.thorough) for name in names]


def selected(request: pytest.FixtureRequest) -> list[str]:
    """Return each `name` with which a test of this module is to run now."""
    items = [item for item in request.session.items if item.module is request.module]
    params = [item.callspec.params for item in items if hasattr(item, "callspec")]
    return list(dict.fromkeys(one["name"] for one in params if "name" in one))


def grade_all(
    submissions: Mapping[str, Path],
    folder: Path,
    options: Mapping[str, tuple[str, ...]] | None = None,
    lab: str = "lab1",
    jobs: int | None = None,
    longest_s: float = LONGEST_S,
    **env: str,
) -> dict[str, Graded]:
    """Grade them all, by default as many at a time as there are processors; reports go to `folder`."""
    make_box()  # skips where no box can be made
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        graded = {
            name: pool.submit(
                grade,
                submission,
                folder / f"{number}.json",
                *(options or {}).get(name, ()),
                lab=lab,
                longest_s=longest_s,
                **env,
            )
            for number, (name, submission) in enumerate(submissions.items())
        }
        return {name: one.result() for name, one in graded.items()}
