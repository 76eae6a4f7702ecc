"""What a rubric can say, and how checks build on each other."""

import os
import pty
import subprocess
from xml.etree import ElementTree

import pytest

from common.tests.rubrics import command, environment, grade, write_rubric

FULL = '''
@pytest.mark.points(12)
def test_first():
    """The first criterion."""

@pytest.mark.points(8, depends=["test_first"])
def test_second(verdict):
    """The second criterion."""

def test_ordinary():
    """Not a check."""
'''

EVERY_OUTCOME = '''
@pytest.mark.points(4)
def test_passes(verdict):
    """It passes."""
    verdict.advice("it only works from its own folder")

@pytest.mark.points(4)
def test_in_part(verdict):
    """It is there in part."""
    verdict.partial(3, expected="one line", found="two lines", help="print the metric alone")

@pytest.mark.points(4, depends=["test_in_part"])
def test_fails(verdict):
    """It is honest."""
    try:
        verdict.fail(expected="a worse metric", found="the same 0.9", help="score the test data")
    except Exception:
        pass

@pytest.mark.points(4, depends=["test_passes", "test_fails"])
def test_blocked():
    """It builds on what failed."""

@pytest.mark.points(4, depends=["test_blocked"])
def test_blocked_too():
    """It builds on what was not run."""
'''


