"""The gradebook on a class: tables, page, what is kept of each student, attempts, other points."""

import json
import re
import shutil

import pytest

from common.grading.book.sketch import FILES
from common.tests.classes import FOUR, gradebook, hand_in, pack, rows, without_times
from common.tests.tools import hash_files, run_command

NAMES = ("scripts_are_there", "pipeline_finishes", "stdout_is_the_metric", "data_are_made")
SHOWN = "=1+cmd|' C calc'!A1<script>alert(1)<\\u202e"
HOSTILE = "=1+cmd|' C calc'!A1<script>alert(1)<\u202e"


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder / "anna")
    hand_in(folder / "anna@2", *FOUR, "pipeline.sh")
    hand_in(folder / "anna@10", *FOUR)
    pack(hand_in(folder / "ира", *FOUR, "pipeline.sh"))
    hand_in(folder / HOSTILE)
    (folder / "torn.zip").write_bytes(b"PK\x03\x04 and no more")
    (folder / "notes.txt").write_text("not a submission\n")
    return folder


@pytest.fixture(scope="module")
def book(submissions, tmp_path_factory):
    out = tmp_path_factory.mktemp("book") / "new"
    return out, gradebook(submissions, out)


def test_it_says_what_it_did(book):
    out, ended = book
    expected = f"4 students, graded now: 6, kept: 0, with an error: 1; see {out}/index.html\n"
    assert (ended.code, ended.out) == (0, expected)
    assert "6/6" in ended.err


def test_the_table_has_one_row_a_student(book):
    table = {row["student"]: row for row in rows(book[0])}
    assert list(table) == [f"'{SHOWN}", "anna", "torn", "ира"]
    anna = table["anna"]
    assert (anna["attempt"], anna["attempts"]) == ("2", "3")
    assert [anna[f"lab1.{name}"] for name in NAMES] == ["2", "0", "0", "0"]
    assert (anna["lab1"], anna["total"], anna["mark"], anna["error"]) == ("2", "2", "2", "")
    assert table["torn"]["error"] == "'torn.zip' is not a whole zip: pack the folder again"
    assert float(anna["seconds"]) > 0


