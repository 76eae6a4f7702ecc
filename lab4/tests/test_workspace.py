"""A workspace that was killed, changed, used by two at once: nothing is lost, what can be is mended."""

import os
import signal
import subprocess
import sys
import time

import pytest

from common.tests.tools import run_command

from .conftest import LAB, NOBODY, git
from .test_pipeline import MD5S

BUILDING = ".workspace.tmp-*"


def start(folder, script="build_versions.py"):
    return subprocess.Popen(
        [sys.executable, LAB / script, "--folder", folder],
        env=os.environ | NOBODY,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def wait_for(process, folder, pattern):
    while not any(folder.glob(pattern)):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)


def kill(process):
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stderr.close()


MOMENTS = (f"{BUILDING}/.git/refs/tags/v2-imputed", f"{BUILDING}/.git/HEAD", f"{BUILDING}/dvc.lock")


@pytest.mark.parametrize("moments", [MOMENTS[:1], pytest.param(MOMENTS, marks=pytest.mark.thorough)])
def test_a_build_killed_at_any_moment_leaves_nothing_half_made_and_can_be_repeated(
    moments, pipeline_run, stage, tmp_path
):
    for moment in moments:
        process = start(tmp_path)
        wait_for(process, tmp_path, moment)
        kill(process)
        assert not (tmp_path / "workspace").exists()
        assert list(tmp_path.glob(BUILDING))
    ended = stage("build_versions")
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert not list(tmp_path.glob(BUILDING))
    hashes = [git(folder / "workspace", "rev-parse", "main", *MD5S) for folder in (pipeline_run[1], tmp_path)]
    assert hashes[0] == hashes[1]


def test_switching_killed_on_its_way_leaves_the_workspace_and_can_be_repeated(built, stage):
    process = start(built, "switch_versions.py")
    wait_for(process, built, ".colleague.tmp-*/data/titanic.csv")
    kill(process)
    assert git(built / "workspace", "status", "--porcelain", "--branch") == "## main"
    assert stage("switch_versions").code == 0
    assert not list(built.glob(".colleague.tmp-*"))


@pytest.mark.thorough
def test_changes_and_commits_of_yours_in_a_complete_workspace_stay(built, stage):
    workspace = built / "workspace"
    (workspace / "notes.md").write_text("mine\n")
    git(workspace, "add", "notes.md")
    git(workspace, "-c", "user.name=Ann", "-c", "user.email=a@example.org", "commit", "-qm", "Add notes")
    head = git(workspace, "rev-parse", "HEAD")
    (workspace / "data" / "titanic.csv").unlink()
    (workspace / "data" / "titanic.csv").write_text("Age\n1\n")
    (workspace / "draft.md").write_text("mine too\n")
    for name in ("build_versions", "switch_versions", "pull_model"):
        ended = stage(name)
        assert ended.code == 0, ended.err
    assert ended.out == "Model test accuracy is: 0.848\n"
    assert git(workspace, "rev-parse", "HEAD") == head
    assert (workspace / "draft.md").read_text() == "mine too\n"
    assert (workspace / "data" / "titanic.csv").read_text() == "Age\n1\n"
    assert (built / "colleague" / "notes.md").read_text() == "mine\n"


@pytest.mark.parametrize("work", ["commit", "stash", "file", "no git"])
def test_an_incomplete_workspace_with_work_of_yours_is_kept_aside(built, stage, work):
    workspace = built / "workspace"
    (workspace / "notes.md").write_text("mine\n")
    name = ("-c", "user.name=Ann", "-c", "user.email=a@example.org")
    if work != "file":
        git(workspace, "add", "notes.md")
    if work in ("commit", "stash"):
        git(workspace, *name, *(["commit", "-qm", "Add notes"] if work == "commit" else ["stash"]))
    git(workspace, "tag", "--delete", "v3-encoded")
    if work == "no git":
        (workspace / ".git").rename(built / "gone")
    ended = stage(
        "build_versions", "--remote", "/proc/nowhere"
    )  # ends early: the old one must be safe by then
    assert ended.code == 1
    kept = built / "workspace-kept-1"
    assert f"'{workspace}' has work of yours and is not complete: kept as '{kept}'\n" in ended.err
    assert not workspace.exists()
    if work == "stash":
        git(kept, "stash", "pop")
    assert (kept / "notes.md").read_text() == "mine\n"


@pytest.mark.thorough
def test_an_incomplete_workspace_without_work_of_yours_is_built_again(built, stage):
    git(built / "workspace", "tag", "--delete", "v3-encoded")
    ended = stage("build_versions")
    assert ended.code == 0, ended.err
    assert git(built / "workspace", "tag", "--list").split() == list(MD5S)
    assert not list(built.glob("workspace-kept-*"))


@pytest.mark.thorough
def test_a_second_pipeline_waits_for_the_first_and_says_so(built):
    command = ("bash", LAB / "pipeline.sh", "--folder", built)
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert "is complete" in first.stderr.readline()
    second = run_command(*command)
    out, _ = first.communicate()
    assert (first.returncode, out) == (0, "Model test accuracy is: 0.848\n")
    assert (second.code, second.out) == (0, "Model test accuracy is: 0.848\n"), second.err
    assert second.err.startswith(f"waiting for the pipeline that is running in '{built}'\n")


def test_a_workspace_where_dvc_is_at_work_is_left_alone(built, stage):
    code = (
        "import sys; from dvc.repo import Repo\n"
        "with Repo().lock: print('locked', flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=built / "workspace",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert holder.stdout.readline() == "locked\n"
    ended = stage("build_versions")
    holder.communicate("\n")
    assert (ended.code, ended.err) == (
        1,
        "build_versions.py: pushing 'stages' to the remote has to wait: another DVC command is running "
        "there; run this again when it has ended\n",
    )


def test_a_model_that_was_never_pushed_is_named(built, stage):
    for path in (built / "remote" / "files" / "md5").glob("*/*"):
        if path.parent.name + path.name not in MD5S.values():
            path.unlink()
    assert stage("switch_versions").code == 0
    ended = stage("pull_model")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("pull_model.py: getting data and model from the remote failed (")
    assert ended.err.endswith(f"): type  cd '{built}/workspace' && dvc push\n")
