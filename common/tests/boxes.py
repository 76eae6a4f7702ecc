"""What the tests of the box share: limits, ways to run it, and what must be left when it is done."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.grading.box import cgroup
from common.grading.sandbox import Box, Limits, Run
from common.stage import LabError

LIMITS = Limits(
    wall_s=4, cpu_s=10, memory_mb=400, processes=64, file_mb=20, disk_mb=60, files=5000, output_mb=1
)
MODES = ("cgroup", "watchdog", "user")
CANARY = "canary-5b1f7c"  # what the attacks look for
OTHER_USER_ID = 64_300
REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "attacks" / "as_user.py"


def processes_with(word: str) -> list[str]:
    """Return the command lines on this machine that have `word` in them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in lines if word in line]


def optional(reason: str) -> None:
    """Skip a test whose system part is missing; where all parts must be there, fail."""
    if os.environ.get("WORKBOOK_REQUIRE"):
        pytest.fail(reason)
    pytest.skip(reason)


def make_box(**options) -> Box:
    try:
        return Box(LIMITS, **options)
    except LabError as error:
        optional(str(error))
        raise


def run_in(
    mode: str, monkeypatch: pytest.MonkeyPatch, command: Sequence[str], work: Path, limits: Limits = LIMITS
) -> Run:
    """Run it as the tests' own user with a cgroup or without, or as another user, who has none."""
    if mode == "user":
        return _run_as_user(command, work, limits)
    if mode == "watchdog":
        monkeypatch.setattr(cgroup, "find_parent", lambda: None)
    elif cgroup.find_parent() is None:
        pytest.skip("no memory cgroup can be made here, which is as common as not")
    return make_box().run(command, work, limits=limits)


def _run_as_user(command: Sequence[str], work: Path, limits: Limits) -> Run:
    if os.getuid() != 0:
        pytest.skip("only root can become another user; the other modes run as an ordinary user here")
    make_box()
    subprocess.run(["chown", "-Rh", str(OTHER_USER_ID), work], check=True)
    become = ["setpriv", f"--reuid={OTHER_USER_ID}", f"--regid={OTHER_USER_ID}", "--clear-groups"]
    done = subprocess.run(
        [*become, sys.executable, PROGRAM, work, json.dumps(dataclasses.asdict(limits)), *command],
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"], "WORKBOOK_CANARY": CANARY},
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return Run(**json.loads(done.stdout))
