"""Training and testing: the choice, the same bytes, gates and their files, the report, MLflow."""

import json
import re
import sys
from xml.etree import ElementTree

import pandas as pd
import pytest

from common.tests.graded import parameters
from common.tests.tools import hash_files, require_browser, run_command
from lab2.tests.conftest import LAB

JENKINS_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
GATES = ["min_accuracy", "beats_majority", "slice_small", "slice_middle", "slice_large", "calibration"]


def read(folder, name):
    return json.loads((folder / name).read_text())


def cases(folder):
    suite = ElementTree.parse(folder / "reports" / "gates.xml").getroot()  # noqa: S314 - our own file
    failed = {case.get("name"): failure.get("message") for case in suite for failure in case.iter("failure")}
    assert (suite.get("tests"), suite.get("failures")) == ("6", str(len(failed)))
    return [case.get("name") for case in suite], failed


def test_the_lowest_log_loss_is_chosen(pipeline_run):
    about = read(pipeline_run[1], "model/model.json")
    candidates = about["metric"]["candidates"]
    assert list(candidates) == ["linear_held", "linear", "catboost"]
    assert (
        about["metric"]["chosen"] == "linear" == min(candidates, key=lambda one: candidates[one]["log_loss"])
    )
    assert about["metric"]["value"] == candidates["linear"]["accuracy"] == pytest.approx(0.977, abs=0.001)
    assert (about["model"], about["seed"], len(about["features"])) == ("Pipeline", 0, 14)


KEPT = {"linear_held": "model.skops", "catboost": "model.cbm"}


@pytest.mark.parametrize("name", parameters(KEPT, ["linear_held"]))
def test_another_model_can_be_asked_for_and_is_the_same_each_time(made, stage, name):
    for _ in range(2):
        assert stage("model_preparation", "--model", name).code == 0
        assert {path.name for path in (made / "model").iterdir()} == {KEPT[name], "model.json"}
        hashes = hash_files(made / "model")
        ended = stage("model_testing")
        assert ended.code == 0, ended.err
        assert 0.93 <= float(ended.out.removeprefix("Model test accuracy is: ")) <= 0.98
    assert hash_files(made / "model") == hashes


def test_metrics_gates_and_page_agree(pipeline_run):
    folder = pipeline_run[1]
    metrics = read(folder, "reports/metrics.json")
    assert metrics["accuracy"] == pytest.approx(139 / 143, abs=1e-6)
    assert metrics["confusion"] == {
        "true_negative": 90,
        "false_positive": 0,
        "false_negative": 4,
        "true_positive": 49,
    }
    assert metrics["majority"] == pytest.approx(90 / 143, abs=1e-6)
    assert [one["rows"] for one in metrics["slices"]] == [54, 43, 46]
    assert metrics["gates"] == dict.fromkeys(GATES, True)
    assert metrics["model_sha256"] == read(folder, "model/model.json")["sha256"]
    assert cases(folder) == (GATES, {})
    assert "All 6 gates passed: accuracy 0.972" in (folder / "reports" / "report.html").read_text()


def test_a_failed_gate_is_named_and_ends_the_stage(made, stage):
    ended = stage("model_testing", "--min-accuracy", "0.99")
    assert (ended.code, ended.out) == (1, "Model test accuracy is: 0.972\n")
    said = "min_accuracy 0.972, limit 0.990 (accuracy is at least --min-accuracy)"
    assert ended.err.splitlines()[-1] == f"model_testing.py: the model fails 1 of 6 gates: {said}"
    assert cases(made) == (GATES, {"min_accuracy": said})
    assert read(made, "reports/metrics.json")["gates"]["min_accuracy"] is False
    assert "1 of 6 gates failed: accuracy 0.972" in (made / "reports" / "report.html").read_text()


@pytest.mark.usefixtures("made")
def test_the_limit_may_come_from_the_environment(stage, monkeypatch):
    monkeypatch.setenv("MIN_ACCURACY", "0.99")
    assert stage("model_testing").code == 1
    assert stage("model_testing", "--min-accuracy", "0.9").code == 0
    monkeypatch.setenv("MIN_ACCURACY", "")
    assert stage("model_testing").code == 0