def test_full_marks_of_a_submission_are_exit_code_0(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    graded = grade(tmp_path, "lab1", "--submission", ".")
    assert graded.exit_code == 0
    assert graded.stdout.splitlines()[2:] == [
        "lab1",
        "  The first criterion" + " " * 71 + "12 of 12",
        "  The second criterion" + " " * 72 + "8 of 8",
        "lab1 in all" + " " * 81 + "20 of 20",
        "",
        "total 20 of 100, mark 2 (lab2, lab3, lab4, lab5 not graded, counted as 0)",
    ]
    first, second = graded.stderr.splitlines()
    assert first.startswith("[1/2] The first criterion  0.0")
    assert second.endswith(" s  passed")


def test_who_watches_sees_which_check_is_running(tmp_path):
    write_rubric(tmp_path, "lab1", "@pytest.mark.points(20)\ndef test_it(): pass\n")
    ours, theirs = pty.openpty()
    arguments = command("lab1", "--submission", ".")
    subprocess.run(
        arguments, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=theirs, check=False
    )
    os.close(theirs)
    progress = os.read(ours, 10_000).decode()
    os.close(ours)
    assert progress.startswith("[1/1] test_it\r\x1b[K[1/1] test_it  0.")


def test_without_a_submission_ordinary_tests_run_too(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    graded = grade(tmp_path, "lab1")
    assert graded.exit_code == 0
    assert " 3 passed in " in graded.stdout
    assert graded.stdout.count("Not a check") == 0
    assert graded.stdout.endswith("(lab2, lab3, lab4, lab5 not graded, counted as 0)\n")


def test_every_outcome_is_told(tmp_path):
    write_rubric(tmp_path, "lab1", EVERY_OUTCOME)
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert graded.exit_code == 1
    assert graded.stdout.splitlines()[2:] == [
        "lab1",
        "  It passes" + " " * 83 + "4 of 4",
        "      advice    it only works from its own folder",
        "  It is there in part" + " " * 64 + "partial, 3 of 4",
        "      expected  one line",
        "      found     two lines",
        "      to mend   print the metric alone",
        "  It is honest" + " " * 72 + "failed, 0 of 4",
        "      expected  a worse metric",
        "      found     the same 0.9",
        "      to mend   score the test data",
        "  It builds on what failed" + " " * 59 + "not run, 0 of 4",
        "      why       it builds on 'It is honest', which is: failed",
        "  It builds on what was not run" + " " * 54 + "not run, 0 of 4",
        "      why       it builds on 'It builds on what failed', which is: not run",
        "lab1 in all" + " " * 82 + "7 of 20",
        "",
        "total 7 of 100, mark 2 (lab2, lab3, lab4, lab5 not graded, counted as 0)",
    ]
    assert graded.report["complete"] is True


def test_lost_points_are_no_traceback_in_the_own_tests_either(tmp_path):
    write_rubric(tmp_path, "lab1", EVERY_OUTCOME)
    graded = grade(tmp_path, "lab1")
    assert graded.exit_code == 1
    assert "FAILURES" not in graded.stdout
    assert "1 passed, 1 partial, 1 lost, 2 not run in" in graded.stdout


@pytest.mark.parametrize(
    ("body", "outcome", "found"),
    [
        ("verdict.not_run('no readable table')", "not run", "no readable table"),
        ("pytest.skip('no docker')", "not run", "no docker"),
        ("pytest.xfail('known')", "not run", "known"),
        ("raise KeyError('x')", "failed", "an error of the grader, not of the submission: KeyError: 'x'"),
        ("raise SystemExit(0)", "failed", "an error of the grader, not of the submission: SystemExit: 0"),
        ("broken_fixture()", "failed", "an error of the grader, not of the submission: NameError: name "),
        (
            "verdict.partial(1.5, expected='', found='', help='')",
            "failed",
            "ValueError: partial(1.5) of 20 points",
        ),
        (
            "verdict.partial(20, expected='', found='', help='')",
            "failed",
            "ValueError: partial(20) of 20 points",
        ),
        ("import os; verdict.fail(expected='a', found='\\x1b[31m\\u202e', help='b')", "failed", "\\u202e"),
    ],
)
def test_anything_but_a_full_end_gives_no_points(tmp_path, body, outcome, found):
    write_rubric(tmp_path, "lab1", f"@pytest.mark.points(20)\ndef test_it(verdict):\n    {body}\n")
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    check = graded.checks()["it"]
    assert (graded.exit_code, check["outcome"], check["points"]) == (1, outcome, 0)
    assert found in check["found"]


@pytest.mark.parametrize(
    "mark", ["xfail(reason='known')", "skip(reason='known')", "skipif(True, reason='known')"]
)
@pytest.mark.parametrize("body", ["pass", "raise KeyError"])
def test_marks_of_pytest_never_pass_a_check(tmp_path, mark, body):
    write_rubric(
        tmp_path, "lab1", f"@pytest.mark.{mark}\n@pytest.mark.points(20)\ndef test_it():\n    {body}\n"
    )
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert (graded.exit_code, graded.report["points"]) == (1, 0)


def test_broken_fixture_is_the_graders_error(tmp_path):
    rubric = "@pytest.fixture\ndef broken():\n    raise OSError('disk')\n"
    write_rubric(tmp_path, "lab1", rubric + "@pytest.mark.points(20)\ndef test_it(broken):\n    pass\n")
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert graded.checks()["it"]["found"] == "an error of the grader, not of the submission: OSError: disk"
    assert "raise OSError('disk')" in graded.stdout


def test_traceback_of_the_grader_quotes_nothing_raw(tmp_path):
    body = "print('\\x1b[31m printed')\n    raise ValueError('\\x1b[31m\\u202e')"
    write_rubric(tmp_path, "lab1", f"@pytest.mark.points(20)\ndef test_it():\n    {body}\n")
    for arguments in ([], ["--submission", "."]):
        graded = grade(tmp_path, "lab1", *arguments)
        assert "E       ValueError: \\u202e" in graded.stdout
        assert not set("\x1b\u202e") & set(graded.stdout + graded.stderr)


def test_checks_run_in_file_order_whatever_reorders_them(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    with (tmp_path / "conftest.py").open("a") as conftest:
        conftest.write("def pytest_collection_modifyitems(items): items.reverse()\n")
    graded = grade(tmp_path, "lab1/test_lab1.py::test_second", "lab1", "--submission", ".")
    assert [line[:11] for line in graded.stderr.splitlines()] == ["[1/2] The f", "[2/2] The s"]


def test_left_out_checks_are_listed_and_block_nothing(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    graded = grade(tmp_path, "lab1", "--submission", ".", "-k", "second", "--report-json", "report.json")
    assert graded.exit_code == 1
    assert graded.outcomes() == {"first": "not run", "second": "passed"}
    assert graded.checks()["first"]["found"] == "this check was not selected"
    assert (graded.report["complete"], graded.report["points"], graded.report["possible"]) == (False, 8, 20)
    assert "This result is partial: not every check of the rubric was run." in graded.stdout


def test_left_out_checks_do_not_fail_the_own_tests(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    assert grade(tmp_path, "lab1", "-k", "second").exit_code == 0


def test_check_named_alone_is_a_partial_result(tmp_path):
    write_rubric(tmp_path, "lab1", FULL)
    graded = grade(
        tmp_path, "lab1/test_lab1.py::test_second", "--submission", ".", "--report-json", "report.json"
    )
    assert graded.exit_code == 1
    assert (graded.report["complete"], graded.report["points"], graded.report["possible"]) == (False, 8, 8)


def test_stopping_at_the_first_loss_is_a_partial_result(tmp_path):
    write_rubric(tmp_path, "lab1", EVERY_OUTCOME)
    graded = grade(tmp_path, "lab1", "--submission", ".", "-x", "--report-json", "report.json")
    assert graded.exit_code == 1
    assert list(graded.outcomes().values()) == ["passed", "partial", "not run", "not run", "not run"]
    assert graded.report["complete"] is False


def test_parameters_are_checks_of_their_own(tmp_path):
    rubric = """
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.points(5)
def test_each(n, verdict):
    if n == 2:
        verdict.fail(expected="1", found=n, help="take 1")

@pytest.mark.points(10, depends=["test_each"])
def test_all(): pass
"""
    write_rubric(tmp_path, "lab1", rubric)
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json")
    assert graded.outcomes() == {"each[1]": "passed", "each[2]": "failed", "all": "not run"}


def test_junit_carries_the_points(tmp_path):
    write_rubric(tmp_path, "lab1", EVERY_OUTCOME)
    grade(tmp_path, "lab1", "--submission", ".", "--junitxml", "junit.xml")
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]  # noqa: S314  our own file
    cases = [[(p.get("name"), p.get("value")) for p in case.iter("property")] for case in suite]
    assert cases == [[("points", str(n)), ("possible", "4")] for n in (4, 3, 0, 0, 0)]
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "2")


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("points()", "write @pytest.mark.points(3, depends=['test_other'])"),
        ("points(0)", "write @pytest.mark.points(3, depends=['test_other'])"),
        ("points(1.5)", "write @pytest.mark.points(3, depends=['test_other'])"),
        ("points(2, dependson=['test_b'])", "write @pytest.mark.points(3, depends=['test_other'])"),
        ("points(2, depends='test_b')", "depends='test_b' is not a list: depends=['test_other']"),
        (
            "points(2, depends=['test_nowhere'])",
            "depends on 'test_nowhere': name a check above it in the file",
        ),
        ("points(2, depends=['test_b'])", "depends on 'test_b': name a check above it in the file"),
        ("points(2, depends=['test_a'])", "depends on 'test_a': name a check above it in the file"),
    ],
)
def test_marks_that_make_no_sense_are_wrong_usage(tmp_path, mark, message):
    rubric = f"@pytest.mark.{mark}\ndef test_a(): pass\n@pytest.mark.points(1)\ndef test_b(): pass\n"
    write_rubric(tmp_path, "lab1", rubric)
    graded = grade(tmp_path, "lab1", "--submission", ".")
    assert graded.exit_code == 2
    assert graded.stderr.startswith("lab1/test_lab1.py::test_a")
    assert graded.stderr.endswith(f"{message}\n")
    assert len(graded.stderr.splitlines()) == 1
    assert grade(tmp_path, "lab1").exit_code == 4


def test_lab_comes_from_the_mark_where_the_file_does_not_say_it(tmp_path):
    (tmp_path / "test_docker.py").write_text("import pytest\n@pytest.mark.points(20)\ndef test_it(): pass\n")
    write_rubric(tmp_path, "lab1", FULL)
    graded = grade(tmp_path, "test_docker.py", "--submission", ".")
    assert graded.exit_code == 2
    assert "no lab: name the file labN/test_labN.py or mark it rubric('lab1')" in graded.stderr
    with (tmp_path / "test_docker.py").open("a") as rubric:
        rubric.write("pytestmark = pytest.mark.rubric('lab3')\n")
    assert "lab3 in all" in grade(tmp_path, "test_docker.py", "--submission", ".").stdout


def test_verdict_outside_a_check_says_so(tmp_path):
    write_rubric(tmp_path, "lab1", "def test_it(verdict): pass\n")
    graded = grade(tmp_path, "lab1")
    assert "LookupError: test_it asks for a verdict: give it @pytest.mark.points(n)" in graded.stdout
