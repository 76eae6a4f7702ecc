"""The Jenkinsfile runs without Jenkins from a fresh clone: all of it, and with a lab that fails."""

import json
import os
import sys
from pathlib import Path

import pytest

from common.tests.tools import copy_repository, require, run_command

LABS = ["lab1", "lab2", "lab3", "lab4", "lab5"]
STAGES = ["Check", "Labs", *LABS, "Data quality", "Image", "Grade", "Publish"]
# The defaults are this whole test suite and all five rubrics: here, a part of each.
QUICK = ("--parameter", "CHECKS=common/tests/test_stage.py", "--parameter", "RUBRICS=lab3/test_lab3.py")
# Stands in for an engine, and writes down what it is asked; lab3/tests/test_image.py builds the images.
DOCKER = """#!/bin/sh
echo "$*" >>"$DOCKER_LOG"
case $1 in
login) cat >>"$DOCKER_LOG" ;;
inspect) for tag; do :; done; echo "${tag%:*}@sha256:0" ;;
esac
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """Return a repository with one commit: this tree, with its changes."""
    folder = copy_repository(tmp_path_factory.mktemp("origin") / "workbook")
    git = ("git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "All"]):
        ended = run_command(*git, *words)
        assert ended.code == 0, ended.err
    return folder


def clone(origin: Path, folder: Path) -> Path:
    require("groovy")
    ended = run_command("git", "clone", "-q", origin, folder)
    assert ended.code == 0, ended.err
    return folder


def build(workspace: Path, *options: str, **env: str):
    """Run the conveyor as a user does, in the environment of these tests; return code, result, console."""
    ended = run_command(
        *(sys.executable, "-m", "common.grading.jenkins", workspace / "Jenkinsfile", *options),
        env={"PATH": os.environ["PATH"], "WORKBOOK_PYTHON": sys.executable} | env,
        timeout=900,
    )
    return ended.code, json.loads(ended.out), ended.err


def statuses(result: dict) -> dict[str, str]:
    return {stage["name"]: stage["status"] for stage in result["stages"]}


@pytest.fixture(scope="module")
def success(origin, tmp_path_factory):
    """Return a build of all stages, its workspace, and what the engine was asked."""
    folder = tmp_path_factory.mktemp("success")
    workspace, docker, log = clone(origin, folder / "workbook"), folder / "docker", folder / "docker.log"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    built = build(
        workspace,
        *QUICK,
        *("--parameter", "REGISTRY=registry.example", "--parameter", "REGISTRY_LOGIN=robot"),
        *("--credential", "robot=anna:hunter2"),
        PATH=f"{folder}:{os.environ['PATH']}",
        DOCKER_LOG=str(log),
    )
    return built, workspace, log.read_text() if log.exists() else ""


@pytest.mark.thorough
def test_a_fresh_clone_goes_through_all_stages(success):
    (code, result, console), *_ = success
    assert (code, result["status"]) == (0, "SUCCESS"), console
    assert statuses(result) == dict.fromkeys(STAGES, "SUCCESS")
    assert result["tests"]["failed"] == 0


@pytest.mark.thorough
def test_each_lab_has_its_log_and_its_metric_and_all_are_published_as_one_table(success):
    (_, result, _), workspace, _ = success
    left = {f"reports/labs/{lab}.{kind}" for lab in LABS for kind in ("log", "json")}
    left |= {"reports/labs/table.md", "reports/grade.html", "reports/grade.json"}
    left |= {f"reports/junit/{name}.xml" for name in ("check", "grade", "quality")}
    assert set(result["artifacts"]) == left
    table = (workspace / "reports" / "labs" / "table.md").read_text()
    metrics = [line.split("|")[2].strip() for line in table.splitlines()[2:]]
    assert metrics == ["accuracy 0.940", "accuracy 0.972", "accuracy 0.836", "accuracy 0.848", "R2 0.963"]


@pytest.mark.thorough
def test_the_grade_is_full(success):
    _, workspace, _ = success
    grade = json.loads((workspace / "reports" / "grade.json").read_text())
    assert (grade["points"], grade["possible"], list(grade["labs"])) == (20, 20, ["lab3"])


@pytest.mark.thorough
def test_images_are_tagged_by_commit_and_branch_and_pushed_after_a_login(success):
    (_, result, console), workspace, log = success
    revision = run_command("git", "-C", workspace, "rev-parse", "--short=12", "HEAD").out.strip()
    asked = log.splitlines()
    for image in ("service", "page"):
        for tag in (revision, "main"):
            assert f"push registry.example/mlops-lab3-{image}:{tag}" in asked
    assert asked[0] == "login --username anna --password-stdin registry.example"
    assert "hunter2" in asked[1]
    assert asked[-1] == "logout registry.example"
    assert "hunter2" not in console + json.dumps(result)


@pytest.mark.thorough
def test_a_commit_without_a_branch_gets_the_one_that_jenkins_tells(success):
    _, workspace, _ = success
    assert run_command("git", "-C", workspace, "checkout", "-q", "--detach").code == 0
    log = workspace.parent / "detached.log"
    env = {"PATH": f"{workspace.parent}:{os.environ['PATH']}", "DOCKER_LOG": str(log)}
    ended = run_command(
        "bash", workspace / "lab3" / "build_image.sh", env=env | {"GIT_BRANCH": "origin/feature/x"}
    )
    assert ended.code == 0, ended.err
    assert "mlops-lab3-page:feature-x" in ended.out.splitlines()


@pytest.fixture
def small(origin, tmp_path):
    """Return a clone whose labs print a metric and nothing else, quickly."""
    workspace = clone(origin, tmp_path / "workbook")
    for lab in LABS:
        (workspace / lab / "pipeline.sh").write_text("echo 'Model test accuracy is: 0.500'\n")
    return workspace


def test_a_failing_lab_is_named_the_others_run_and_post_still_does(small):
    (small / "lab3" / "pipeline.sh").write_text("echo 'no passengers' >&2; exit 3\n")
    (small / "lab4" / "pipeline.sh").write_text("sleep 2; echo 'Model test accuracy is: 0.500'\n")
    code, result, console = build(small, "--parameter", "CHECKS=--version")
    assert (code, result["status"]) == (1, "FAILURE")
    after = dict.fromkeys(["Data quality", "Image", "Grade", "Publish"], "SKIPPED")
    assert statuses(result) == dict.fromkeys(STAGES, "SUCCESS") | after | dict.fromkeys(
        ["Labs", "lab3"], "FAILURE"
    )
    assert result["problem"].startswith("stage 'lab3', line ")
    assert f"labs: lab3 failed: read '{small}/reports/labs/lab3.log'" in console
    assert (small / "reports" / "labs" / "lab3.log").read_text() == "no passengers\n"
    assert {f"reports/labs/{lab}.json" for lab in LABS} <= set(result["artifacts"])
    assert "post: always" in console
    assert "post: cleanup" in console


def test_a_failing_check_ends_it_before_any_lab_runs(small):
    code, result, _ = build(small, "--parameter", "CHECKS=no/such/test.py")
    assert (code, statuses(result)["Check"], statuses(result)["lab1"]) == (1, "FAILURE", "SKIPPED")
    assert not (small / "reports" / "labs").exists()
