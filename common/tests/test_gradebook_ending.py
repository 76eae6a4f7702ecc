"""A gradebook that is killed, meets a full disk or another one: one clear line, and nothing is lost."""

import random
import re
import signal
import time

import pytest

from common.tests.classes import (
    FOUR,
    command,
    gradebook,
    hand_in,
    rows,
    start_gradebook,
    wait_for_a_result,
    without_times,
)
from common.tests.rubrics import environment
from common.tests.tools import ROOT, require, run_command, wait_until

STUDENTS = 6
PROGRAM = "python -m common.grading.gradebook"


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for number in range(STUDENTS):
        hand_in(folder / f"student{number}", *FOUR[: number % 5], "pipeline.sh")
    return folder


@pytest.mark.parametrize(("students", "kills"), [(6, 2), pytest.param(20, 10, marks=pytest.mark.thorough)])
def test_killed_again_and_again_it_equals_an_undisturbed_run(students, kills, tmp_path, monkeypatch):
    folder, temporary = tmp_path / "class", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for number in range(students):
        hand_in(folder / f"student{number:02}", *FOUR[: number % 5], "pipeline.sh")
    gradebook(folder, tmp_path / "undisturbed")
    out, moments, kept = tmp_path / "killed", random.Random(7), 0  # noqa: S311  not a secret
    for _ in range(kills):
        process = start_gradebook(folder, out, "--jobs", "2")
        if not kept:
            wait_for_a_result(out)
        time.sleep(moments.uniform(0.2, 1.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kept = len(list(out.glob("*/first/result.json")))
    ended = gradebook(folder, out)
    assert f"graded now: {students - kept}, kept: {kept}" in ended.out
    assert without_times(out) == without_times(tmp_path / "undisturbed")
    assert list(temporary.glob("workbook-*-grading-*")) == []  # those of the killed ones neither


def test_interrupted_it_ends_at_once_and_leaves_no_process(tmp_path):
    slow = tmp_path / "class" / "slow"
    hand_in(slow, *FOUR)
    (slow / "lab1" / "pipeline.sh").write_text("sleep 4711\n")
    process = start_gradebook(slow.parent, tmp_path / "book")
    wait_until(lambda: run_command("pgrep", "-f", "sleep 4711").code == 0, limit_s=30)
    began_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert time.monotonic() - began_s < 10
    time.sleep(0.5)
    assert run_command("pgrep", "-f", "sleep 4711").code == 1
    assert b"Traceback" not in stderr


def test_two_gradebooks_cannot_share_a_folder(submissions, tmp_path):
    out = tmp_path / "book"
    first = start_gradebook(submissions, out, "--jobs", "1")
    wait_for_a_result(out)
    first.send_signal(signal.SIGSTOP)  # else it might have ended before the second has begun
    second = gradebook(submissions, out)
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert (second.code, second.out) == (1, "")
    assert f"'{out}' is in use by another gradebook: wait for it, or give another --out" in second.err
    assert first.returncode == 0
    assert len(rows(out)) == STUDENTS


def test_a_read_only_folder_says_so(submissions, tmp_path):
    out = tmp_path / "book"
    out.mkdir()
    words = (require("bwrap"), "--dev-bind", "/", "/", "--ro-bind", out, out)
    ended = run_command(*words, *command(submissions, out), env=environment(PYTHONPATH=str(ROOT)))
    assert (ended.code, ended.out) == (1, "")
    why = f"'{out}' cannot be written (Read-only file system)"
    assert ended.err == f"{PROGRAM}: {why}: mend that and type the same again, nothing is lost\n"


@pytest.mark.thorough
def test_a_full_disk_loses_nothing(submissions, tmp_path):
    out = tmp_path / "small"
    out.mkdir()
    kept = tmp_path / "kept"
    # 64 kB hold some results, not all; what they are is copied out before the small disk is gone
    script = f'"$@"; code=$?; cp -r {out} {kept}; exit $code'
    box = (
        require("bwrap"),
        "--dev-bind",
        "/",
        "/",
        "--size",
        "65536",
        "--tmpfs",
        out,
        "sh",
        "-c",
        script,
        "sh",
    )
    ended = run_command(
        *box, *command(submissions, out, "--jobs", "1"), env=environment(PYTHONPATH=str(ROOT))
    )
    assert ended.code == 1
    assert re.search(
        r"small' cannot be written \(No space left on device\): mend that and type the same", ended.err
    )
    ended = gradebook(submissions, kept)
    assert ended.code == 0
    assert re.search(r"graded now: [1-5], kept: [1-5], with an error: 0", ended.out)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--labs", "lab9"), "there is no rubric for 'lab9': name some of lab1"),
        (("--scheduler", "tcp://127.0.0.1:1"), "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
    ],
)
def test_wrong_values_are_one_line(submissions, tmp_path, wrong, message):
    ended = gradebook(submissions, tmp_path / "book", *wrong)
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_folder_without_submissions_is_refused(tmp_path):
    (tmp_path / "class").mkdir()
    assert (
        "has no folder and no .zip: put one there per student"
        in gradebook(tmp_path / "class", tmp_path / "b").err
    )
    assert (
        "is not a folder: give the folder of the submissions"
        in gradebook(tmp_path / "gone", tmp_path / "b").err
    )


def test_two_entries_for_one_attempt_are_refused(tmp_path):
    hand_in(tmp_path / "class" / "anna")
    (tmp_path / "class" / "anna.zip").write_bytes(b"")
    ended = gradebook(tmp_path / "class", tmp_path / "book")
    assert "'anna' and 'anna.zip' are the same attempt: rename one, as in anna@2.zip" in ended.err
