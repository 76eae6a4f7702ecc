"""Each thing that can be wrong with lab 4's remote, cache and workspace, and the line that says so."""

import os
import re
import shutil
import sys

import pytest

from common.tests.tools import require, run_command

from .conftest import LAB, git
from .test_pipeline import MD5S

LOST = MD5S["v2-imputed"]
IN_STORE = f"files/md5/{LOST[:2]}/{LOST[2:]}"
HEALTHY = ["v1-selected", "v3-encoded", "v4-features"]


def spoil(path):
    path.chmod(0o644)
    path.write_bytes(b"spoilt\n")
    path.chmod(0o444)


def switched(ended):
    """Return the tags that the switch table gives an MD5."""
    return [line.split()[0] for line in ended.err.splitlines() if re.match(r"v\d.* [0-9a-f]{32} ", line)]


def lost_message(count=1, tag="v2-imputed"):
    md5 = MD5S[tag]
    return (
        f"switch_versions.py: {count} of 4 versions cannot be had: the remote has no good 'data/titanic.csv' "
        f"of version '{tag}' (files/md5/{md5[:2]}/{md5[2:]}): run build_versions.py, which pushes it again; "
        "if that has lost it too, rename workspace/ before\n"
    )


def boxed_build(folder, *mounts):
    """Build with some folders mounted otherwise: read-only, or small."""
    box = (require("bwrap"), "--dev-bind", "/", "/", *mounts)
    return run_command(*box, sys.executable, LAB / "build_versions.py", "--folder", folder)


def test_a_file_that_the_remote_lost_is_named_and_the_others_switch(built, stage):
    (built / "remote" / IN_STORE).unlink()
    ended = stage("switch_versions")
    assert (ended.code, ended.out) == (1, "")
    assert switched(ended) == HEALTHY
    assert ended.err.endswith(lost_message())


def test_a_file_that_the_remote_lost_is_pushed_again(built, stage):
    (built / "remote" / IN_STORE).unlink()
    assert stage("build_versions").code == 0
    assert stage("switch_versions").code == 0


def test_a_spoilt_file_of_the_remote_is_not_taken(built, stage):
    spoil(built / "remote" / IN_STORE)
    ended = stage("switch_versions")
    assert (ended.code, switched(ended)) == (1, HEALTHY)
    assert ended.err.endswith(lost_message())


def test_a_remote_that_is_gone_loses_every_version(built, stage):
    shutil.rmtree(built / "remote")
    ended = stage("switch_versions")
    assert (ended.code, switched(ended)) == (1, [])
    assert ended.err.endswith(lost_message(4, "v1-selected"))


def test_a_spoilt_file_of_the_cache_comes_from_the_remote(built, stage):
    spoil(built / "workspace" / ".dvc" / "cache" / IN_STORE)
    ended = stage("build_versions")
    assert ended.code == 0, ended.err
    assert "v2-imputed: its file in the cache was spoilt, the remote gave it back\n" in ended.err
    assert b"spoilt" not in (built / "workspace" / ".dvc" / "cache" / IN_STORE).read_bytes()


def test_a_read_only_remote_is_named(tmp_path):
    remote = tmp_path / "remote"
    remote.mkdir()
    ended = boxed_build(tmp_path, "--ro-bind", remote, remote)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "build_versions.py: pushing 'v1-selected' to the remote failed ([Errno 30] Read-only file system: "
        f"'{remote}/files'): make it writable, or choose another one by --remote\n"
    )
    assert not (tmp_path / "workspace").exists()


