"""Runs in the box: pytest's plugin that tells what each test's outcome was, and what data the tests saw.

It is written as workbook_tests.py beside a notebook; PYTEST_PLUGINS makes every pytest of the run load it,
`!pytest` and pytest.main alike. Where a swap is asked for, it overwrites a dataset's numbers as soon as a
variable of the submission's own code holds them.
"""

import builtins
import contextlib
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import workbook_look

SEEN = Path(os.environ["WORKBOOK_SEEN"])
OFTEN = 30  # looks at one line: a loop over datasets, not one over their rows
LIBRARIES = {
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "catboost",
    "joblib",
}
ROOT = os.environ.get("WORKBOOK_WORK", "/submission")


class Watcher:
    def __init__(self) -> None:
        swaps = json.loads((SEEN / "swaps.json").read_text("utf-8"))
        self.swaps = [swap | {"elsewhere": set(swap["elsewhere"])} for swap in swaps]
        self.memory = workbook_look.Memory("tests")
        self.looks: Counter = Counter()
        self.swapped = 0
        self.before: Any = None
        number, name = tempfile.mkstemp(prefix="session-", dir=SEEN / "tests")
        os.close(number)
        self.file = Path(name)

    def tell(self, **record: object) -> None:
        """Add a line at once: a test may end the process."""
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        is_own = file.startswith(ROOT) or "ipykernel_" in file
        if not is_own or "site-packages" in file or "/.venv/" in file:
            return None
        self.looks[frame.f_code, frame.f_lineno, event] += 1
        if self.looks[frame.f_code, frame.f_lineno, event] <= OFTEN:
            with contextlib.suppress(Exception):  # never to disturb the tests
                variables = dict(frame.f_locals)
                if frame.f_code.co_name == "<module>" or event == "call":
                    variables = frame.f_globals | variables
                if event == "return" and arg is not None:
                    variables[frame.f_code.co_name] = arg
                self.look(frame.f_code.co_name, variables)
        return self.trace

    def import_quickly(self, name: str, *args: Any, **more: Any) -> Any:
        """Import as ever; large libraries without being watched, which would take twice as long."""
        if name.partition(".")[0] not in LIBRARIES:
            return self.import_module(name, *args, **more)
        watching = sys.gettrace()
        sys.settrace(None)
        try:
            return self.import_module(name, *args, **more)
        finally:
            sys.settrace(watching)

    def look(self, place: str, variables: dict) -> None:
        for name, value in workbook_look.look(variables):
            if self.swaps:
                for _, _, numbers, put in workbook_look.columns(name, value):
                    new = workbook_look.swapped(numbers, self.swaps)
                    if new is not None:
                        put(new)
                        self.swapped += 1
            else:
                self.memory.see(place, name, value)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        params = session.config.invocation_params
        inside = "ipykernel" in sys.modules
        args = [str(arg) for arg in params.args]
        self.tell(what="start", args=args, folder=str(params.dir), inside=inside)
        self.before = sys.gettrace()
        self.import_module = builtins.__import__
        builtins.__import__ = self.import_quickly
        sys.settrace(self.trace)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            expected = hasattr(report, "wasxfail")
            outcome = {"skipped": "xfailed", "passed": "xpassed"}.get(report.outcome) if expected else None
            if report.when != "call" and report.outcome == "failed":
                outcome = "error"
            self.tell(what="test", name=report.nodeid, outcome=outcome or report.outcome)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            lines = str(report.longrepr).strip().splitlines() or [""]
            self.tell(what="broken", name=report.nodeid, line=lines[-1][:300])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        sys.settrace(self.before)
        builtins.__import__ = self.import_module
        self.tell(what="end", code=int(exitstatus), swapped=self.swapped)
        self.memory.write(str(SEEN / f"memory-{self.file.name}.json"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watcher(), "workbook")
