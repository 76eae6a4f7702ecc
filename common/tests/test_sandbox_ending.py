"""A box whose grader is killed, whenever that is, leaves nothing behind."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from common.tests.boxes import ALONE, make_box, processes_with, sh
from common.tests.tools import ROOT, wait_until

# below TMPDIR root's folders are closed to the user id under which bwrap runs
PLACE = Path("/tmp" if os.getuid() == 0 else tempfile.gettempdir())  # noqa: S108


def start_grader(work: Path, *command: str, path: str = os.environ["PATH"]) -> subprocess.Popen:
    """Start a grader that boxes one command, in a process that the test is to kill."""
    make_box()
    return subprocess.Popen(
        [sys.executable, ROOT / "common" / ALONE, work, "{}", *command],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path},
    )


@pytest.mark.parametrize("command", ["-- python", sys.executable], ids=["starting", "running"])
def test_box_dies_with_the_grader(work, command):
    name = f"orphan-{os.getpid()}"
    (work / name).write_text("import time; time.sleep(60)")
    grader = start_grader(work, "python", "-u", name)
    deadline = time.monotonic() + 10
    while not processes_with(f"{command} -u {name}"):
        assert time.monotonic() < deadline  # without a pause: the beginning lasts some milliseconds
    grader.kill()
    grader.wait()
    wait_until(lambda: not processes_with(name), limit_s=10)
    assert sh(make_box(), work, "true").exit_code == 0
    kits = list(PLACE.glob(f"workbook-{grader.pid}-kit-*"))
    assert kits == []  # what a killed grader cannot remove, the next one does


def test_box_that_begins_when_the_grader_is_dead_ends(work, request):
    name = f"late-{os.getpid()}"
    folder = Path(tempfile.mkdtemp(dir=PLACE))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    late = folder / "bwrap"
    late.write_text(
        f'#!/bin/sh\ncase "$*" in *{name}*) sleep 0.3;; esac\nexec {shutil.which("bwrap")} "$@"\n'
    )
    for path in (folder, late):
        path.chmod(0o755)
    grader = start_grader(work, "sleep", name, path=f"{folder}:{os.environ['PATH']}")
    wait_until(lambda: any(name in line for line in processes_with(f"{late} --unshare")), limit_s=10)
    grader.kill()
    grader.wait()
    wait_until(lambda: not processes_with(name), limit_s=10)
