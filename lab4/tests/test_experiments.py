"""Experiments that cannot be run say why, and the committed lock is that of a fresh reproduction."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.tests.tools import run_command

from .conftest import LAB, NOBODY, dvc, git


def test_experiments_without_a_workspace_say_what_makes_it(stage, tmp_path):
    for name in ("run_experiments", "write_report"):
        assert stage(name).err == (
            f"{name}.py: there is no repository '{tmp_path}/workspace': type  bash lab4/pipeline.sh\n"
        )


def test_experiments_do_not_write_over_changes(built, stage):
    workspace = built / "workspace"
    (workspace / "params.yaml").write_text("seed: 1\n")
    ended = stage("run_experiments")
    assert (ended.code, ended.err) == (
        1,
        f"run_experiments.py: '{workspace}' has a change that is not committed, 'params.yaml': "
        f"type  git -C '{workspace}' stash --include-untracked, or commit it\n",
    )
    git(workspace, "checkout", "--quiet", "-b", "mine")
    assert stage("run_experiments").err == (
        f"run_experiments.py: '{workspace}' is on 'mine': type  git -C '{workspace}' checkout main\n"
    )


def test_a_report_without_experiments_names_the_first_that_is_missing(built, stage):
    ended = stage("write_report")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "write_report.py: the experiment 'selected-logistic' failed or was not run: look at  "
        f"cd '{built}/workspace' && dvc queue logs selected-logistic  and type  bash lab4/experiments.sh\n"
    )


def test_tracking_without_mlflow_says_what_installs_it(built):
    (built / "packages" / "mlflow").mkdir(parents=True)
    (built / "packages" / "mlflow" / "__init__.py").write_text(
        "raise ModuleNotFoundError('no mlflow', name='mlflow')\n"
    )
    ended = run_command(
        *(sys.executable, LAB / "run_experiments.py", "--folder", built, "--track"),
        env=os.environ | NOBODY | {"PYTHONPATH": f"{built / 'packages'}{os.pathsep}{LAB.parent}"},
    )
    assert (ended.code, ended.err) == (
        1,
        f"run_experiments.py: --track needs 'mlflow', which is missing in '{sys.executable}': "
        "type  bash common/environment.sh tracking\n",
    )


@pytest.mark.thorough
def test_dvc_repro_in_a_copy_of_the_lab_changes_nothing(tmp_path):
    """The lock is that of a fresh reproduction, by the commands a student types."""
    lab = tmp_path / "lab4"
    shutil.copytree(
        LAB, lab, ignore=shutil.ignore_patterns("data", "model", "results", "cache", "tmp", "workspace*")
    )
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("/lab4/data/\n/lab4/model/\n/lab4/results/\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "PYTHONPATH": str(LAB.parent)}
    ended = subprocess.run(["dvc", "repro"], cwd=lab, env=env, capture_output=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    assert "Model test accuracy is: 0.848\n" in ended.stdout
    assert (lab / "dvc.lock").read_text() == (LAB / "dvc.lock").read_text()
    assert dvc(lab, "status") == "Data and pipelines are up to date.\n"
