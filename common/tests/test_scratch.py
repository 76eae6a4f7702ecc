"""A temporary folder is removed by its process, and by the next of its kind where that was killed."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.grading.scratch import scratch_folder
from common.tests.tools import ROOT

NOBODY = 4_194_305  # above the largest process id of Linux
HOLD = """
import sys
from pathlib import Path
from common.grading.scratch import scratch_folder

with scratch_folder("kind", Path(sys.argv[1])) as folder:
    (folder / "work").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_new_and_is_removed(tmp_path):
    with scratch_folder("kind", tmp_path) as one, scratch_folder("kind", tmp_path) as other:
        assert sorted([one, other]) == sorted(tmp_path.iterdir())
        assert one.name.startswith(f"workbook-{os.getpid()}-kind-")
        (one / "work").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_leaves_the_next_of_its_kind_removes(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with holder:
        left = Path(holder.stdout.readline().strip())
        with scratch_folder("kind", tmp_path):
            assert left.is_dir()  # its process lives
        holder.kill()
    with scratch_folder("other", tmp_path):
        assert left.is_dir()
    with scratch_folder("kind", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("held", [True, False])
def test_a_process_of_another_container_is_known_by_its_lock(tmp_path, held):
    theirs = tmp_path / f"workbook-{NOBODY}-kind-x"  # it has no number here
    theirs.mkdir()
    lock = os.open(theirs, os.O_RDONLY)
    if held:
        fcntl.flock(lock, fcntl.LOCK_EX)
    with scratch_folder("kind", tmp_path):
        assert theirs.exists() == held
    os.close(lock)


def test_what_is_no_folder_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / f"workbook-{NOBODY}-kind-pipe")  # to open one waits for its other end
    (tmp_path / f"workbook-{NOBODY}-kind-link").symlink_to(tmp_path / "goal")
    (tmp_path / "goal").mkdir()
    before = set(tmp_path.iterdir())
    with scratch_folder("kind", tmp_path):
        pass
    assert set(tmp_path.iterdir()) == before
