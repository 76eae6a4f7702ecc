"""Grading as a teacher does it: what is typed, from another folder, and what comes out of it."""

import html.parser
import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from common.tests.boxes import make_box
from common.tests.submissions import EXAMPLES
from common.tests.tools import ROOT, Ended, run_command, skip_or_fail

FINISHES = ("-k", "test_pipeline_finishes")  # one run of the pipeline instead of all
STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")


@pytest.fixture(scope="module", autouse=True)
def _needs_a_box():
    make_box()


def grade(folder: Path, *arguments: object, **env: str) -> Ended:
    """Type the command in `folder`."""
    return run_command(
        "bash",
        ROOT / "common/test.sh",
        *arguments,
        cwd=folder,
        env=os.environ | {"COLUMNS": "80", "LC_ALL": "C.UTF-8"} | env,
    )


def finishing(folder: Path, *options: object, **env: str) -> tuple[str, str]:
    """Grade that the pipeline of 'work' finishes; return how that came out and what was found."""
    ended = grade(
        folder, "lab1", "--submission", "work", *options, *FINISHES, "--report-json", "r.json", **env
    )
    assert ended.code == 1, ended.err
    checks = json.loads((folder / "r.json").read_text())["labs"]["lab1"]["checks"]
    (check,) = [check for check in checks if check["id"] == "pipeline_finishes"]
    return check["outcome"], check["found"]


def write_lab(folder: Path, first_stage: str) -> None:
    """Write 'work', a lab whose first stage does this and whose other stages do nothing."""
    lab = folder / "work/lab1"
    lab.mkdir(parents=True)
    for stage in STAGES:
        (lab / f"{stage}.py").write_text(first_stage if stage == STAGES[0] else "pass\n")
    (lab / "pipeline.sh").write_text("set -e\n" + "".join(f"python3 {stage}.py\n" for stage in STAGES))


def without_seconds(report: dict) -> dict:
    checks = [check | {"seconds": 0} for check in report["labs"]["lab1"]["checks"]]
    return {"checks": checks, "points": report["points"], "complete": report["complete"]}


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> tuple[Path, Ended]:
    """A lab with full marks, graded as a folder from beside it, with all three reports."""
    folder = tmp_path_factory.mktemp("teacher")
    EXAMPLES["percent"].write(folder / "anna")
    reports = ("--report-json", "out/a.json", "--report-html", "out/a.html", "--junitxml", "out/a.xml")
    return folder, grade(folder, "lab1", "--submission", "anna", *reports)


def test_full_marks(full):
    _, ended = full
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.splitlines()[1:3] == ["anna", "lab1"]
    assert ended.out.splitlines()[-3] == "lab1 in all" + " " * 61 + "20 of 20"
    assert [line[:5] for line in ended.err.splitlines()] == [f"[{n}/8]" for n in range(1, 9)]


def test_reports_land_in_the_callers_folder(full):
    folder, _ = full
    report = json.loads((folder / "out/a.json").read_text())
    schema = json.loads((ROOT / "common/grading/report.schema.json").read_text())
    jsonschema.validate(report, schema, jsonschema.Draft202012Validator)
    assert (report["submission"], report["points"], report["complete"]) == ("anna", 20, True)
    assert (folder / "out/a.html").read_text().startswith("<!doctype html>")
    suite = ElementTree.parse(folder / "out/a.xml").getroot()[0]  # noqa: S314  our own file
    assert (suite.get("tests"), suite.get("failures")) == ("8", "0")


@pytest.mark.parametrize("variant", ["zip", "trusted"])
def test_every_way_in_gives_the_same_result(full, tmp_path, variant):
    folder, _ = full
    if variant == "zip":  # with a folder around it, from elsewhere
        shutil.make_archive(tmp_path / "anna", "zip", folder, "anna")
        (tmp_path / "elsewhere").mkdir()
        ended = grade(
            tmp_path / "elsewhere", "lab1", "--submission", "../anna.zip", "--report-json", "r.json"
        )
        report = tmp_path / "elsewhere/r.json"
    else:
        arguments = (
            "lab1",
            "--submission",
            "anna",
            "--trust-submission",
            "--report-json",
            tmp_path / "r.json",
        )
        ended = grade(folder, *arguments)
        report = tmp_path / "r.json"
        assert "note: graded with --trust-submission\n" in ended.out
    assert ended.code == 0, ended.out
    expected = json.loads((folder / "out/a.json").read_text())
    assert without_seconds(json.loads(report.read_text())) == without_seconds(expected)


def test_a_stage_that_sleeps_meets_the_time_limit(tmp_path):
    write_lab(tmp_path, "import time; time.sleep(60)\n")
    outcome, found = finishing(tmp_path, "--time-limit", "1")
    assert (outcome, found) == ("failed", "it was stopped after 1 s: it reached the limit of time")


def test_a_stage_that_grows_meets_the_memory_limit(tmp_path):
    write_lab(tmp_path, "held = b'x' * 300_000_000\n")
    outcome, found = finishing(tmp_path, "--memory-limit", "200")
    assert outcome == "failed"
    assert "MemoryError" in found or "limit of memory" in found
    assert finishing(tmp_path, "--memory-limit", "600") == ("passed", "")


