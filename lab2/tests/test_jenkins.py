"""lab2/Jenkinsfile runs without Jenkins from a fresh clone; the job and the server are what they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from common.tests.engine import compose_program
from common.tests.tools import ROOT, copy_repository, require, run_command

FILES = ROOT / "lab2" / "jenkins"
TOOLS = Path(sys.executable).parent
STAGES = ["Environment", "Collect", "Prepare", "Train", "Test", "Use"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return what a clone has, with this working tree's changes."""
    require("groovy")
    return copy_repository(tmp_path_factory.mktemp("clone"))


def build(clone: Path, *options: str) -> tuple[int, dict, str]:
    """Run the conveyor as a user does, in the environment of these tests."""
    command = [
        sys.executable,
        "-m",
        "common.grading.jenkins",
        clone / "lab2/Jenkinsfile",
        "--workspace",
        clone,
    ]
    ended = run_command(*command, *options, env={"PATH": "/usr/bin:/bin", "WORKBOOK_PYTHON": sys.executable})
    return ended.code, json.loads(ended.out), ended.err


def statuses(result: dict) -> dict[str, str]:
    return {stage["name"]: stage["status"] for stage in result["stages"]}


@pytest.fixture(scope="module")
def success(clone):
    return build(clone)


def test_a_fresh_clone_goes_through_all_stages(success, clone):
    code, result, console = success
    assert (code, result["status"]) == (0, "SUCCESS"), console
    assert statuses(result) == dict.fromkeys(STAGES, "SUCCESS")
    assert re.search(r"^Model test accuracy is: 0\.9\d\d$", console, re.MULTILINE)
    assert result["tests"]["failed"] == 0
    assert result["tests"]["total"] >= 4
    kept = {"lab2/model/model.json", "lab2/reports/metrics.json", "lab2/reports/report.html"}
    assert kept <= set(result["artifacts"])
    assert (clone / "lab2/reports/scores.csv").is_file()


@pytest.mark.thorough
def test_a_failing_gate_stops_the_conveyor_and_post_still_runs(success, clone):  # noqa: ARG001  after it: quicker
    code, result, console = build(clone, "--parameter", "MIN_ACCURACY=0.9999")
    assert (code, result["status"]) == (1, "FAILURE")
    assert statuses(result) == dict.fromkeys(STAGES, "SUCCESS") | {"Test": "FAILURE", "Use": "SKIPPED"}
    assert re.fullmatch(r"stage 'Test', line \d+: script returned exit code 1", result["problem"])
    assert result["tests"]["failed"] == 1
    assert "min_accuracy" in console
    assert "post: cleanup" in console
    assert result["artifacts"] == []


def test_a_parameter_reaches_its_stage(clone):
    code, result, console = build(clone, "--parameter", "DATA_SOURCE=ftp://example.com/table.csv")
    assert (code, statuses(result)["Collect"]) == (1, "FAILURE")
    assert "'ftp://example.com/table.csv'" in console


@pytest.mark.thorough
def test_the_database_comes_by_its_credential_alone(clone):
    options = ("--parameter", "DATA_SOURCE=env:DATABASE_URL", "--parameter", "QUERY=SELECT 1 AS one")
    code, result, _ = build(clone, *options)
    assert code == 1
    assert "there is no credential 'lab2-database-url'" in result["problem"]
    code, result, _ = build(clone, *options, "--credential", "lab2-database-url=sqlite:////no/such.db")
    assert (code, statuses(result)["Collect"]) == (1, "FAILURE")
    assert "sqlite:////no/such.db" not in json.dumps(result)


def test_the_exported_job_is_in_step_with_its_source():
    ended = subprocess.run(
        [TOOLS / "jenkins-jobs", "test", FILES / "jobs.yaml"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == (FILES / "job.xml").read_text(encoding="utf-8")
    assert "<scriptPath>lab2/Jenkinsfile</scriptPath>" in ended.stdout


def test_the_linters_find_nothing():
    compose = run_command(
        TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILES / "compose.yaml"
    )
    assert compose.code == 0, compose.out
    image = run_command(TOOLS / "hadolint", FILES / "Dockerfile")
    assert (image.code, image.out) == (0, "")


def test_the_server_refuses_to_start_without_a_password_and_listens_here_alone():
    services = yaml.safe_load((FILES / "compose.yaml").read_text())["services"]
    assert services["server"]["environment"]["JENKINS_ADMIN_PASSWORD"].startswith(
        "${JENKINS_ADMIN_PASSWORD:?"
    )
    assert [port for service in services.values() for port in service.get("ports", [])] == [
        "127.0.0.1:${JENKINS_PORT:-8080}:8080"
    ]


def test_compose_asks_for_the_password():
    command = [*compose_program(), "-f", FILES / "compose.yaml", "config"]
    refused = run_command(*command, env={"PATH": "/usr/bin:/bin"})
    assert refused.code != 0
    assert "give a password of your own for the user admin" in refused.err
    taken = run_command(*command, env={"PATH": "/usr/bin:/bin", "JENKINS_ADMIN_PASSWORD": "x1"})
    assert taken.code == 0, taken.err


def test_nobody_gets_in_without_the_password():
    casc = yaml.safe_load((FILES / "casc.yaml").read_text())
    jenkins = casc["jenkins"]
    assert jenkins["securityRealm"]["local"] == {
        "allowsSignup": False,
        "users": [{"id": "admin", "password": "${JENKINS_ADMIN_PASSWORD}"}],
    }
    assert jenkins["authorizationStrategy"] == {"loggedInUsersCanDoAnything": {"allowAnonymousRead": False}}
    assert jenkins["numExecutors"] == 0
    (agent,) = (node["permanent"] for node in jenkins["nodes"])
    assert agent["launcher"]["ssh"]["credentialsId"] == "agent-key"


def test_both_jobs_are_seeded():
    (job,) = yaml.safe_load((FILES / "casc.yaml").read_text())["jobs"]
    assert "[lab2: 'lab2/Jenkinsfile', workbook: 'Jenkinsfile']" in job["script"]


def test_everything_of_the_server_has_its_version():
    plugins = [line for line in (FILES / "plugins.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in plugins if not re.fullmatch(r"[a-z0-9-]+:[\w.-]+", line)] == []
    bases = re.findall(r"^FROM (\S+)", (FILES / "Dockerfile").read_text(), re.MULTILINE)
    assert bases == ["jenkins/jenkins:2.568.3-lts-jdk21", "debian:13-slim"]


def test_what_the_pipeline_uses_is_among_the_plugins():
    plugins = (FILES / "plugins.txt").read_text()
    needed = (
        "timestamper",
        "junit",
        "credentials-binding",
        "git",
        "job-dsl",
        "configuration-as-code",
        "ssh-slaves",
    )
    assert [name for name in needed if f"\n{name}:" not in plugins] == []
