"""common/environment.sh on a fresh copy: what it makes, what it repairs, and the one line when it cannot."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.tests.tools import Ended, copy_repository, require, run_command, skip_or_fail

METRIC = "Model test accuracy is: 0.940\n"
READY = "packaging is there\n"
SMALL_PIPELINE = """#!/usr/bin/env bash
set -euo pipefail
source "$(dirname "$0")/../common/environment.sh" lab1
python -c 'import packaging; print(packaging.__name__, "is there")'
"""
TOOLS = "bash cat chmod cp df dirname env flock git mkdir mv realpath rm sh sha256sum tail touch".split()  # noqa: SIM905


def clean_env(**changes: str) -> dict[str, str]:
    """Return the environment of a user who has neither .venv active nor uv on PATH."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "WORKBOOK_PYTHON", "WORKBOOK_NEWEST", "PYTHONPATH")
    }
    return kept | {"PATH": "/usr/local/bin:/usr/bin:/bin"} | changes


def start(copy: Path, *options: object, wrapper: tuple = (), **env: str) -> Ended:
    return run_command(*wrapper, "bash", copy / "lab1" / "pipeline.sh", *options, env=clean_env(**env))


def make_environment(copy: Path, **env: str) -> Ended:
    return run_command("bash", "-ec", f"source '{copy}/common/environment.sh' lab1", env=clean_env(**env))


def told(ended: Ended) -> str:
    """Return the environment's last line, without its seconds."""
    return [line for line in ended.err.splitlines() if line.startswith("environment: ")][-1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, Ended]:
    """Return a fresh copy after its first run, and how that run ended."""
    copy = copy_repository(tmp_path_factory.mktemp("fresh") / "work book")  # a space, as people have
    first = start(copy)
    if first.code and "the network does not give them" in first.err:
        skip_or_fail("no network, and the packages are not in uv's cache")
    return copy, first


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Return a copy after its first run whose lab1 needs one small package: installing it is quick."""
    copy = copy_small(tmp_path_factory.mktemp("small") / "work book")
    first = start(copy)
    if first.code and "the network does not give them" in first.err:
        skip_or_fail("no network, and the packages are not in uv's cache")
    assert (first.code, first.out) == (0, READY), first.err
    return copy


def copy_small(folder: Path) -> Path:
    copy = copy_repository(folder)
    settings = copy / "pyproject.toml"
    lab1 = re.compile(r"^lab1 = \[.*?^\]$", re.MULTILINE | re.DOTALL)
    content, changes = lab1.subn('lab1 = ["packaging"]', settings.read_text("utf-8"))
    assert changes == 1
    settings.write_text(content, "utf-8")
    (copy / "lab1" / "pipeline.sh").write_text(SMALL_PIPELINE)
    return copy


@pytest.fixture
def copy(tmp_path) -> Path:
    return copy_repository(tmp_path / "copy")


def tools(folder: Path) -> Path:
    """Return a folder for PATH that has the system's tools but no python3."""
    folder.mkdir()
    for name in TOOLS:
        if path := shutil.which(name):
            (folder / name).symlink_to(path)
    return folder


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_fresh_copy_installs_says_how_long_it_took_and_prints_the_metric(installed):
    _, first = installed
    assert (first.code, first.out) == (0, METRIC), first.err
    steps = [
        re.sub(r"\d+\.\d", "N", line) for line in first.err.splitlines() if line.startswith("environment: ")
    ]
    assert steps[0].startswith("environment: making .venv with Python N")
    assert steps[-2:] == ["environment: installing uv  N s", "environment: installing what lab1 needs  N s"]


def test_only_what_the_lab_needs_is_installed(installed):
    copy, _ = installed
    listed = run_command(
        copy / ".venv" / "bin" / "uv", "pip", "list", "--python", copy / ".venv", "--format", "freeze"
    )
    names = {line.partition("==")[0] for line in listed.out.splitlines()}
    assert {"numpy", "pandas", "scikit-learn", "skops", "mlops-workbook"} <= names
    assert names.isdisjoint({"catboost", "dvc", "streamlit", "pytest", "nbconvert"})


def test_a_second_run_installs_nothing(installed):
    copy, _ = installed
    second = start(copy)
    assert (second.code, second.out) == (0, METRIC)
    assert "environment: " not in second.err


@pytest.mark.thorough
def test_a_changed_requirement_is_installed(small):
    with (small / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    ended = start(small)
    assert ended.out == READY
    assert told(ended).startswith("environment: installing what lab1 needs")
    assert "making .venv" not in ended.err


@pytest.mark.thorough
def test_the_newest_versions_are_installed_where_they_are_asked_for(installed):
    copy, _ = installed
    pins = (copy / "requirements.txt").read_text()
    # pins that nobody can install: so none of them is looked at
    (copy / "requirements.txt").write_text(re.sub(r"==\S+", "==9999", pins))
    (copy / ".venv" / "installed-lab2").write_text("by pins\n")
    newest = make_environment(copy, WORKBOOK_NEWEST="1")
    assert newest.code == 0, newest.err
    assert newest.err.startswith("environment: installing the newest of what lab1 needs  ")
    assert not (copy / ".venv" / "installed-lab2").exists()  # its versions are not the pinned ones any more
    assert make_environment(copy, WORKBOOK_NEWEST="1").err == ""
    (copy / "requirements.txt").write_text(pins)
    pinned = make_environment(copy)
    assert pinned.code == 0, pinned.err
    assert pinned.err.startswith("environment: installing what lab1 needs  ")


def test_another_wish_than_the_newest_versions_is_named(copy):
    ended = start(copy, WORKBOOK_NEWEST="yes", WORKBOOK_PYTHON=sys.executable)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "environment: WORKBOOK_NEWEST is 'yes': set it to 1 for the newest versions, or unset it\n"
    )


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["python is gone", "other Python", "moved"])
def test_a_broken_venv_is_made_again(small, tmp_path, what):
    copy = small
    match what:
        case "python is gone":
            (copy / ".venv" / "bin" / "python").unlink()
        case "other Python":
            config = copy / ".venv" / "pyvenv.cfg"
            config.write_text(re.sub(r"version = .*", "version = 3.8.1", config.read_text()))
            (copy / ".venv" / "installed-lab1").unlink()
        case "moved":
            shutil.copytree(copy / ".venv", tmp_path / ".venv", symlinks=True)
            copy = copy_small(tmp_path)
    ended = start(copy)
    assert (ended.code, ended.out) == (0, READY), ended.err
    assert "environment: making .venv with Python 3." in ended.err


