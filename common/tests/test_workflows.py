"""GitHub's files: their forms, what their jobs may do, and their steps, run here where a machine can."""

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from common.tests.boxes import make_box
from common.tests.classes import FOUR, hand_in
from common.tests.tools import ROOT, Ended, list_repository, run_command

TOOLS = Path(sys.executable).parent
GITHUB = ROOT / ".github"
STUDENT = ROOT / "common" / "grading" / "student_workflow.yml"
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yml"))} | {"student": STUDENT}
READ_ONLY = {"contents": "read"}
MARKED = ('"not thorough"', "thorough")  # the two jobs of every push
MAY_WRITE = {  # each of them in one job
    ("image", "push"): {"contents": "read", "packages": "write"},
    ("weekly", "report"): {"issues": "write"},
}
FORMS = {
    "github-workflows": [*WORKFLOWS.values()],
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-forms": sorted(
        set((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
    ),
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
}


def read(name: str) -> dict:
    return yaml.safe_load(WORKFLOWS[name].read_text("utf-8"))


JOBS = [pytest.param(name, job, id=f"{name}-{job}") for name in WORKFLOWS for job in read(name)["jobs"]]
STEPS = [
    pytest.param(step, id=f"{name}-{job}-{number}")
    for name in WORKFLOWS
    for job, content in read(name)["jobs"].items()
    for number, step in enumerate(content.get("steps", []))
    if "run" in step
]


def run_step(name: str, job: str, title: str, folder: Path, **env: str) -> tuple[Ended, str]:
    """Run a step as GitHub's bash does; return how it ended, and what it wrote into the job's summary."""
    (step,) = (step for step in read(name)["jobs"][job]["steps"] if step.get("name") == title)
    summary = folder / "summary.md"
    summary.touch()
    own = {key: value for key, value in step["env"].items() if "${{" not in value}
    bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
    ended = run_command(*bash, cwd=folder, env=os.environ | own | {"GITHUB_STEP_SUMMARY": str(summary)} | env)
    return ended, summary.read_text("utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_files_have_the_form_that_github_asks_for(form):
    assert FORMS[form]
    ended = run_command(TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{form}", *FORMS[form])
    assert ended.code == 0, ended.out


def test_workflows_are_safe(tmp_path):
    place = tmp_path / ".github" / "workflows"
    place.mkdir(parents=True)
    shutil.copy(STUDENT, place / "grade.yml")
    files = [*(GITHUB / "workflows").glob("*.yml"), GITHUB / "dependabot.yml", place / "grade.yml"]
    ended = run_command(TOOLS / "zizmor", "--offline", "--no-progress", "--pedantic", *files)
    assert ended.code == 0, ended.out


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_reads_only_and_does_not_run_twice(name):
    workflow = read(name)
    assert workflow["permissions"] == READ_ONLY
    assert workflow["concurrency"]["group"]
    # GitHub's own default shell takes the end of a pipe for the whole
    assert name == "student" or workflow["defaults"]["run"]["shell"] == "bash"
    assert (
        "pull_request_target" not in workflow[True]
    )  # yaml takes `on` for true; it has secrets and may write


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_job_has_a_limit_and_only_its_rights(name, job):
    content = read(name)["jobs"][job]
    assert content.get("permissions", READ_ONLY) == MAY_WRITE.get((name, job), READ_ONLY)
    if "uses" not in content:
        assert content["timeout-minutes"] <= 90
    assert "secrets" not in content


def test_an_action_has_one_version_everywhere():
    lines = [line for path in WORKFLOWS.values() for line in path.read_text("utf-8").splitlines()]
    used = {line.split("uses: ")[1] for line in lines if "uses: " in line and "OWNER/" not in line}
    pinned = [re.fullmatch(r"([\w-]+/[\w-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used]
    assert all(pinned), used
    names = [one[1] for one in pinned]
    assert sorted(names) == ["actions/checkout", "actions/setup-python", "actions/upload-artifact"]


def test_pythons_are_the_oldest_and_the_newest_of_the_project():
    admitted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert admitted == ">=3.11,<3.15"
    assert read("check")["jobs"]["tests"]["strategy"]["matrix"]["python"] == ["3.11", "3.14"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_good_shell_and_calls_what_exists(step, tmp_path):
    assert "${{" not in step["run"]  # values come by env: a name with a quote in it is no code
    script = tmp_path / "step.sh"
    script.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{step['run']}\n")
    ended = run_command(TOOLS / "shellcheck", script)
    assert ended.code == 0, ended.out
    for called in re.findall(r"bash (?:_workbook/)?([\w./]+)", step["run"]):
        assert (ROOT / called).is_file(), called


def test_every_push_runs_the_thorough_tests_too():
    runs = [step.get("run") for job in ("tests", "thorough") for step in read("check")["jobs"][job]["steps"]]
    assert [run for run in runs if run] == [
        f"bash .ci/run -ra -m {what}" for what in ('"not thorough"', "thorough")
    ]


def test_the_labs_are_all_run():
    labs = read("check")["jobs"]["labs"]["strategy"]["matrix"]["lab"]
    assert labs == [path.parent.name for path in sorted(ROOT.glob("lab*/pipeline.sh"))]


def test_a_labs_metric_is_in_the_summary_and_a_failure_is_not_hidden(tmp_path):
    (tmp_path / "lab1").mkdir()
    pipeline, title = tmp_path / "lab1" / "pipeline.sh", "Run the pipeline, its metric into the summary"
    pipeline.write_text("echo 'Model test accuracy is: 0.940'\n")
    ended, summary = run_step("check", "labs", title, tmp_path, LAB="lab1")
    assert (ended.code, summary) == (0, "lab1: Model test accuracy is: 0.940\n")
    pipeline.write_text("exit 3\n")
    ended, after = run_step("check", "labs", title, tmp_path, LAB="lab1")
    assert (ended.code, after) == (3, summary)


def test_the_weekly_run_is_the_two_commands_of_the_readme():
    shown = re.findall(r"^\$ (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    newest = read("weekly")["jobs"]["newest"]
    assert newest["env"] == {"WORKBOOK_NEWEST": "1"}
    runs = [step["run"] for step in newest["steps"] if "run" in step]
    assert runs[0] == shown[0] == "bash lab1/pipeline.sh"
    assert runs[1].partition(" #")[0] == "bash .ci/run -ra"  # without -m: the thorough tests too


@pytest.mark.parametrize(("others", "opened"), [([], True), (["A bug"], True), (["A bug", "{title}"], False)])
def test_a_failed_week_opens_one_issue(tmp_path, others, opened):
    step = read("weekly")["jobs"]["report"]["steps"][0]
    titles = "".join(f"{one.format(title=step['env']['TITLE'])}\n" for one in others)
    (tmp_path / "titles").write_text(titles)
    # a stand-in for GitHub's program: it lists these titles, and writes down what it is told
    (tmp_path / "gh").write_text(
        '#!/bin/sh\nif [ "$2" = list ]; then cat titles; else printf "%s\\n" "$@" > asked; fi\n'
    )
    (tmp_path / "gh").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUN_URL": "https://example.org/runs/7"}
    ended, _ = run_step("weekly", "report", step["name"], tmp_path, **env)
    assert ended.code == 0, ended.err
    asked = (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else []
    assert bool(asked) == opened
    if opened:
        assert asked[:4] == ["issue", "create", "--title", step["env"]["TITLE"]]
        assert asked[5].startswith("See https://example.org/runs/7. ")
        assert asked[5].endswith("`WORKBOOK_NEWEST=1 bash common/test.sh`")


@pytest.fixture
def runner(tmp_path) -> Path:
    """Return the workspace of a runner, with a student's clone that is worth 2 points, and the workbook's."""
    hand_in(tmp_path / "anna" / "labs", *FOUR, "pipeline.sh")
    (tmp_path / "_workbook").symlink_to(ROOT)
    return tmp_path


def grade(folder: Path, *, labs: str = "lab1", full_marks: str = "false", **env: str) -> tuple[Ended, str]:
    inputs = {"LABS": labs, "REPORT_LANG": "en", "FULL_MARKS": full_marks, "GITHUB_REPOSITORY": "anna/labs"}
    env = inputs | {"WORKBOOK_PYTHON": sys.executable} | env
    return run_step("grade", "grade", "Grade, the report into the summary", folder, **env)


@pytest.mark.parametrize(("full_marks", "code"), [("false", 0), ("true", 1)])
def test_a_students_repository_is_graded(runner, full_marks, code):
    make_box()  # or skips
    ended, summary = grade(runner, full_marks=full_marks)
    assert ended.code == code, ended.err
    assert summary.startswith("# anna/labs\n\n**Total 2 of 100, mark 2 (lab2, lab3, lab4, lab5 not graded")
    assert "\n  - to mend: " in summary
    lines = ended.out.splitlines()
    stopped = re.fullmatch(r"::stop-commands::([0-9a-f-]{36})", lines[0])  # GitHub obeys nothing in between
    assert (lines[2], lines[-1]) == ("anna/labs", f"::{stopped[1]}::")
    report = json.loads((runner / "_report" / "report.json").read_text())
    assert (report["points"], report["complete"]) == (2, True)
    assert "2 of 20 points" in (runner / "_report" / "report.html").read_text("utf-8")


def test_what_could_not_be_graded_fails_the_job_in_any_case(runner, tmp_path):
    without_bwrap = tmp_path / "bin"
    without_bwrap.mkdir()
    for tool in ("bash", "cat", "dirname", "git", "grep"):
        (without_bwrap / tool).symlink_to(shutil.which(tool))
    ended, _ = grade(runner, PATH=str(without_bwrap))
    assert ended.code == 1
    assert "sudo apt-get install bubblewrap" in ended.err


def test_a_lab_that_does_not_exist_is_wrong_usage(runner):
    ended, summary = grade(runner, labs="lab1 lab9")
    assert (ended.code, summary) == (2, "")
    assert "there is no rubric for 'lab9' yet: name one of lab1, " in ended.err


def test_the_student_gives_inputs_that_there_are():
    asked, given = read("grade")[True]["workflow_call"]["inputs"], read("student")["jobs"]["grade"]["with"]
    assert set(given) <= set(asked)
    assert given["labs"].split() == [path.parent.name for path in sorted(ROOT.glob("lab*/test_lab*.py"))]


def homes(pattern: str) -> list[str]:
    """Return the files of the repository in which it stands."""
    texts = {path: (ROOT / path).read_bytes().decode("utf-8", "replace") for path in list_repository()}
    return [str(path) for path, text in texts.items() if re.search(pattern, text)]


def test_the_place_of_the_workbook_stands_in_one_file():
    assert homes("OWNER" + "/mlops-workbook") == ["common/grading/student_workflow.yml"]


def test_the_version_stands_in_one_file_and_in_the_changelog():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert homes(rf"(?<![\d.]){re.escape(version)}(?![\d.])") == ["CHANGELOG.md", "pyproject.toml"]
    released = re.findall(r"^## \[(\S+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[:2] == ["Unreleased", version]