def test_learning_platforms_get_their_columns(book):
    moodle, canvas = rows(book[0], "moodle.csv"), rows(book[0], "canvas.csv")
    assert {row["Username"]: row["lab1"] for row in moodle}["anna"] == "2"
    assert list(canvas[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "lab1"]
    assert (canvas[0]["Student"], canvas[0]["lab1"]) == ("    Points Possible", "20")
    assert [row["SIS Login ID"] for row in canvas[1:]][1:] == ["anna", "torn", "ира"]


def test_what_the_grader_saw_is_kept_for_each_attempt(book):
    kept = book[0] / "anna" / "2"
    assert {"report.html", "report.json", "result.json", "comment.md", "grading.log"} <= set(hash_files(kept))
    run = json.loads((kept / "runs" / "01.json").read_text())
    assert (run["command"], run["exit_code"]) == (["bash", "pipeline.sh"], 1)
    assert run["check"] == "lab1/test_lab1.py::test_pipeline_finishes"
    assert (kept / "runs" / "01.stderr").read_text() == ""
    repeat = json.loads((kept / "result.json").read_text())["repeat"]["lab1.pipeline_finishes"]
    assert repeat == "bash common/test.sh lab1/test_lab1.py::test_pipeline_finishes --submission 'anna@2'"
    assert {path.name for path in (book[0] / "anna").iterdir()} == {"first", "2", "10"}


def test_a_comment_is_ready_to_send(book):
    lines = (book[0] / "anna" / "2" / "comment.md").read_text().splitlines()
    assert lines[:5] == ["# anna", "", "**2 of 20 points, mark 2**", "", "## lab1: 2 of 20"]
    assert "- The four stage scripts and pipeline.sh have the assignment's names: 2 of 2" in lines


def test_the_page_links_reports_and_runs_no_strangers_script(book):
    page = (book[0] / "index.html").read_text()
    for link in re.findall(r'href="([^"]+)"', page):
        assert run_command("python3", "-c", UNQUOTED, link, cwd=book[0]).code == 0, link
    assert page.count("<script>") == 1
    assert "!A1&lt;script&gt;alert(1)&lt;\\u202e</a>" in page
    assert "What the class found hard" in page


UNQUOTED = "import sys, os, urllib.parse as p; sys.exit(not os.path.isfile(p.unquote(sys.argv[1])))"


def test_nearly_the_same_sources_are_pairs_to_look_at(tmp_path):
    folder = tmp_path / "class"
    words = [f"value_{n} = compute({n}, weight={n * n})" for n in range(40)]
    for name, lines in (("one", words), ("two", ["# mine", *words]), ("other", [w[::-1] for w in words])):
        hand_in(folder / name, "work.py", content="\n".join(lines) + "\n")
        cache = folder / name / ".dvc" / "cache"  # of which each has another, and more than sources are read
        cache.mkdir(parents=True)
        for n in range(FILES + 1):
            (cache / f"{n:03}").write_text(f"{name} has {n} things of its own in a cache of {n} files\n")
    gradebook(folder, tmp_path / "book")
    page = (tmp_path / "book" / "index.html").read_text()
    assert re.findall(r"<li>(\w+), (\w+): \d+ %</li>", page) == [("one", "two")]


def test_a_second_run_grades_nothing_and_changes_nothing(book, submissions, tmp_path):
    out = shutil.copytree(book[0], tmp_path / "book")
    before = without_times(out)
    ended = gradebook(submissions, out)
    assert ended.out == f"4 students, graded now: 0, kept: 6, with an error: 1; see {out}/index.html\n"
    assert without_times(out) == before


def test_what_changed_is_graded_again(book, submissions, tmp_path):
    folder = shutil.copytree(submissions, tmp_path / "class")
    out = shutil.copytree(book[0], tmp_path / "book")
    (folder / "anna@2" / "lab1" / "pipeline.sh").unlink()
    ended = gradebook(folder, out)
    assert ended.out.startswith("4 students, graded now: 1, kept: 5")
    assert {row["student"]: row["total"] for row in rows(out)}["anna"] == "0"


@pytest.mark.parametrize(("counts", "attempt"), [("best", "2"), ("last", "10")])
def test_the_best_or_the_last_attempt_counts(book, submissions, tmp_path, counts, attempt):
    out = shutil.copytree(book[0], tmp_path / "book")
    gradebook(submissions, out, "--counts", counts)
    assert {row["student"]: row["attempt"] for row in rows(out)}["anna"] == attempt


def test_a_points_file_changes_columns_totals_and_marks(book, submissions, tmp_path):
    out = shutil.copytree(book[0], tmp_path / "book")
    points = tmp_path / "points.toml"
    points.write_text("[lab1]\nscripts_are_there = 100\ndata_are_made = 0\n")
    assert gradebook(submissions, out, "--points", points).code == 0
    anna = {row["student"]: row for row in rows(out)}["anna"]
    # 100 of the 115 that lab 1 now gives, and 80 of the other labs: 51 of 100
    assert (anna["lab1.scripts_are_there"], anna["total"], anna["mark"]) == ("100", "100", "3")
    assert "lab1.data_are_made" not in anna
    comment = (out / "anna" / "2" / "comment.md").read_text()
    assert "**100 of 115 points, mark 3**" in comment


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[lab1]\nscript = 3\n",
            "names the check 'lab1.script': lab1 has scripts_are_there, pipeline",
        ),
        (
            "[lab1]\ndata_are_made = -1\n",
            "'lab1.data_are_made = -1' in '.*' is not points: give a whole",
        ),
        ("[lab1]\ndata_are_made = 1.5\n", "'lab1.data_are_made = 1.5' in '.*' is not points"),
        ("lab1 = 3\n", "'lab1' in '.*' is not a lab: write \\[lab1\\]"),
        ("[lab1\n", "the points file '.*' cannot be read: Expected"),
    ],
)
def test_a_wrong_points_file_says_what_is_wrong(submissions, tmp_path, content, message):
    points = tmp_path / "points.toml"
    points.write_text(content)
    ended = gradebook(submissions, tmp_path / "book", "--points", points)
    assert (ended.code, ended.out) == (1, "")
    assert re.search(message, ended.err)
    assert not (tmp_path / "book").exists()


def test_only_what_changed_since_a_revision_is_graded(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder / "anna", *FOUR)
    hand_in(folder / "boris", *FOUR)
    git = ("git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"], ["tag", "first"]):
        assert run_command(*git, *words).code == 0
    gradebook(folder, tmp_path / "book")
    hand_in(folder / "clara", *FOUR)
    (folder / "boris" / "lab1" / "pipeline.sh").write_text("exit 1\n")
    ended = gradebook(folder, tmp_path / "book", "--since", "first", "--time-limit", "60")
    # anna's kept result was graded with another time limit, and still holds
    assert ended.out.startswith("3 students, graded now: 2, kept: 1")
    wrong = gradebook(folder, tmp_path / "book", "--since", "nothing")
    assert wrong.code == 1
    assert re.search("--since: git says of '.*': .*'nothing'.*: give a revision of it", wrong.err)