def test_a_submission_that_needs_the_network_is_not_run(tmp_path):
    write_lab(tmp_path, "import urllib.request\nurllib.request.urlopen('http://data.example/a.csv')\n")
    outcome, found = finishing(tmp_path)
    assert outcome == "not run"
    assert found == "it asks for the network, which the box has not: grade it with --allow-network"


@pytest.mark.thorough
def test_requirements_give_the_version_that_is_pinned(tmp_path):
    write_lab(tmp_path, "import six\nassert six.__version__ == '1.15.0', six.__version__\n")
    (tmp_path / "work/lab1/requirements.txt").write_text("six==1.15.0\n", encoding="utf-16")
    outcome, found = finishing(tmp_path)
    assert outcome == "failed"
    assert "AssertionError: 1.1" in found
    arguments = ("lab1", "--submission", "work", "--requirements", *FINISHES)
    ended = grade(tmp_path, *arguments, XDG_CACHE_HOME=str(tmp_path / "cache"))
    if "cannot be installed" in ended.err:
        skip_or_fail(f"the package index gives no six 1.15.0: {ended.err.strip()}")
    assert ended.err.startswith("lab1/requirements.txt: building or finding its environment\n")
    assert "every stage that it\n    starts" + " " * 64 + "4 of 4\n" in ended.out
    assert "note: graded with --requirements\n" in ended.out


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(name for name, _ in attributes)}


def test_names_and_output_bring_no_markup_into_the_page(tmp_path):
    write_lab(tmp_path, "raise SystemExit('<script>alert(2)</script>&\\u202e\\x1b[31m')\n")
    name = 'x"><img src=x onerror=alert(1)>'
    (tmp_path / "work").rename(tmp_path / name)
    ended = grade(tmp_path, "lab1", "--submission", name, *FINISHES, "--report-html", "r.html")
    assert ended.code == 1
    assert "found     it ended with exit code 1: <script>alert(2)</script>&\\u202e\n" in ended.out
    page = (tmp_path / "r.html").read_text()
    assert "&lt;script&gt;alert(2)" in page
    assert "&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "img", "onerror", "src", "href"}
    assert "article" in tags.seen


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["lab1", "--submission", "nobody"], 1, "there is no '{folder}/nobody': give a folder or a .zip"),
        (["lab1", "--submission", "a.txt"], 1, "'{folder}/a.txt' is not a folder or a .zip: unpack it and"),
        (["lab1", "--submission", "broken.zip"], 1, "'broken.zip' is not a whole zip: pack the folder again"),
        (["lab1", "--submission"], 2, "--submission needs a value: --submission PATH, grade this folder"),
        (
            ["lab1", "--submision", "a"],
            2,
            "ERROR: there is no option --submision: did you mean --submission?",
        ),
        (["lab1", "--tmie-limit=3"], 2, "ERROR: there is no option --tmie-limit: did you mean --time-limit?"),
        (["lab1", "--submission", "empty", "--time-limit", "abc"], 2, "--time-limit 'abc' is not a number"),
        (["lab1", "--nonsense"], 2, "ERROR: usage: "),
        (["lab8", "--submission", "empty"], 2, "ERROR: there is no rubric for 'lab8' yet: name one of lab1"),
        (["lab9"], 2, "ERROR: there is no rubric for 'lab9' yet: name one of lab1"),
        (
            ["lab1", "empty"],
            2,
            "ERROR: 'empty' is not a rubric of the grader: name one, as in lab1 --submission empty",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_typed_wrong_is_one_line(tmp_path, arguments, code, message):
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "broken.zip").write_text("hello")
    (tmp_path / "empty").mkdir()
    ended = grade(tmp_path, *arguments)
    assert ended.code == code
    assert ended.err.startswith(message.format(folder=tmp_path))
    assert len(ended.err.strip().splitlines()) == 1 or "usage" in message
    assert ended.out.strip() == ""


def test_an_empty_folder_gets_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    ended = grade(tmp_path, "lab1", "--submission", "empty")
    assert ended.code == 1
    assert "lab1 in all" + " " * 62 + "0 of 20" in ended.out.splitlines()


def test_tests_of_a_submission_are_not_loaded_without_its_option_either(tmp_path):
    (tmp_path / "test_evil.py").write_text("open('loaded', 'w')\n")
    ended = grade(tmp_path, tmp_path / "test_evil.py")
    assert (ended.code, (ROOT / "loaded").exists()) == (2, False)
    assert "is not a rubric of the grader" in ended.err


def test_many_notes_do_not_bury_the_result(tmp_path):
    write_lab(tmp_path, "")
    for number in range(9):
        (tmp_path / f"work/{number}").symlink_to("/etc/passwd")
    ended = grade(tmp_path, "lab1", "--submission", "work", "-k", "scripts")
    notes = [line for line in ended.out.splitlines() if line.startswith("note: ")]
    assert len(notes) == 6
    assert notes[-1] == "note: 4 more notes are in the reports: --report-html FILE"
