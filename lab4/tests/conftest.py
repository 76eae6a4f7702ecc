"""Lab 4's folders, made once a session by the command a student types, and copies of them to spoil."""

import os
import shutil
import sys
import warnings

import pytest

from common.tests.tools import ROOT, run_command, run_stage

LAB = ROOT / "lab4"
# git as on a machine where nobody has told it a name
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(repository, *words):
    ended = run_command("git", "-C", repository, *words)
    assert ended.code == 0, ended.err
    return ended.out.strip()


def dvc(workspace, *words):
    ended = run_command(sys.executable, "-m", "dvc", *words, cwd=workspace)
    assert ended.code == 0, ended.err
    return ended.out


@pytest.fixture(scope="session")
def pipeline_run(tmp_path_factory):
    """Return how `bash lab4/pipeline.sh` ended and the folder it filled; nobody may change that folder."""
    folder = tmp_path_factory.mktemp("lab4")
    command = ("bash", LAB / "pipeline.sh", "--folder", folder)
    return run_command(*command, env=os.environ | NOBODY), folder


@pytest.fixture
def built(pipeline_run, tmp_path):
    """Return a copy of the workspace and its remote."""
    for name in ("workspace", "remote"):
        shutil.copytree(pipeline_run[1] / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def stage(capfd, tmp_path, monkeypatch):
    """Run one script on the test's own folder, as `python lab4/<script>.py --folder …` does."""
    import dvc.repo  # noqa: F401  once for all scripts, which import it late

    def run(name, *options, **settings):
        with monkeypatch.context() as patched, warnings.catch_warnings():
            for variable, value in (NOBODY | settings).items():
                patched.setenv(variable, value)
            # as a Python that is just starting has them: here, DVC's libraries would end with an error
            warnings.resetwarnings()
            for unseen in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", unseen)
            return run_stage(capfd, LAB / f"{name}.py", "--folder", tmp_path, *options)

    return run
