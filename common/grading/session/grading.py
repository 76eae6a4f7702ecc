"""One grading session: which checks there are, in which order they run, and what became of them."""

import inspect
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from common.grading.report import as_report
from common.grading.session.options import Options
from common.grading.texts import shown, text
from common.grading.verdict import FAILED, NOT_RUN, PARTIAL, PASSED, Check, PointsLost

RUBRIC_FILE = re.compile(r"test_(lab\d+)\.py")
GRADING = pytest.StashKey["Grading"]()
LETTERS = {PASSED: ".", PARTIAL: "p", FAILED: "F", NOT_RUN: "s"}  # of pytest's own progress
LAB_NAME = re.compile(r"lab\d+")


class Refusal(pytest.exit.Exception):
    """Ends a grading that cannot be done at all; the message is one line."""


class Grading:
    """The state that the hooks of plugin.py share."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.checks: dict[str, Check] = {}  # by node id, in the order in which they run
        self.reached: set[str] = set()
        self.refusal = ""  # why the submission cannot be graded at all: one line
        self.interrupted = False
        self.notes: list[str] = []
        self._names: dict[str, str] = {}  # of each check by node id: its function, for `depends`
        self._started = time.monotonic()

    @property
    def is_foreign(self) -> bool:
        """Whether somebody's submission is graded, rather than this repository tested."""
        return self.options.submission is not None

    @property
    def selected(self) -> list[Check]:
        return [check for check in self.checks.values() if check.selected]

    @property
    def complete(self) -> bool:
        return len(self.reached) == len(self.checks)

    def collect(self, items: Sequence[pytest.Item]) -> None:
        """Read the checks among `items`; UsageError for one whose marks make no sense."""
        checks = sorted((item for item in items if item.get_closest_marker("points")), key=_place(items))
        self.checks = {item.nodeid: read_check(item) for item in checks}
        self._names = {item.nodeid: _full_name(item) for item in checks}
        above: set[str] = set()
        for item in checks:
            for name in self.checks[item.nodeid].depends:
                full_name = f"{item.parent.nodeid}::{name}"
                uncollected = full_name not in self._names.values() and _is_check(item.parent.obj, name)
                if full_name not in above and not uncollected:
                    raise pytest.UsageError(
                        f"{item.nodeid} depends on '{name}': name a check above it in the file"
                    )
            above.add(_full_name(item))

    def order(self, items: list[pytest.Item]) -> None:
        """Put the checks among `items` back into file order, whatever reordered them."""
        chosen = {item.nodeid: item for item in items if item.nodeid in self.checks}
        ordered = iter([chosen[id] for id in self.checks if id in chosen])  # noqa: A001
        items[:] = [next(ordered) if item.nodeid in chosen else item for item in items]
        for nodeid, check in self.checks.items():
            check.selected = nodeid in chosen

    def blocker(self, item: pytest.Item) -> Check | None:
        """Return the check without whose points `item` makes no sense. Unselected ones do not count."""
        wanted = {f"{item.parent.nodeid}::{name}" for name in self.checks[item.nodeid].depends}
        for nodeid, check in self.checks.items():
            if self._names[nodeid] in wanted and check.outcome in (FAILED, NOT_RUN):
                return check
        return None

    def judge(self, item: pytest.Item, call: pytest.CallInfo, report: pytest.TestReport) -> None:
        """Turn the end of a phase into the verdict: only a call that passed gives full points."""
        check = self.checks[item.nodeid]
        check.seconds += call.duration
        if report.when == "teardown" or (report.when == "setup" and report.passed):
            return
        self.reached.add(item.nodeid)
        error = call.excinfo.value if call.excinfo else None
        if report.skipped or hasattr(report, "wasxfail"):
            check.judge(NOT_RUN, 0, found=str(getattr(error, "msg", "") or error or "expected to fail"))
        elif report.failed and not isinstance(error, PointsLost):
            check.judge_broken(f"{type(error).__name__}: {error}" if error else str(report.longrepr))
            report.longrepr = "\n".join(_safe(line) for line in str(report.longrepr).splitlines())
            report.sections.clear()  # what was printed may be a submission's
        elif check.outcome is None:
            check.judge_passed()
        item.user_properties += [("points", check.points), ("possible", check.possible)]

    def status(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Return category, letter and word for pytest's own progress; None where pytest knows better."""
        check = self.checks.get(report.nodeid)
        if not check or report.when == "teardown" or (report.when == "setup" and report.passed):
            return None
        # An error of the grader stays in pytest's FAILURES; points lost are explained by the table.
        if check.broken:
            category = "error" if report.when == "setup" else "failed"
        else:
            category = "lost" if check.outcome == FAILED else check.outcome
        if self.is_foreign:  # its progress is ours
            return category, "", ""
        return category, LETTERS[check.outcome], check.outcome.upper()

    def report(self) -> dict:
        """Return the result as it stands now; checks that were not reached are "not run"."""
        if self.refusal:
            why = self.refusal
        elif self.interrupted:
            why = text("the grading was interrupted")
        else:
            why = text("the grading stopped before it")
        for nodeid, check in self.checks.items():
            if nodeid not in self.reached:
                check.judge(NOT_RUN, 0, found=why if check.selected else text("this check was not selected"))
        seconds = time.monotonic() - self._started
        return as_report(
            list(self.checks.values()),
            submission=self.options.name,
            seconds=seconds,
            complete=self.complete,
            notes=self.notes,
        )


def read_check(item: pytest.Item) -> Check:
    """Return the check that `item` is: its points and dependencies from its mark, its lab from its file."""
    mark = item.get_closest_marker("points")
    possible, depends = (mark.args or (None,))[0], mark.kwargs.get("depends", [])
    if type(possible) is not int or possible < 1 or len(mark.args) > 1 or set(mark.kwargs) - {"depends"}:
        raise pytest.UsageError(f"{item.nodeid}: write @pytest.mark.points(3, depends=['test_other'])")
    if not isinstance(depends, list | tuple):
        raise pytest.UsageError(f"{item.nodeid}: depends='{depends}' is not a list: depends=['test_other']")
    rubric = item.get_closest_marker("rubric")
    named = RUBRIC_FILE.fullmatch(item.path.name)
    lab = rubric.args[0] if rubric and rubric.args else named and named[1]
    if not lab or not LAB_NAME.fullmatch(lab):
        raise pytest.UsageError(
            f"{item.nodeid}: no lab: name the file labN/test_labN.py or mark it rubric('lab1')"
        )
    title = (inspect.getdoc(item.obj) or item.name).splitlines()[0].removesuffix(".")
    return Check(item.name.removeprefix("test_"), lab, text(title), possible, tuple(depends))


def say(line: str, end: str = "\n") -> None:
    """Progress: on stderr, so that stdout is the result alone."""
    print(line, end=end, file=sys.stderr, flush=True)


def _safe(line: str) -> str:
    """Return a line of a traceback with its indentation; an exception may quote a submission."""
    return line[: len(line) - len(line.lstrip())] + shown(line)


def _place(items: Sequence[pytest.Item]) -> Callable[[pytest.Item], tuple[int, int]]:
    """Return a sort key: files in the order of the command line, lines in the order of the file."""
    files: dict[Path, int] = {}
    for item in items:
        files.setdefault(item.path, len(files))
    return lambda item: (files[item.path], item.reportinfo()[1] or 0)


def _full_name(item: pytest.Item) -> str:
    """Return the check's name without its parameters, as unique as a node id."""
    return f"{item.parent.nodeid}::{getattr(item, 'originalname', None) or item.name}"


def _is_check(home: object, name: str) -> bool:
    return any(mark.name == "points" for mark in getattr(getattr(home, name, None), "pytestmark", []))
