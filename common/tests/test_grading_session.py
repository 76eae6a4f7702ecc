"""The command line of a grading: options, what is refused, the fixtures, errors of the grader itself."""

import re
import subprocess
from pathlib import Path

import pytest

from common import grading
from common.tests.rubrics import grade, write_rubric

ONE = "@pytest.mark.points(20)\ndef test_it({fixtures}):\n    {body}\n"
SHOW = "print_to = open('seen', 'w'); print({value}, file=print_to); print_to.close()"


def write_one(folder: Path, fixtures: str = "", body: str = "pass", lab: str = "lab1") -> None:
    write_rubric(folder, lab, ONE.format(fixtures=fixtures, body=body))


def seen(folder: Path, fixtures: str, value: str, *arguments: str, **env: str) -> str:
    """Return what `value` is in a check that has `fixtures`."""
    write_one(folder, fixtures, SHOW.format(value=value))
    graded = grade(folder, "lab1", *arguments, **env)
    assert graded.exit_code == 0, graded.stdout + graded.stderr
    return (folder / "seen").read_text().strip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--submission"], "--submission needs a value: --submission PATH, grade this folder or .zip "),
        (["--submission="], "--submission needs a value: --submission PATH, "),
        (["--report-json"], "--report-json needs a value: --report-json FILE, "),
        (["--time-limit", "abc"], "--time-limit 'abc' is not a number of 1 or more: write --time-limit 300"),
        (["--time-limit", "nan"], "--time-limit 'nan' is not a number of 1 or more"),
        (["--time-limit=-1"], "--time-limit '-1' is not a number of 1 or more"),
        (
            ["--memory-limit", "0"],
            "--memory-limit '0' is not a number of 1 or more: write --memory-limit 4096",
        ),
        (
            ["--submission", ".", "-k", "nothing"],
            "no check was selected: name a rubric, as in bash common/test.sh lab1",
        ),
        (["--report-json", "a.json", "-k", "nothing"], "no check was selected"),
        (["--submission", ".", "nowhere"], "file or directory not found: nowhere"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path, arguments, message):
    write_one(tmp_path)
    graded = grade(tmp_path, "lab1", *arguments)
    assert "Traceback" not in graded.stderr
    assert message in graded.stderr
    plain_pytest = arguments[0] == "--report-json" and "-k" in arguments
    assert graded.exit_code == (4 if plain_pytest else 2)
    assert plain_pytest or len(graded.stderr.splitlines()) == 1


def test_ordinary_tests_alone_are_no_rubric(tmp_path):
    write_rubric(tmp_path, "lab1", "def test_ordinary(): pass\n")
    assert grade(tmp_path, "lab1", "--submission", ".").exit_code == 2
    graded = grade(tmp_path, "lab1")
    assert graded.exit_code == 0
    assert "mark" not in graded.stdout


def test_submission_that_cannot_be_opened_is_one_line(tmp_path):
    write_one(tmp_path, "submission")
    graded = grade(tmp_path, "lab1", "--submission", "gone.zip", "--report-json", "report.json")
    assert graded.exit_code == 1
    assert graded.stdout.strip() == ""
    assert re.fullmatch(r"there is no '.*gone\.zip': give a folder or a \.zip\n", graded.stderr)
    assert graded.report["complete"] is False
    assert graded.outcomes() == {"it": "not run"}


def test_machine_without_a_box_refuses_a_foreign_submission(tmp_path):
    write_one(tmp_path, "box")
    (tmp_path / "no-box").touch()
    graded = grade(tmp_path, "lab1", "--submission", ".")
    assert graded.exit_code == 1
    assert graded.stderr == "no box: sudo apt-get install bubblewrap\n"
    assert grade(tmp_path, "lab1", "--submission", ".", "--trust-submission").exit_code == 0


def test_machine_without_a_box_still_tests_the_own_labs(tmp_path):
    write_one(tmp_path, "box")
    (tmp_path / "no-box").touch()
    graded = grade(tmp_path, "lab1", WORKBOOK_REQUIRE="")
    assert graded.exit_code == 0
    assert "note: no box on this machine: this repository's own labs ran without one" in graded.stdout
    assert grade(tmp_path, "lab1", WORKBOOK_REQUIRE="1").exit_code == 1


def test_notes_of_the_opening_are_shown(tmp_path):
    write_one(tmp_path, "submission")
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert "note: left out .venv: made by a tool" in graded.stdout
    assert graded.report["notes"] == ["left out .venv: made by a tool"]


def test_options_reach_the_box(tmp_path):
    value = "box.limits.wall_s, box.limits.memory_mb, box.network, box.trusted"
    assert seen(tmp_path, "box", value, "--submission", ".") == "300.0 4096 False False"
    given = ["--time-limit", "7.5", "--memory-limit", "512", "--allow-network", "--trust-submission"]
    assert seen(tmp_path, "box", value, "--submission", ".", *given) == "7.5 512 True True"


def test_submission_is_found_from_where_the_person_typed(tmp_path):
    (tmp_path / "elsewhere" / "work").mkdir(parents=True)
    where = str(tmp_path / "elsewhere")
    path = seen(tmp_path, "submission", "submission.root", "--submission", "work", WORKBOOK_CWD=where)
    assert path == f"{where}/work"


