"""The imitation of Jenkins runs what Jenkins runs, refuses what it refuses, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from common.tests.boxes import processes_with
from common.tests.tools import require, run_command, wait_until

COMMAND = [sys.executable, "-m", "common.grading.jenkins"]


def pipeline(stages: str, around: str = "") -> str:
    return f"pipeline {{\n    agent any\n{around}\n    stages {{\n{stages}\n    }}\n}}\n"


def stage(name: str, steps: str, around: str = "") -> str:
    return f"stage('{name}') {{\n{around}\nsteps {{\n{steps}\n}}\n}}\n"


@pytest.fixture
def build(tmp_path):
    """Run a Jenkinsfile in a folder of its own; return exit code, result and console."""
    require("groovy")

    def run(text: str, *options: str):
        (tmp_path / "Jenkinsfile").write_text(text, encoding="utf-8")
        ended = run_command(*COMMAND, tmp_path / "Jenkinsfile", *options, timeout=60)
        return ended.code, json.loads(ended.out), ended.err

    return run


def statuses(result):
    return [(one["name"], one["status"]) for one in result["stages"]]


def test_steps_run_for_real_and_a_failure_skips_the_rest_but_not_post(build, tmp_path):
    text = pipeline(
        stage(
            "Good",
            "sh 'echo $WHO in $STAGE_NAME >made.txt'\nscript { env.SAID = readFile('made.txt').trim() }",
        )
        + stage("Bad", "echo \"${env.SAID}\"\nsh 'exit 3'", "post { failure { echo 'its own post' } }")
        + stage("Never", "sh 'touch never'"),
        'environment { WHO = "${params.NAME} the ${A}" }\n'
        "parameters { string(name: 'NAME', defaultValue: 'Ann') }\n"
        "post {\nalways { echo 'always' }\nsuccess { echo 'hurrah' }\nfailure { echo 'alas' }\n"
        "cleanup { deleteDir() }\n}\n",
    ).replace("${A}", "first")
    code, result, console = build(text)
    assert (code, result["status"]) == (1, "FAILURE")
    assert statuses(result) == [("Good", "SUCCESS"), ("Bad", "FAILURE"), ("Never", "SKIPPED")]
    assert [step["exit_code"] for step in result["stages"][1]["steps"]] == [None, 3, None]
    assert result["problem"] == "stage 'Bad', line 24: script returned exit code 3"
    said = [line.removeprefix("[Jenkins] ") for line in console.splitlines()]
    order = ["Ann the first in Good", "its own post", "always", "alas", "post: cleanup", "finished: FAILURE"]
    assert [line for line in said if line in order] == order
    assert "hurrah" not in said
    assert (tmp_path / "made.txt").is_file()  # deleteDir deletes nothing of this workspace
    assert not (tmp_path / "never").exists()


def test_a_parameter_is_given_and_checked(build):
    text = pipeline(
        stage("A", "sh 'test \"$HOW\" = fast'"),
        "parameters {\nchoice(name: 'HOW', choices: ['slow', 'fast'])\n"
        "booleanParam(name: 'B', defaultValue: true)\n}",
    )
    assert build(text)[1]["status"] == "FAILURE"
    assert build(text, "--parameter", "HOW=fast")[0] == 0
    refused = build(text, "--parameter", "HOW=well")[1]
    assert refused["problem"] == "parameter 'HOW' cannot be 'well': it is one of slow, fast"
    assert build(text, "--parameter", "HOV=fast")[1]["problem"] == (
        "there is no parameter 'HOV': the file has HOW, B"
    )


def test_conditions_branches_and_nested_stages(build):
    text = pipeline(
        stage("Main", "echo 'm'", "when { branch 'main' }")
        + stage(
            "Both", "echo 'b'", "when { allOf { expression { params.size() == 0 }\nnot { branch 'main' } } }"
        )
        + "stage('Side by side') { parallel {\n"
        + stage("One", "sh 'test $X = 1'", "environment { X = '1' }")
        + stage("Two", "dir('sub') { sh 'touch here' }")
        + "} }\nstage('Outer') { stages {\n"
        + stage("Inner", "withEnv(['PATH+A=/a']) { sh 'case $PATH in /a:*) ;; *) exit 1;; esac' }")
        + "} }\n"
    )
    result = build(text)[1]
    assert sorted(statuses(result)) == [
        ("Both", "SUCCESS"),
        ("Inner", "SUCCESS"),
        ("Main", "SKIPPED"),
        ("One", "SUCCESS"),
        ("Outer", "SUCCESS"),
        ("Side by side", "SUCCESS"),
        ("Two", "SUCCESS"),
    ]
    result = build(text, "--branch", "main")[1]
    assert dict(statuses(result))["Main"] == "SUCCESS"
    assert dict(statuses(result))["Both"] == "SKIPPED"


def test_a_branch_that_fails_keeps_no_other_from_running_to_its_end(build, tmp_path):
    text = pipeline(
        "stage('All') { parallel {\n"
        + stage("Fails", "sh 'exit 5'")
        + "stage('Goes on') { stages {\n"
        + stage("Waits", "sh 'sleep 1'")
        + stage("Ends", "sh 'touch ended'")
        + "} }\n"
        + "stage('Stops') { stages {\n"
        + stage("Breaks", "sh 'sleep 1; exit 6'")
        + stage("Not reached", "sh 'touch never'")
        + "} }\n} }\n"
        + stage("After", "sh 'touch never'"),
        "post { always { sh 'touch post' } }",
    )
    code, result, _ = build(text)
    assert (code, result["status"]) == (1, "FAILURE")
    ended = dict.fromkeys(["Goes on", "Waits", "Ends"], "SUCCESS")
    ended |= dict.fromkeys(["All", "Fails", "Stops", "Breaks"], "FAILURE")
    assert dict(statuses(result)) == ended | dict.fromkeys(["Not reached", "After"], "SKIPPED")
    assert result["problem"].startswith("stage 'Fails', line ")
    assert {path.name for path in tmp_path.iterdir()} == {"Jenkinsfile", "ended", "post"}


def test_a_hanging_stage_is_stopped_with_all_its_children(build):
    text = pipeline(
        stage("Hangs", "sh 'setsid sleep 4711 & (trap \"\" TERM; sleep 4712) & sleep 4713'",
              "options { timeout(time: 1, unit: 'SECONDS') }") + stage("Never", "echo 'x'"),
        "post { aborted { echo 'post runs' } }",
    )  # fmt: skip
    began = time.monotonic()
    code, result, console = build(text)
    assert time.monotonic() - began < 30
    assert (code, result["status"]) == (1, "ABORTED")
    assert statuses(result) == [("Hangs", "ABORTED"), ("Never", "SKIPPED")]
    assert "stopped by its timeout" in result["problem"]
    assert "[Jenkins] post runs" in console
    assert [line for line in processes_with("sleep 471") if "sleep 471" in line] == []


def test_what_a_step_left_behind_ends_with_the_build(build):
    assert build("node { sh 'setsid sleep 4714 >/dev/null 2>&1 &' }")[0] == 0
    assert processes_with("sleep 4714") == []


def test_an_interrupt_ends_the_steps_too(tmp_path):
    require("groovy")
    (tmp_path / "Jenkinsfile").write_text("node { sh 'sleep 4715' }")
    with subprocess.Popen(
        [*COMMAND, tmp_path / "Jenkinsfile"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        wait_until(lambda: processes_with("sleep 4715"), limit_s=30)
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=30)
        assert running.returncode == 130
    assert processes_with("sleep 4715") == []


def test_archives_and_test_reports_are_looked_at(build, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/a.xml").write_text(
        '<testsuite><testcase name="a"/><testcase name="b"><failure>no</failure></testcase></testsuite>'
    )
    (tmp_path / "model").mkdir()
    (tmp_path / "model/deep").mkdir()
    (tmp_path / "model/deep/m.cbm").touch()
    good = "archiveArtifacts artifacts: 'model/**/*.cbm, *.md', allowEmptyArchive: false"
    _, result, _ = build(f"node {{ {good}\njunit 'results/*.xml' }}")
    assert (result["status"], result["artifacts"]) == ("UNSTABLE", ["model/deep/m.cbm"])
    assert result["tests"] == {"total": 2, "failed": 1}
    _, result, _ = build("node { archiveArtifacts 'model/*.cbm' }")
    assert 'No artifacts found that match the file pattern "model/*.cbm"' in result["problem"]
    _, result, _ = build("node { junit 'none/*.xml' }")
    assert 'No test report files were found that match "none/*.xml"' in result["problem"]


def test_a_scripted_pipeline_catches_retries_and_takes_output(build):
    text = """
