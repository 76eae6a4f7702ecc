"""The result as JSON and as a page: complete or partial, whole or not at all."""

import json
import signal
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from common import grading
from common.grading.report import mark
from common.tests.rubrics import Graded, command, environment, grade, write_rubric

SCHEMA = json.loads((Path(grading.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
HOSTILE = "<script>alert(1)</script>&\\x1b[31m\\u202e'\\\"" + "x" * 5000

RUBRIC = f'''
@pytest.mark.points(15)
def test_first():
    """The first <criterion>."""

@pytest.mark.points(5)
def test_second(verdict):
    """The second."""
    verdict.advice("{HOSTILE}")
    verdict.partial(2, expected="{HOSTILE}", found="{HOSTILE}", help="{HOSTILE}")
'''

SLOW = '''
import pathlib, time

@pytest.fixture(scope="session")
def service():
    yield
    pathlib.Path("service-ended").touch()

@pytest.mark.points(12)
def test_first(service):
    """The first."""

@pytest.mark.points(4)
def test_slow():
    """It waits."""
    pathlib.Path("waiting").touch()
    time.sleep(60)

@pytest.mark.points(4)
def test_last():
    """It is not reached."""
'''


class Page(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            self.attributes.setdefault(name, []).append(value)

    def handle_data(self, data):
        self.text += data


def full_rubrics(folder: Path, points: list[int]) -> None:
    """Write one rubric a lab, which gives that many of 20 points."""
    for number, given in enumerate(points, start=1):
        body = f"@pytest.mark.points({given})\ndef test_got(): pass\n" if given else ""
        if given < 20:
            body += f"@pytest.mark.points({20 - given})\ndef test_lost(verdict):\n"
            body += "    verdict.fail(expected='a', found='b', help='c')\n"
        write_rubric(folder, f"lab{number}", body)


def test_json_report_is_what_the_schema_says(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    report = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "report.json").report
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)
    first, second = report["labs"]["lab1"].pop("checks")
    assert report.pop("seconds") < 30
    assert report == {
        "submission": ".",
        "complete": True,
        "points": 17,
        "possible": 20,
        "mark": 2,
        "notes": [],
        "labs": {"lab1": {"points": 17, "possible": 20}},
    }
    assert first.pop("seconds") < 30
    assert first == {
        "id": "first",
        "title": "The first <criterion>",
        "outcome": "passed",
        "points": 15,
        "possible": 15,
        "expected": "",
        "found": "",
        "help": "",
        "advice": [],
    }
    assert second["found"].startswith("<script>alert(1)</script>&\\u202e'\"xxx")
    assert len(second["found"]) == 320


def test_schema_refuses_what_is_not_a_result():
    check = {"id": "a", "title": "A", "outcome": "not run", "points": 0, "possible": 2, "seconds": 0}
    check |= {"expected": "", "found": "", "help": "", "advice": []}
    lab = {"points": 0, "possible": 2, "checks": [check]}
    report = {"submission": ".", "complete": False, "points": 0, "possible": 2, "mark": 2, "seconds": 0}
    report |= {"notes": [], "labs": {"lab1": lab}}
    jsonschema.validate(report, SCHEMA)
    wrongs = [{"outcome": "skipped"}, {"points": 1}, {"outcome": "passed"}, {"possible": 0}, {"extra": 1}]
    for wrong in wrongs:
        lab["checks"] = [check | wrong]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(report, SCHEMA)


def test_page_says_the_same_and_obeys_nothing(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    grade(tmp_path, "lab1", "--submission", ".", "--report-html", "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert not {"script", "criterion", "link", "img", "iframe"} & set(page.tags)
    assert "viewport" in page.attributes["name"]
    assert not {"src", "href", "onload"} & set(page.attributes)
    assert not set("\x1b\u202e") & set(html)
    for words in ("17 of 20 points", "The first <criterion>", "15 of 15", "partial, 2 of 5"):
        assert words in page.text
    assert page.text.count("<script>alert(1)</script>&\\u202e'\"xxx") == 4
    assert "Total 17 of 100, mark 2 (lab2, lab3, lab4, lab5 not graded, counted as 0)." in page.text
    assert "This report is partial" not in page.text


@pytest.mark.parametrize(
    ("points", "total", "mark"),
    [
        ([20, 20, 20, 20, 20], 100, 5),
        ([20, 20, 20, 20, 5], 85, 5),
        ([20, 20, 20, 20, 4], 84, 4),
        ([20, 20, 20, 5, 0], 65, 4),
        ([20, 20, 20, 4, 0], 64, 3),
        ([20, 20, 5, 0, 0], 45, 3),
        ([20, 20, 4, 0, 0], 44, 2),
    ],
)
def test_five_labs_give_the_mark(tmp_path, points, total, mark):
    full_rubrics(tmp_path, points)
    labs = [f"lab{number}" for number in range(1, 6)]
    graded = grade(tmp_path, *labs, "--submission", ".", "--report-json", "report.json")
    assert graded.stdout.splitlines()[-1] == f"total {total} of 100, mark {mark}"
    report = graded.report
    assert (report["points"], report["possible"], report["mark"]) == (total, 100, mark)
    assert graded.exit_code == (0 if total == 100 else 1)


@pytest.mark.parametrize(
    ("points", "given"), [(102, 5), (101.99, 4), (78, 4), (77.99, 3), (54, 3), (53.99, 2)]
)
def test_a_mark_is_a_share_of_the_course(points, given):
    assert mark(points, 120) == given  # 85, 65 and 45 of 100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_grading_leaves_a_partial_report(tmp_path, number):
    write_rubric(tmp_path, "lab1", SLOW)
    (tmp_path / "report.json").write_text("an older report")
    arguments = ["lab1", "--submission", ".", "--report-json", "report.json", "--report-html", "report.html"]
    running = subprocess.Popen(
        command(*arguments),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # a shell starts its background jobs, and so perhaps these tests, with Ctrl-C switched off
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(number)
    stdout, stderr = running.communicate(timeout=30)
    graded = Graded(running.returncode, stdout, stderr, tmp_path)
    assert graded.exit_code == 130
    assert "KeyboardInterrupt" not in stdout + stderr
    assert "This result is partial" in stdout
    jsonschema.validate(graded.report, SCHEMA)
    assert (graded.report["complete"], graded.report["points"], graded.report["possible"]) == (False, 12, 20)
    assert graded.outcomes() == {"first": "passed", "slow": "not run", "last": "not run"}
    assert graded.checks()["slow"]["found"] == "the grading was interrupted"
    assert "This report is partial" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "service-ended").exists()


def test_folder_of_a_report_is_made(tmp_path):
    write_rubric(tmp_path, "lab1", "@pytest.mark.points(20)\ndef test_it(): pass\n")
    graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", "new/folder/a.json")
    assert graded.exit_code == 0
    assert json.loads((tmp_path / "new/folder/a.json").read_text(encoding="utf-8"))["points"] == 20


def test_report_that_cannot_be_written_costs_the_exit_code_alone(tmp_path):
    write_rubric(tmp_path, "lab1", "@pytest.mark.points(20)\ndef test_it(): pass\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    places = {
        "file/a.json": "File exists",  # where its folder should be
        "folder": "Is a directory",
        "/proc/none/a.json": "No such file or directory",  # where nobody can make a folder, not even root
    }
    for place, reason in places.items():
        graded = grade(tmp_path, "lab1", "--submission", ".", "--report-json", place)
        assert graded.exit_code == 1
        assert "total 20 of 100" in graded.stdout
        assert graded.stderr.splitlines()[1:] == [
            f"the report '{tmp_path / place}' cannot be written ({reason}): "
            "name a file in a folder you may write to"
        ]
    assert not list(tmp_path.glob(".*tmp*"))


def test_report_paths_are_those_of_the_person_who_typed_them(tmp_path):
    write_rubric(tmp_path, "lab1", "@pytest.mark.points(20)\ndef test_it(): pass\n")
    (tmp_path / "elsewhere").mkdir()
    where = str(tmp_path / "elsewhere")
    grade(tmp_path, "lab1", "--report-json", "report.json", "--report-html", "a.html", WORKBOOK_CWD=where)
    assert sorted(file.name for file in Path(where).iterdir()) == ["a.html", "report.json"]


def test_colour_is_for_terminals(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    assert "\x1b[" not in grade(tmp_path, "lab1", "--submission", ".").stdout
    coloured = grade(tmp_path, "lab1", "--submission", ".", "--color", "yes").stdout
    assert "\x1b[32m  The first <criterion>" in coloured
    assert "\x1b[33m  The second" in coloured


def test_table_fits_a_narrow_terminal(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    stdout = grade(tmp_path, "lab1", "--submission", ".", COLUMNS="40").stdout
    assert max(len(line) for line in stdout.splitlines()) <= 40