@pytest.mark.thorough
def test_two_first_runs_together_do_not_break_each_other(small):
    shutil.rmtree(small / ".venv")
    command = ["bash", small / "lab1" / "pipeline.sh"]
    settings = {"env": clean_env(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    both = [subprocess.Popen(command, **settings) for _ in range(2)]
    ended = [process.communicate(timeout=300) for process in both]
    assert [out for out, _ in ended] == [READY, READY]
    errors = "".join(err for _, err in ended)
    assert errors.count("environment: making .venv") == 1
    assert "environment: waiting for another run that is installing" in errors


def test_other_commands_install_what_they_need(installed, tmp_path):
    copy, _ = installed
    ended = run_command("bash", copy / "common" / "start.sh", tmp_path / "my-labs", env=clean_env())
    assert (ended.code, ended.out.partition(": ")[0]) == (0, str(tmp_path / "my-labs")), ended.err
    ended = run_command("bash", copy / "common" / "labs.sh", "--collect", env=clean_env())
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "| lab5 | not run |         |"), ended.err


def test_workbook_python_is_used_as_it_is(copy):
    ended = start(copy, WORKBOOK_PYTHON=sys.executable)
    assert (ended.code, ended.out) == (0, METRIC)
    assert not (copy / ".venv").exists()


def test_a_workbook_python_that_is_none_is_named(copy):
    ended = start(copy, WORKBOOK_PYTHON="/nowhere/python")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "environment: WORKBOOK_PYTHON is '/nowhere/python', which cannot be run: "
        "set it to a Python's path, or unset it\n"
    )


def test_a_missing_python_says_what_to_type(copy, tmp_path):
    ended = start(copy, PATH=str(tools(tmp_path / "bin")))
    assert ended.code == 1
    assert ended.err == (
        "environment: python3 is missing, the workbook needs 3.11 to 3.14: "
        "type  sudo apt-get install python3 python3-venv\n"
    )


def test_an_old_python_says_what_to_type(copy, tmp_path):
    folder = tools(tmp_path / "bin")
    script(folder / "python3", 'case "$2" in *exit*) exit 1 ;; *) echo 3.9.18 ;; esac')
    ended = start(copy, PATH=str(folder))
    assert ended.code == 1
    assert ended.err == (
        "environment: python3 is 3.9.18, the workbook needs 3.11 to 3.14: "
        "type  sudo apt-get install python3 python3-venv\n"
    )


def test_a_missing_venv_module_says_what_to_type(copy, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "ensurepip.py").write_text("raise ImportError")
    folder = tools(tmp_path / "bin")
    script(folder / "python3", f'PYTHONPATH={tmp_path}/without exec {os.path.realpath(sys.executable)} "$@"')
    ended = start(copy, PATH=str(folder))
    assert ended.code == 1
    assert ended.err == (
        f"environment: '{folder}/python3' has no venv module: type  sudo apt-get install python3-venv\n"
    )


def test_no_network_says_to_connect_once(copy, tmp_path):
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--unshare-net")
    ended = start(copy, wrapper=wrapper, HOME=str(tmp_path / "home"), UV_CACHE_DIR=str(tmp_path / "cache"))
    assert (ended.code, ended.out) == (1, "")
    assert told(ended) == (
        "environment: packages are missing and the network does not give them (installing uv): "
        "connect once and run the same command again"
    )


@pytest.mark.thorough
def test_no_network_with_uv_on_the_path_says_the_same(copy, tmp_path):
    uv = Path(sys.executable).with_name("uv")
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--unshare-net")
    env = {"PATH": f"{tools(tmp_path / 'bin')}:/usr/bin:/bin", "UV_CACHE_DIR": str(tmp_path / "cache")}
    (tmp_path / "bin" / "uv").symlink_to(uv)
    ended = start(copy, wrapper=wrapper, **env)
    assert (ended.code, ended.out) == (1, "")
    assert told(ended).startswith(
        "environment: packages are missing and the network does not give them (installing what lab1 needs)"
    )


def test_a_full_disk_says_to_free_space(copy, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    box = f"--dev-bind / / --size {4 * 2**20} --tmpfs {small} sh -c"
    wrapper = (require("bwrap"), *box.split())
    ended = run_command(*wrapper, f"cp -r {copy}/. {small} && bash {small}/lab1/pipeline.sh", env=clean_env())
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(
        rf"environment: no space left on the disk of '{small}' \(making .venv with Python [\d.]+\): "
        "free 2 GB and run the same command again",
        told(ended),
    )


def test_a_read_only_checkout_says_what_to_do(copy):
    wrapper = (require("bwrap"), "--dev-bind", "/", "/", "--ro-bind", copy, copy)
    ended = start(copy, wrapper=wrapper)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"environment: '{copy}' cannot be written to (making .venv.lock): "
        "copy the repository to a folder of yours, or set WORKBOOK_PYTHON\n"
    )
