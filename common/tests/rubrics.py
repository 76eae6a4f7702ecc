"""Small rubrics in a temporary folder, graded by a subprocess: tools for the tests of the grader's plugin."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from common.tests.tools import run_command

SETTINGS = """
[tool.pytest.ini_options]
addopts = ["-p", "common.grading.plugin", "--strict-markers", "--strict-config", "--import-mode=importlib"]
filterwarnings = ["error"]
xfail_strict = true
"""

# Stand-ins for the box and for opening a submission: here only what the plugin hands them matters.
STAND_INS = """
import dataclasses, pathlib, sys, types
from common.stage import LabError

@dataclasses.dataclass(frozen=True)
class Limits:
    wall_s: float = 300.0
    memory_mb: int = 4096

class Box:
    def __init__(self, limits=Limits(), *, network=False, trusted=False, python=None):
        if pathlib.Path("no-box").exists() and not trusted:
            raise LabError("no box: sudo apt-get install bubblewrap")
        self.limits, self.network, self.trusted, self.python = limits, network, trusted, python

@dataclasses.dataclass(frozen=True)
class Submission:
    path: pathlib.Path
    root: pathlib.Path
    notes: tuple

def open_submission(path, into):
    if not path.is_dir():
        raise LabError(f"there is no '{path}': give a folder or a .zip")
    return Submission(path, path, ("left out .venv: made by a tool",))

sandbox, submission = (types.ModuleType(f"common.grading.{name}") for name in ("sandbox", "submission"))
sandbox.Box, sandbox.Limits = Box, Limits
submission.Submission, submission.open_submission = Submission, open_submission
submission.find_lab = lambda root, lab: root / lab
requirements = types.ModuleType("common.grading.requirements")
requirements.build_environment = lambda folder, root, cache: folder / "python"
requirements.read_requirements = lambda folder, root: types.SimpleNamespace(file=folder / "r.txt", notes=())
sys.modules |= {module.__name__: module for module in (sandbox, submission, requirements)}
"""


@dataclass(frozen=True)
class Graded:
    exit_code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def report(self) -> dict:
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    def checks(self, lab: str = "lab1") -> dict[str, dict]:
        return {check["id"]: check for check in self.report["labs"][lab]["checks"]}

    def outcomes(self, lab: str = "lab1") -> dict[str, str]:
        return {name: check["outcome"] for name, check in self.checks(lab).items()}


def write_rubric(folder: Path, lab: str, source: str) -> None:
    (folder / lab).mkdir(exist_ok=True)
    (folder / lab / f"test_{lab}.py").write_text("import pytest\n" + source, encoding="utf-8")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "conftest.py").write_text(STAND_INS, encoding="utf-8")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]


def environment(**env: str) -> dict[str, str]:
    """Return a plain shell's variables: the tests may themselves run under common/test.sh or a conveyor."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "COLUMNS": "100", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env}


def grade(folder: Path, *arguments: str, **env: str) -> Graded:
    ended = run_command(*command(*arguments), cwd=folder, env=environment(**env), timeout=60)
    return Graded(ended.code, ended.out, ended.err, folder)