def test_without_a_submission_the_tracked_files_are_graded(tmp_path):
    (tmp_path / "lab1").mkdir()
    (tmp_path / "lab1" / "tracked.py").touch()
    (tmp_path / "lab1" / "made.csv").touch()
    (tmp_path / ".gitignore").write_text("*\n")
    for arguments in (["init", "-q"], ["add", "--force", "lab1/tracked.py"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    value = "sorted(p.name for p in submission.root.rglob('*'))"
    assert seen(tmp_path, "submission", value) == "['lab1', 'tracked.py']"


def test_without_git_the_folder_is_graded(tmp_path):
    (tmp_path / ".venv").mkdir()
    value = "sorted(p.name for p in submission.root.iterdir())"
    names = seen(tmp_path, "submission", value, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert names == "['conftest.py', 'lab1', 'pyproject.toml']"


@pytest.mark.parametrize("rubric", ["students/evil", "students/evil/test_lab1.py::test_it", "students", "."])
def test_tests_of_the_submission_are_never_loaded(tmp_path, rubric):
    write_one(tmp_path)
    evil = tmp_path / "students" / "evil"
    evil.mkdir(parents=True)
    for name in ("conftest.py", "test_lab1.py"):
        (evil / name).write_text("open('loaded', 'w')\ndef test_it(): pass\n")
    graded = grade(tmp_path, rubric, "--submission", "students/evil")
    assert graded.exit_code == 4
    assert graded.stderr.strip() == (
        f"ERROR: '{rubric}' is not a rubric of the grader: name one, as in lab1 --submission students/evil"
    )
    assert grade(tmp_path, "lab1", "--submission", "students/evil").exit_code == 0
    assert not (tmp_path / "loaded").exists()


def test_requirements_are_of_one_lab(tmp_path):
    assert (
        seen(tmp_path, "box", "box.python", "--submission", ".", "--requirements")
        == f"{tmp_path}/lab1/python"
    )
    write_one(tmp_path, lab="lab2")
    graded = grade(tmp_path, "lab1", "lab2", "--submission", ".", "--requirements")
    assert graded.exit_code == 2
    assert graded.stderr == "--requirements is for one lab, each has its own: name one of lab1, lab2\n"


def test_parallel_checks_are_refused(tmp_path):
    write_one(tmp_path)
    (tmp_path / "parallel.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--numprocesses', type=int)\n"
    )
    graded = grade(tmp_path, "-p", "parallel", "lab1", "--numprocesses", "2", PYTHONPATH=str(tmp_path))
    assert graded.exit_code == 2
    assert graded.stderr == "checks build on each other and run one after another: leave out -n\n"
    assert (
        grade(tmp_path, "-p", "parallel", "lab1", "--numprocesses", "0", PYTHONPATH=str(tmp_path)).exit_code
        == 0
    )


def test_error_of_the_grader_is_one_line_and_the_result_is_kept(tmp_path):
    write_one(tmp_path)
    with (tmp_path / "conftest.py").open("a") as conftest:
        conftest.write("\ndef pytest_runtest_logfinish(): raise KeyError('bug')\n")
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert graded.exit_code == 3
    what = "an error of the grader, not of the submission: KeyError: 'bug'; --full-trace shows where"
    assert graded.stderr.splitlines()[1:] == [f"GraderError: {what}"]
    assert "INTERNALERROR" not in graded.stdout + graded.stderr
    assert "INTERNALERROR> " in grade(tmp_path, "lab1", "--submission", ".", "--full-trace").stdout
    assert graded.report["points"] == 20


def test_error_at_the_very_end_is_one_line_too(tmp_path):
    write_one(tmp_path)
    graded = grade(tmp_path, "lab1", "--submission", ".", "--junitxml", "/proc/nowhere/junit.xml")
    assert graded.exit_code == 3
    assert graded.stderr.splitlines()[1].startswith(
        "an error of the grader, not of the submission: FileNotFound"
    )
    assert "Traceback" not in graded.stderr
    assert "total 20 of 100" in graded.stdout


def test_rubric_that_does_not_load_is_the_graders_error(tmp_path):
    write_rubric(tmp_path, "lab1", "import nowhere_to_be_found\n")
    graded = grade(tmp_path, "lab1", "--submission", ".")
    assert graded.exit_code == 3
    assert "No module named 'nowhere_to_be_found'" in graded.stdout


def test_broken_end_of_a_fixture_keeps_the_points_but_shows(tmp_path):
    fixture = "@pytest.fixture\ndef service():\n    yield\n    raise OSError('still running')\n"
    write_rubric(tmp_path, "lab1", fixture + ONE.format(fixtures="service", body="pass"))
    graded = grade(tmp_path, "lab1", "--submission", ".")
    assert graded.exit_code == 1
    assert "OSError: still running" in graded.stdout
    assert "total 20 of 100" in graded.stdout


def test_example_of_the_readme_runs(tmp_path):
    readme = (Path(grading.__file__).parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(
        r"<!-- a test runs this example -->\n```python\n(.*?)```", readme, flags=re.DOTALL
    )
    write_rubric(tmp_path, "lab1", example)
    (tmp_path / "conftest.py").unlink()  # the real box and opener
    work = tmp_path / "work" / "lab1"
    work.mkdir(parents=True)
    arguments = ["lab1", "--submission", "work", "--trust-submission", "--report-json", "report.json"]

    def points(script: str) -> list[int]:
        (work / "pipeline.sh").write_text(script)
        graded = grade(tmp_path, *arguments)
        assert graded.report["complete"], graded.stdout
        return [check["points"] for check in graded.checks().values()]

    assert points("echo 'Model test accuracy is: 0.912'") == [12, 8]
    assert points("echo 0.912") == [12, 5]
    assert points("echo done") == [12, 0]
    assert points("exit 3") == [0, 0]
