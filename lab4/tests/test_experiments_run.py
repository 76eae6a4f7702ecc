"""All experiments, run once by the command a student types: what DVC, the report and MLflow have."""

import contextlib
import json
import os
import shutil
import sqlite3

import pytest

from common.tests.tools import run_command

from .conftest import LAB, NOBODY, dvc, git
from .test_pipeline import MD5S

pytestmark = pytest.mark.thorough  # 8 trainings by DVC, a minute of both processors
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