@pytest.mark.parametrize("value", ["2", "high", "-0.1", "nan"])
def test_a_limit_that_is_no_share_is_wrong_usage(stage, value):
    ended = stage("model_testing", f"--min-accuracy={value}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"argument --min-accuracy: '{value}' is not a share: give 0 to 1\n")


def turn_large(table):
    """Call ten of the large benign tumours malignant: then the model is wrong on them alone."""
    found = table.index[(table["size"] == "large") & (table["malignant"] == 1)][:10]
    table.loc[found, "malignant"] = 0
    return table


def turn_all(table):
    return table.assign(malignant=1 - table["malignant"])


@pytest.mark.parametrize(
    ("change", "failed"),
    [(turn_large, {"slice_large"}), (turn_all, {"min_accuracy", "beats_majority", "calibration"})],
)
def test_each_gate_can_fail(made, stage, change, failed):
    path = made / "data" / "processed" / "test.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)
    ended = stage("model_testing", "--min-accuracy", "0.85")
    assert ended.code == 1
    assert set(cases(made)[1]) == failed
    assert all(gate in ended.err for gate in failed)


def test_a_model_is_needed(made, stage):
    for path in (made / "model").glob("model.skops"):
        path.unlink()
    ended = stage("model_testing")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1] == (
        f"model_testing.py: the folder '{made}/model' has no model: run model_preparation.py, which makes it"
    )


def test_the_page_asks_for_nothing_and_is_shown_under_jenkins_policy(pipeline_run):
    page = (pipeline_run[1] / "reports" / "report.html").read_text()
    assert not re.search(r'<script|<style|<link|<img|<image|\bstyle="|src="|href="(?!#)|url\((?!#)', page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', page)) <= set(ids)
    chromium = require_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        shown = browser.new_page()
        complaints = []
        shown.on("console", lambda message: complaints.append(message.text))
        answer = {"body": page, "content_type": "text/html"}
        headers = {"Content-Security-Policy": JENKINS_POLICY, "Content-Type": "text/html; charset=utf-8"}
        shown.route("**/*", lambda route: route.fulfill(body=answer["body"], headers=headers))
        shown.goto("http://jenkins.test/artifact/report.html")
        boxes = [chart.bounding_box() for chart in shown.locator("svg").all()]
        assert shown.locator("h1").inner_text() == "All 6 gates passed: accuracy 0.972"
        browser.close()
    assert complaints == []
    assert len(boxes) == 4
    assert all(box["width"] > 300 and box["height"] > 200 for box in boxes)


@pytest.mark.thorough
def test_a_training_is_written_to_mlflow(made, monkeypatch):
    uri = f"sqlite:///{made}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    # Processes of their own: MLflow's warnings are not ours to count as errors.
    ended = run_command(sys.executable, LAB / "model_preparation.py", "--folder", made, cwd=made)
    assert ended.code == 0, ended.err
    found = run_command(sys.executable, "-c", READ_RUNS, uri, cwd=made)
    [run] = json.loads(found.out)
    assert run["params"] == {"model": "linear", "seed": "0", "features": "14"}
    about = read(made, "model/model.json")
    assert run["metrics"] == {
        f"{name}.{key}": value
        for name, scores in about["metric"]["candidates"].items()
        for key, value in scores.items()
    }
    assert json.loads(run["tags"]["model.json"]) == about
    assert not (made / "mlruns").exists()  # nothing lands in the working directory


READ_RUNS = """
import json, sys, mlflow
client = mlflow.MlflowClient(sys.argv[1])
runs = client.search_runs([client.get_experiment_by_name("lab2").experiment_id])
print(json.dumps([{"params": r.data.params, "metrics": r.data.metrics, "tags": r.data.tags} for r in runs]))
"""


def test_an_mlflow_that_does_not_answer_is_named_without_its_password(made, stage, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:s3cret@127.0.0.1:1")
    ended = stage("model_preparation", "--model", "linear")
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith(
        "model_preparation.py: the model is saved, but MLFLOW_TRACKING_URI 'http://***@127.0.0.1:1' "
        "does not take it"
    )
    assert "s3cret" not in ended.err
    assert read(made, "model/model.json")["metric"]["chosen"] == "linear"
