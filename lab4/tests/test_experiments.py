"""All experiments, run once by the command a student types: what DVC, the report and MLflow have."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from common.tests.tools import run_command

from .conftest import LAB, NOBODY, git
from .test_pipeline import MD5S

NAMES = [
    f"{dataset}-{model}"
    for dataset in ("selected", "imputed", "encoded", "features")
    for model in ("logistic", "catboost")
]


@pytest.fixture(scope="module")
def experiments_run(pipeline_run, tmp_path_factory):
    """Return how the command ended and its folder."""
    folder = tmp_path_factory.mktemp("experiments")
    for name in ("workspace", "remote"):
        shutil.copytree(pipeline_run[1] / name, folder / name)
    command = ("bash", LAB / "experiments.sh", "--track", "--folder", folder)
    ended = run_command(*command, env=os.environ | NOBODY, timeout=1200)  # half a minute, on a free machine
    assert ended.code == 0, ended.err
    return ended, folder


def dvc(workspace, *words):
    ended = run_command(sys.executable, "-m", "dvc", *words, cwd=workspace)
    assert ended.code == 0, ended.err
    return ended.out


def test_stdout_is_empty_and_the_best_is_named(experiments_run):
    ended, _ = experiments_run
    assert ended.out == ""
    assert "the best of 8 experiments: features-logistic\n" in ended.err


def test_the_committed_report_and_chart_are_what_the_command_writes(experiments_run):
    _, folder = experiments_run
    for name in ("report.md", "report.svg"):
        assert (LAB / name).read_text() == (folder / name).read_text(), "type  bash lab4/experiments.sh"


def test_the_report_has_versions_dag_and_experiments(experiments_run):
    report = (experiments_run[1] / "report.md").read_text()
    for tag, md5 in MD5S.items():
        assert f"| `{tag}` | 891 |" in report
        assert f"`{md5}`" in report
    assert "node3-->node4" in report
    assert [name for name in NAMES if f"| {name} |" not in report] == []


def test_dvc_has_every_combination_under_its_name(experiments_run):
    table = json.loads(dvc(experiments_run[1] / "workspace", "exp", "show", "--json"))
    found = {}
    for baseline in table:
        for experiment in baseline["experiments"] or ():
            revision = experiment["revs"][0]
            params = revision["data"]["params"]["params.yaml"]["data"]
            found[revision["name"]] = f"{params['dataset']['name']}-{params['model']['kind']}"
    assert found == {name: name for name in NAMES}


def test_the_best_is_applied_and_nothing_is_left_to_do(experiments_run):
    workspace = experiments_run[1] / "workspace"
    assert git(workspace, "status", "--porcelain") == ""
    assert dvc(workspace, "status") == "Data and pipelines are up to date.\n"
    assert "name: features" in (workspace / "params.yaml").read_text()
    assert "kind: logistic" in (workspace / "params.yaml").read_text()


def test_no_worker_is_left(experiments_run):
    ended = run_command("ps", "-e", "-o", "args")
    assert [
        line for line in ended.out.splitlines() if "queue-worker" in line and str(experiments_run[1]) in line
    ] == []


def test_mlflow_has_a_run_each_with_params_metrics_dataset_and_a_champion(experiments_run):
    workspace = experiments_run[1] / "workspace"
    with contextlib.closing(sqlite3.connect(workspace / "mlflow.db")) as database:
        assert sorted(row[0] for row in database.execute("SELECT name FROM runs")) == sorted(NAMES)
        champions = database.execute(
            "SELECT runs.name FROM registered_model_aliases alias JOIN model_versions version "
            "ON version.name = alias.name AND version.version = alias.version "
            "JOIN runs ON runs.run_uuid = version.run_id WHERE alias.alias = 'champion'"
        ).fetchall()
        assert champions == [("features-logistic",)]
        metrics = dict(
            database.execute(
                "SELECT runs.name, metrics.value FROM metrics JOIN runs USING (run_uuid) "
                "WHERE metrics.key = 'accuracy'"
            )
        )
        assert round(metrics["features-logistic"], 3) == 0.848
        digests = {row[0] for row in database.execute("SELECT digest FROM datasets")}
        assert digests == set(MD5S.values())
    files = [path.name for path in (workspace / "mlruns").rglob("*") if path.is_file()]
    assert (files.count("model.skops"), files.count("model.cb")) == (4, 4)
    assert [name for name in files if name.endswith((".pkl", ".pickle"))] == []
    signatures = [path.read_text().count("inputs:") for path in (workspace / "mlruns").rglob("MLmodel")]
    assert signatures == [1] * 8


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


def test_tracking_without_mlflow_says_what_installs_it(built, stage):
    (built / "packages" / "mlflow").mkdir(parents=True)
    (built / "packages" / "mlflow" / "__init__.py").write_text(
        "raise ModuleNotFoundError('no mlflow', name='mlflow')\n"
    )
    ended = stage("run_experiments", "--track", PYTHONPATH=f"{built / 'packages'}{os.pathsep}{LAB.parent}")
    assert (ended.code, ended.err) == (
        1,
        f"run_experiments.py: --track needs 'mlflow', which is missing in '{sys.executable}': "
        "type  bash common/environment.sh tracking\n",
    )


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