def test_a_full_remote_is_named(tmp_path):
    (tmp_path / "remote").mkdir()
    ended = boxed_build(tmp_path, "--size", "20000", "--tmpfs", tmp_path / "remote")
    assert (ended.code, ended.out) == (1, "")
    assert re.search(
        r"^build_versions.py: pushing 'v\d-\w+' to the remote failed \(\[Errno 28\] No space left on device: "
        r".*\): free some space, and run this again\n\Z",
        ended.err,
        re.MULTILINE,
    )
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize(
    ("remote", "message"),
    [
        (
            "/proc/nowhere",
            "pushing 'v1-selected' to the remote failed ([Errno 2] No such file or directory: ",
        ),
        (
            "foo://bucket/x",
            "setting up the remote 'foo://bucket/x' failed (config file error: Unsupported URL",
        ),
        (
            "webdavs://ann:secret@host/x",
            "--remote has a password for 'host' in it, which would be committed: "
            "give it by the environment\n",
        ),
    ],
)
def test_a_remote_that_cannot_be_is_refused(stage, tmp_path, remote, message):
    ended = stage("build_versions", "--remote", remote)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"build_versions.py: {message}")
    assert len(ended.err.splitlines()) == 1
    assert "secret" not in ended.err
    assert not (tmp_path / "workspace").exists()


def test_a_remote_whose_package_is_missing_says_which(stage):
    ended = stage("build_versions", "--remote", "webdavs://host/x")
    assert (ended.code, ended.err) == (
        1,
        "build_versions.py: pushing 'v1-selected' to the remote failed (webdavs is supported, but requires "
        "'dvc-webdav' to be installed): install it in .venv by pip, and run this again\n",
    )


def test_without_a_workspace_the_later_steps_say_what_makes_it(stage, tmp_path):
    assert stage("switch_versions").err == (
        f"switch_versions.py: there is no repository '{tmp_path}/workspace': "
        "run build_versions.py, which makes it\n"
    )
    assert stage("pull_model").err == (
        f"pull_model.py: there is no repository '{tmp_path}/colleague': "
        "run switch_versions.py, which makes it\n"
    )


def test_dvc_that_is_missing_is_named(tmp_path):
    (tmp_path / "dvc").mkdir()
    (tmp_path / "dvc" / "__init__.py").write_text("raise ModuleNotFoundError('no dvc', name='dvc')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    ended = run_command(
        sys.executable,
        LAB / "build_versions.py",
        "--folder",
        tmp_path / "lab",
        env=os.environ | {"PYTHONPATH": path},
    )
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"build_versions.py: 'dvc' is missing in '{sys.executable}': "
        "unset WORKBOOK_PYTHON, or install dvc there\n"
    )


def test_git_that_is_missing_is_named(tmp_path):
    ended = run_command(
        sys.executable, LAB / "build_versions.py", "--folder", tmp_path, env=os.environ | {"PATH": "/nowhere"}
    )
    assert (ended.code, ended.err) == (
        1,
        "build_versions.py: git is not installed: type  sudo apt-get install git\n",
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("build_versions", ("--source", "titan"), "argument --source: invalid choice: 'titan'"),
        ("build_versions", ("--remotes", "x"), "unrecognized arguments: --remotes x"),
        ("data_preprocessing", ("--dataset", "v5"), "argument --dataset: invalid choice: 'v5'"),
        ("model_preparation", ("--kind", "forest"), "argument --kind: invalid choice: 'forest'"),
        ("run_experiments", ("--jobs", "0"), "argument --jobs: '0' is not a whole number: give 1 or more"),
    ],
)
def test_an_unknown_version_or_option_is_wrong_usage(stage, name, options, message):
    ended = stage(name, *options)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_the_real_list_offline_is_one_line(tmp_path):
    box = (require("bwrap"), "--dev-bind", "/", "/", "--unshare-net")
    command = (sys.executable, LAB / "build_versions.py", "--folder", tmp_path, "--source", "real")
    ended = run_command(*box, *command)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("build_versions.py: the real passenger list cannot be had (")
    assert ended.err.endswith("): go online, or leave out --source real\n")


def test_a_history_whose_tags_point_elsewhere_is_not_taken_for_good(built, stage):
    git(built / "workspace", "tag", "--force", "v2-imputed", "v1-selected")
    ended = stage("switch_versions")
    assert ended.code == 1
    assert "version 'v2-imputed': 'data/titanic.csv' does not mean 'no age is missing" in ended.err
