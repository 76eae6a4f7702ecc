"""Opening an ordinary submission: what comes through, and what is left out with a note."""

import os
import stat
import time
from pathlib import Path

import pytest

from common.grading.submission import find_lab, open_submission, scratch_copy
from common.tests.submissions import EXAMPLES
from common.tests.submissions.packing import files, pack, raw_zip

RUSSIAN = "лаба1/данные.py"  # noqa: RUF001


def test_folder_comes_through_with_modes_and_times(tmp_path):
    script = tmp_path / "in/lab1/pipeline.sh"
    script.parent.mkdir(parents=True)
    script.write_text("echo\n")
    script.chmod(0o4711)
    os.utime(script, (1_700_000_000, 1_700_000_000))
    opened = open_submission(tmp_path / "in", tmp_path / "out")
    copy = opened.root / "lab1/pipeline.sh"
    assert copy.read_text() == "echo\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o755  # runnable and readable, not setuid
    assert copy.stat().st_mtime == 1_700_000_000
    assert opened.notes == ()
    assert opened.path == tmp_path / "in"


def test_zip_comes_through_with_modes_and_times(tmp_path):
    opened = open_submission(pack(tmp_path / "a.zip", {"lab1/run.sh": "echo\n"}, 0o100755), tmp_path / "out")
    copy = opened.root / "lab1/run.sh"
    assert copy.read_text() == "echo\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o755
    assert time.localtime(copy.stat().st_mtime)[:5] == (2024, 4, 16, 12, 30)


def test_windows_zip_with_backslashes(tmp_path):
    opened = open_submission(pack(tmp_path / "a.zip", {"lab1\\src\\a.py": "1", "lab1\\src\\": ""}), tmp_path)
    assert files(opened.root) == ["lab1/src/a.py"]


def test_wrapping_folders_are_stripped(tmp_path):
    entries = {"repo-main/repo-main/lab1/a.py": "1", "repo-main/repo-main/README.md": "2"}
    entries |= {"__MACOSX/repo-main/._a.py": "junk", "repo-main/.DS_Store": "junk"}
    opened = open_submission(pack(tmp_path / "a.zip", entries), tmp_path)
    assert files(opened.root) == ["README.md", "lab1/a.py"]
    assert opened.notes == ("left out 2 files that the system adds (.DS_Store, __pycache__, ...)",)


def test_a_repositorys_own_number_does_not_keep_its_folder(tmp_path):
    opened = open_submission(pack(tmp_path / "a.zip", {"mlops_practice_4-main/a.py": "1"}), tmp_path)
    assert files(opened.root) == ["a.py"]


def test_notes_end_after_a_page(tmp_path):
    entries = {f"x/{name}.py": "1" for n in range(150) for name in (f"a{n}", f"A{n}")}
    opened = open_submission(pack(tmp_path / "a.zip", entries), tmp_path)
    assert len(opened.notes) == 101
    assert opened.notes[100] == "and 50 more of these"


def test_a_lab_folder_alone_is_not_a_wrapping_folder(tmp_path):
    opened = open_submission(pack(tmp_path / "a.zip", {"lab2/Jenkinsfile": "pipeline {\n}\n"}), tmp_path)
    assert files(opened.root) == ["lab2/Jenkinsfile"]


def test_committed_venv_is_left_out_but_for_its_activate(tmp_path):
    entries = {"lab1/a.py": "1", "lab1/env/pyvenv.cfg": "home = /usr", "lab1/env/bin/activate": "PATH="}
    entries |= {f"lab1/env/lib/python3.11/site-packages/p{i}.py": "" for i in range(20_000)}
    opened = open_submission(pack(tmp_path / "a.zip", entries), tmp_path)
    assert files(opened.root) == ["lab1/a.py", "lab1/env/bin/activate"]
    assert opened.notes == ("left out the virtual environment in 'lab1/env': 20001 files",)


def test_venv_made_in_the_labs_own_folder_leaves_the_lab(tmp_path):
    entries = {"lab1/pyvenv.cfg": "", "lab1/Lib/site-packages/x.py": "", "lab1/Scripts/python.exe": "MZ"}
    opened = open_submission(pack(tmp_path / "a.zip", entries | {"lab1/train.py": "1"}), tmp_path)
    assert files(opened.root) == ["lab1/train.py"]


@pytest.mark.parametrize("encoding", ["cp866", "utf-8"])
def test_russian_names(tmp_path, encoding):
    opened = open_submission(raw_zip(tmp_path / "a.zip", RUSSIAN.encode(encoding)), tmp_path)
    assert files(opened.root) == [RUSSIAN]


def test_western_names(tmp_path):
    opened = open_submission(raw_zip(tmp_path / "a.zip", "lab1/données.py".encode("cp437")), tmp_path)
    assert files(opened.root) == ["lab1/données.py"]


def test_name_that_is_not_utf8_in_a_folder(tmp_path):
    lab = tmp_path / "in/lab1"
    lab.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(lab) + b"/" + "обучение.py".encode("cp866"))).write_text("1")
    assert files(open_submission(tmp_path / "in", tmp_path / "out").root) == ["lab1/обучение.py"]


def test_the_copy_may_lie_in_the_submission(tmp_path):
    (tmp_path / "a.py").write_text("1")
    assert files(open_submission(tmp_path, tmp_path / "grading").root) == ["a.py"]


def test_names_that_differ_in_case_are_both_there(tmp_path):
    opened = open_submission(pack(tmp_path / "a.zip", {"Lab1/a.py": "1", "lab1/a.py": "2"}), tmp_path)
    assert files(opened.root) == ["Lab1/a.py", "lab1/a.py"]
    assert opened.notes == ("'Lab1/a.py' and 'lab1/a.py' are one name on Windows: both are here",)


def test_scratch_copy_is_fresh_and_alike(tmp_path):
    root = EXAMPLES["textbook"].write(tmp_path / "in")
    (root / "link").symlink_to("lab1")
    os.utime(root / "lab1/pipeline.sh", (1_700_000_000, 1_700_000_000))
    (root / "lab1/pipeline.sh").chmod(0o755)
    first, second = scratch_copy(root, tmp_path / "runs"), scratch_copy(root, tmp_path / "runs")
    (first / "lab1/pipeline.sh").write_text("changed")
    state = (second / "lab1/pipeline.sh").stat()
    assert (state.st_mtime, stat.S_IMODE(state.st_mode)) == (1_700_000_000, 0o755)
    assert (root / "lab1/pipeline.sh").read_text().startswith("#!/bin/bash")
    assert (second / "link").readlink() == Path("lab1")
    assert files(second) == files(root)


def test_scratch_copy_takes_no_more_disk(tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    with (root / "holes").open("wb") as file:
        file.truncate(1 << 30)
    os.link(root / "holes", root / "again")
    copy = scratch_copy(root, tmp_path / "runs")
    state = (copy / "holes").stat()
    assert (state.st_size, state.st_blocks, state.st_nlink) == (1 << 30, 0, 2)


@pytest.mark.parametrize("name", EXAMPLES)
def test_lab1_of_every_example_is_found(tmp_path, name):
    example = EXAMPLES[name]
    root = open_submission(example.write(tmp_path / "in"), tmp_path / "out").root
    found = find_lab(root, "lab1")
    assert (found and found.relative_to(root).as_posix()) == example.folder
