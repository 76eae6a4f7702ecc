"""The memory cgroup of a run: where one can be made, on v1 and v2, what it ends, and that it is removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.grading.box.cgroup import find_parent, memory_group
from common.tests.boxes import require_cgroup


def make(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"cgroup.{name}").write_text(content)
    return folder


def membership(tmp_path: Path, content: str) -> Path:
    (tmp_path / "membership").write_text(content)
    return tmp_path / "membership"


def test_v1_is_our_own_memory_cgroup(tmp_path):
    own = make(tmp_path / "memory/jobs/7")
    lines = "9:name=systemd:/\n4:memory:/jobs/7\n0::/\n"
    assert find_parent(tmp_path, membership(tmp_path, lines)) == own


def test_v2_is_the_nearest_that_hands_memory_down(tmp_path):
    make(tmp_path, subtree_control="cpu memory\n", procs="")
    slice_ = make(tmp_path / "user.slice", subtree_control="memory pids\n", procs="")
    make(tmp_path / "user.slice/session", subtree_control="", procs="")
    assert find_parent(tmp_path, membership(tmp_path, "0::/user.slice/session\n")) == slice_


def test_v2_without_the_memory_controller(tmp_path):
    make(tmp_path / "session", subtree_control="pids\n", procs="")
    assert find_parent(tmp_path, membership(tmp_path, "0::/session\n")) is None


def test_no_cgroups_at_all(tmp_path):
    assert find_parent(tmp_path, tmp_path / "none") is None


def test_group_ends_what_takes_more_and_is_removed():
    require_cgroup()
    join_and_allocate = 'echo $$ >"$1/cgroup.procs"; exec "$2" -c "x = b\'x\' * (200 << 20)"'
    with memory_group(50) as group:
        assert group is not None
        assert not group.was_exceeded()
        command = ["sh", "-c", join_and_allocate, "sh", str(group.folder), sys.executable]
        assert subprocess.run(command, check=False).returncode == -9
        assert group.was_exceeded()
    assert not group.folder.exists()


def test_group_of_a_killed_grader_is_removed_by_the_next():
    left = require_cgroup() / "workbook-4194999-left"  # above the largest process id
    left.mkdir()
    with memory_group(50):
        assert not left.exists()


def test_group_without_a_place_for_it_is_none(monkeypatch):
    monkeypatch.setattr("common.grading.box.cgroup.find_parent", lambda: None)
    with memory_group(50) as group:
        assert group is None


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_v1_that_is_not_ours_to_write(tmp_path):
    own = make(tmp_path / "memory")
    own.chmod(0o500)
    assert find_parent(tmp_path, membership(tmp_path, "4:memory:/\n")) is None