node {
    def twice = { text -> text + text }
    stage('A') {
        def out = sh(script: 'echo hi', returnStdout: true).trim()
        def code = sh(script: 'exit 4', returnStatus: true)
        echo "${twice(out)} ${code}"
        retry(3) { sh 'echo x >>tries; test $(wc -l <tries) = 3' }
        try { error 'oh no' } catch (err) { echo "caught ${err.message}" }
        catchError(buildResult: 'UNSTABLE', stageResult: 'FAILURE') { sh 'false' }
    }
    helper('B')
}
def helper(String name) { stage(name) { for (i in [1, 2]) { sh "echo n${i}" } } }
"""
    _, result, console = build(text)
    assert (result["status"], statuses(result)) == ("UNSTABLE", [("A", "FAILURE"), ("B", "SUCCESS")])
    assert "[Jenkins] hihi 4" in console
    assert "[Jenkins] caught oh no" in console
    assert "n1\n" in console


def test_a_credential_is_asked_for_by_its_id_and_not_shown(build):
    binding = "string(credentialsId: 'token', variable: 'T')"
    text = f"node {{ withCredentials([{binding}]) {{ sh 'test -n $T'; echo \"${{T}}\" }} }}"
    assert "there is no credential 'token': give --credential token=VALUE" in build(text)[1]["problem"]
    code, result, console = build(text, "--credential", "token=hunter2")
    assert code == 0
    assert "hunter2" not in console + json.dumps(result)
    assert "[Jenkins] ****" in console


REFUSED = {
    "a section": (
        pipeline("").replace("stages", "stagse"),
        "line 4: 'stagse' is no section and no step of Jenkins' own",
    ),
    "a section in its place": (
        pipeline(stage("A", "echo 'a'", "triggers { cron('H * * * *') }")),
        "line 6: 'triggers' is no part of stage 'A'",
    ),
    "a plugin's step": (
        pipeline(stage("A", "echo 'a'\nslackSend 'hi'")),
        "line 9: 'slackSend' is no section and no step of Jenkins' own",
    ),
    "an agent in docker": (
        pipeline(stage("A", "echo 'a'")).replace("agent any", "agent { docker { image 'python:3.12' } }"),
        "line 2: an agent of 'docker' is not imitated: this machine is the agent",
    ),
    "no agent": (
        pipeline(stage("A", "echo 'a'")).replace("agent any", ""),
        "line 1: the pipeline has no section 'agent'",
    ),
    "a stage without steps": (
        pipeline("stage('A') { environment { X = '1' } }"),
        "line 5: stage 'A' needs one of steps, stages, parallel",
    ),
    "two on a line": (
        pipeline("stage('A') { when { branch 'x' } steps { echo 'a' } }"),
        "line 5: 'steps' stands behind 'when': it begins a line of its own",
    ),
    "a shared library": (
        "@Library('ours') _\nnode { }",
        "line 1: '@Library('ours') _' is not imitated: no library, nothing is fetched",
    ),
    "Groovy's end": (
        "node { System.exit(0) }",
        "line 1: 'java.lang.System.exit(0)' is refused, as by the sandbox of Jenkins",
    ),
    "no Groovy": ("node {\n  echo 'a'\n", "line 4: expecting '}', found ''"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_jenkins_does_not_know_is_refused_with_its_line(what, build, tmp_path):
    text, problem = REFUSED[what]
    text = text.replace("echo 'a'", "sh 'touch ran'\necho 'a'") if "line 9" not in problem else text
    code, result, _ = build(text)
    assert (code, result["status"], result["problem"]) == (1, "REFUSED", problem)
    assert not (tmp_path / "ran").exists()


def test_wrong_usage_is_one_line(tmp_path):
    missing = run_command(*COMMAND, tmp_path / "none")
    assert missing.code == 1
    assert missing.err == f"jenkins: there is no file '{tmp_path}/none': give a Jenkinsfile\n"
    (tmp_path / "Jenkinsfile").touch()
    folder = run_command(*COMMAND, tmp_path / "Jenkinsfile", "--workspace", tmp_path / "no")
    assert folder.err == (
        f"jenkins: there is no folder '{tmp_path}/no': give the one in which the steps run\n"
    )
    usage = run_command(*COMMAND, tmp_path / "Jenkinsfile", "--parameter", "A")
    assert usage.code == 2
    assert "'A' is not NAME=VALUE" in usage.err
