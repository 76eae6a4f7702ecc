"""Grades one attempt, here or as a task on another machine: the rubrics in a process of their own.

The function takes and returns plain values. It writes nothing but temporary files, so that a task that is
lost can be run again anywhere that has the submissions' folder and this repository.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.book.entries import Attempt
from common.grading.book.hashing import ROOT
from common.grading.book.warm_grader import Grading, WarmGrader
from common.grading.scratch import scratch_folder
from common.grading.submission import open_submission
from common.grading.texts import shown, text
from common.stage import LabError

GRADER = WarmGrader()  # this process's own; a worker of a cluster has one, too
RUNNING: set[Grading] = set()
STDERR_CHARS = 20_000  # of the grader's own progress
LIMIT_S = 7200.0  # five labs of thirty runs, each at its own limit; what takes longer hangs


@dataclass(frozen=True)
class Task:
    attempt: Attempt
    labs: tuple[str, ...]
    options: tuple[str, ...]  # of the grader, as they are typed
    key: str
    starter: Path | None = None  # what every student was given
    limit_s: float = LIMIT_S


@dataclass(frozen=True)
class Graded:
    key: str
    error: str  # "" or why there is no report, in one line
    report: dict | None  # as report.schema.json has it
    seconds: float
    files: dict[str, str] = field(default_factory=dict)  # to keep: relative path -> content
    sketch: list[int] = field(default_factory=list)  # of its sources, see sketch.py


def grade(task: Task) -> Graded:
    """Grade one attempt; whatever the submission does, this returns."""
    began_s = time.monotonic()
    with scratch_folder("grading") as out:
        ended, stderr = _run(task, out)
        try:
            report = json.loads((out / "report.json").read_text("utf-8"))
        except (OSError, ValueError):
            report = None
        kept = [out / "report.json", out / "report.html", *sorted((out / "runs").glob("*"))]
        files = {str(path.relative_to(out)): path.read_text("utf-8") for path in kept if path.is_file()}
        numbers = _sketch(task, out) if report else []
    files["grading.log"] = stderr[-STDERR_CHARS:]
    if report:
        report["submission"] = shown(task.attempt.path.name)  # not where this machine keeps it
    seconds = round(time.monotonic() - began_s, 1)
    return Graded(task.key, _error(ended, report, stderr, task.limit_s), report, seconds, files, numbers)


def _run(task: Task, out: Path) -> tuple[int | None, str]:
    """Return the exit code, None where it had to be stopped, and stderr."""
    options = ["--submission", str(task.attempt.path), "--report-json", f"{out}/report.json"]
    options += ["--report-html", f"{out}/report.html", "--keep-runs", f"{out}/runs", *task.options]
    environment = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(out),
    }
    environment.pop("WORKBOOK_CWD", None)
    with (out / "stderr").open("w+b") as stderr, Path(os.devnull).open("wb") as nowhere:
        grading = GRADER.start(task.labs, options, environment, nowhere.fileno(), stderr.fileno())
        RUNNING.add(grading)
        try:
            code = grading.wait(task.limit_s)
        except TimeoutError:
            code = None
        finally:
            RUNNING.discard(grading)
            grading.kill()
        stderr.seek(0)
        return code, stderr.read().decode("utf-8", "replace")


def stop_running() -> None:
    """End every grading of this process: its person has asked for the end."""
    for grading in tuple(RUNNING):
        grading.kill()


def _sketch(task: Task, out: Path) -> list[int]:
    from common.grading.book.sketch import list_runs, sketch  # scipy, half a second

    try:
        known = frozenset(list_runs(task.starter)) if task.starter else frozenset()
        return sketch(open_submission(task.attempt.path, out).root, known)
    except LabError:
        return []


def _error(code: int | None, report: dict | None, stderr: str, limit_s: float) -> str:
    if code is None:
        return text("the grading did not end within {limit:.0f} s", limit=limit_s)
    last_line = shown(([line for line in stderr.splitlines() if line.strip()] or [""])[-1])
    if report is None:
        return text("the grader ended with exit code {code}: {line}", code=code, line=last_line)
    reached = any(check["outcome"] != "not run" for lab in report["labs"].values() for check in lab["checks"])
    return "" if reached else last_line
