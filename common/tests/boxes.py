"""What the tests of the box share: limits, the ways to run it, and what must be left when it is done."""

import contextlib
import dataclasses
import functools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.grading.box import cgroup
from common.grading.sandbox import Box, Limits, Run
from common.stage import LabError
from common.tests.tools import ROOT, run_command, skip_or_fail

LIMITS = Limits(  # 20 s are for a busy machine: what is to be ended by the time has a limit of its own
    wall_s=20, cpu_s=10, memory_mb=400, processes=64, file_mb=20, disk_mb=60, files=5000, output_mb=1
)
CANARY = "canary-5b1f7c"  # what the attacks look for
ALONE = "tests/attacks/alone.py"  # below common/
OTHER_USER = 64_300  # an id that no account has
BECOME_OTHER = ("setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_USER}", "--clear-groups")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
PYTHON_NAMES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")


def leftovers(pid: int) -> list[Path]:
    """Return the temporary folders that a grader with this process id has left."""
    return list(Path(tempfile.gettempdir()).glob(f"workbook-{pid}-*"))


def processes_with(word: str) -> list[str]:
    """Return the command lines on this machine that have `word` in them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in lines if word in line]


def make_box(**options) -> Box:
    try:
        return Box(LIMITS, **options)
    except LabError as error:
        skip_or_fail(str(error))


def sh(box: Box, work: Path, script: str, **options) -> Run:
    return box.run(["bash", "-c", script], work, **options)


def require_cgroup() -> Path:
    return cgroup.find_parent() or pytest.skip("no memory cgroup can be made here, which is as common as not")


def require_other_user() -> str:
    """Return the interpreter that another user can run: ours may lie below a closed home folder."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user; the other ways run as an ordinary user here")
    return _other_python() or pytest.skip(
        f"'{sys.executable}' is closed to other users, and there is no other Python of 3.11 or newer"
    )


@functools.cache
def _other_python() -> str | None:
    found = (shutil.which(name, path=SYSTEM_PATH) for name in PYTHON_NAMES)
    is_new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    # By a shell: setpriv itself starts its command with root's rights to walk anywhere.
    through_shell = ("sh", "-c", '"$0" -c "$1"')
    for python in (sys.executable, *filter(None, found)):
        if run_command(*BECOME_OTHER, *through_shell, python, is_new_enough).code == 0:
            return python
    return None


def give_to_other_user(folder: Path) -> None:
    run_command("chown", "-Rh", f"{OTHER_USER}:{OTHER_USER}", folder, check=True)


def copy_code(into: Path) -> Path:
    """Copy the package `common` to where the other user can read it: a clone may lie in a closed folder."""
    shutil.copytree(ROOT / "common", into / "common", ignore=shutil.ignore_patterns("__pycache__"))
    give_to_other_user(into)
    return into


def run_as_other_user(python: str, code: Path, command: Sequence[str], work: Path, limits: Limits) -> Run:
    """Run it in a box that the other user makes, with `python`; he has no cgroup."""
    give_to_other_user(work)
    program = [python, code / "common" / ALONE, work, json.dumps(dataclasses.asdict(limits))]
    env = {"PYTHONPATH": str(code), "PATH": os.environ["PATH"], "WORKBOOK_CANARY": CANARY}
    ended = run_command(*BECOME_OTHER, *program, *command, env=env)
    assert ended.code == 0, ended.err
    return Run(**json.loads(ended.out))
