"""bash common/labs.sh on a tree of small labs: its table, its JSON, its files, what it says of failures."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from common.tests.boxes import processes_with
from common.tests.tools import ROOT, run_command, wait_until

PARTS = ("__init__.py", "atomic.py", "environment.sh", "labs.py", "labs.sh", "stage.py")
GOOD = "echo 'Model test accuracy is: 0.940'"
PIPELINES = {
    "lab1": f"echo '[1/1] works' >&2; {GOOD}",
    "lab2": f"{GOOD}; echo 'a stage met its end' >&2; exit 3",
    "lab3": f"{GOOD}; {GOOD}",
    "lab4": "echo 'Model test R2 is: -0.125'",
}
TABLE = """\
| lab  | metric                       | seconds |
|------|------------------------------|--------:|
| lab1 | accuracy 0.940               |    S.SS |
| lab2 | failed, exit code 3          |    S.SS |
| lab3 | failed, it printed no metric |    S.SS |
| lab4 | R2 -0.125                    |    S.SS |
"""
ENV = os.environ | {"WORKBOOK_PYTHON": sys.executable}


class Tree:
    """A copy of what labs.sh needs, with pipelines of a line each."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "reports" / "labs"
        (root / "common").mkdir(parents=True)
        for name in PARTS:
            shutil.copy(ROOT / "common" / name, root / "common" / name)
        for lab, line in PIPELINES.items():
            self.write(lab, line)

    def write(self, lab: str, line: str) -> None:
        (self.root / lab).mkdir(exist_ok=True)
        (self.root / lab / "pipeline.sh").write_text(f"set -eu\n{line}\n")

    def run(self, *words: object):
        return run_command("bash", self.root / "common" / "labs.sh", *words, env=ENV)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "work book")


def last_line(text: str) -> str:
    return text.splitlines()[-1]


def test_a_table_has_all_labs_and_a_failure_keeps_none_from_running(tree):
    ended = tree.run()
    assert ended.code == 1
    assert re.sub(r" \d\.\d\d \|", " S.SS |", ended.out) == TABLE
    logs = f"'{tree.out}/lab2.log', '{tree.out}/lab3.log'"
    assert last_line(ended.err) == f"labs: lab2, lab3 failed: read {logs}"
    assert (tree.out / "lab1.log").read_text() == "[1/1] works\nModel test accuracy is: 0.940\n"
    assert "a stage met its end\n" in (tree.out / "lab2.log").read_text()


def test_json_has_the_same_and_a_lab_is_chosen_by_its_name(tree):
    ended = tree.run("lab4/", "lab1", "lab4", "--json")
    assert ended.code == 0
    results = json.loads(ended.out)
    assert [one.pop("seconds") < 10 for one in results] == [True, True]
    assert results == [
        {"lab": "lab4", "status": "passed", "metric": "R2", "value": -0.125, "exit_code": 0},
        {"lab": "lab1", "status": "passed", "metric": "accuracy", "value": 0.94, "exit_code": 0},
    ]
    assert sorted(path.name for path in tree.out.iterdir()) == [
        "lab1.json",
        "lab1.log",
        "lab4.json",
        "lab4.log",
    ]


def test_the_progress_is_a_line_as_a_lab_starts_and_one_as_it_ends(tree):
    ended = tree.run("lab1")
    assert re.sub(r"\d\.\d\d s", "S", ended.err) == (
        f"lab1  started, its log is '{tree.out}/lab1.log'\nlab1  accuracy 0.940  S\n"
    )


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(tree):
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    command = ["bash", tree.root / "common" / "labs.sh", "lab1", "lab4"]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, env=ENV, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert ended.returncode == 0
    assert re.search(r"1 of 2 \|[^|]+\| 00:0\d, lab4", shown)
    assert re.search(r"\r +\r$", shown)  # written over


def test_collect_makes_one_table_of_what_several_runs_have_left(tree, tmp_path):
    for lab in ("lab4", "lab1"):
        assert tree.run(lab, "--out", tmp_path / "out").code == 0
    ended = tree.run("--collect", "--out", tmp_path / "out", "lab1", "lab4")
    assert ended.code == 0
    assert re.findall(r"^\| (lab\d) \| (.*?) +\|", ended.out, re.MULTILINE) == [
        ("lab1", "accuracy 0.940"),
        ("lab4", "R2 -0.125"),
    ]
    assert (tmp_path / "out" / "table.md").read_text() == ended.out
    ended = tree.run("--collect", "--out", tmp_path / "out")
    assert ended.code == 1
    assert "| lab2 | not run        |         |\n" in ended.out
    assert ended.err == "labs: lab2, lab3 not run: type  bash common/labs.sh lab2 lab3\n"
    tree.run("lab2", "--out", tmp_path / "out")
    ended = tree.run("--collect", "--out", tmp_path / "out", "lab1", "lab2")
    assert (ended.code, ended.err) == (1, f"labs: lab2 failed: read '{tmp_path}/out/lab2.log'\n")


def test_a_run_that_is_stopped_stops_its_lab_and_leaves_no_metric_of_an_earlier_one(tree):
    assert tree.run("lab1").code == 0
    tree.write("lab1", f"{GOOD}\nsleep 4721")
    with subprocess.Popen(
        ["bash", "-c", f"exec bash '{tree.root}/common/labs.sh' lab1"],
        stderr=subprocess.PIPE,
        env=ENV,
        start_new_session=True,
    ) as running:
        wait_until(lambda: processes_with("sleep 4721"), limit_s=30)
        os.killpg(running.pid, signal.SIGTERM)
        running.communicate(timeout=30)
    wait_until(lambda: not processes_with("sleep 4721"), limit_s=10)
    assert not (tree.out / "lab1.json").exists()
    assert tree.run("--collect", "lab1").err == "labs: lab1 not run: type  bash common/labs.sh lab1\n"


def test_jobs_run_side_by_side(tree):
    for lab, other in (("lab1", "lab4"), ("lab4", "lab1")):
        wait = f"until [ -e '{tree.root}/{other}/began' ]; do sleep 0.05; done"
        tree.write(lab, f"touch '{tree.root}/{lab}/began'; {wait}; {GOOD}")
    assert tree.run("lab1", "lab4", "--jobs", 2).code == 0


def test_what_is_wrong_is_one_line(tree, tmp_path):
    unknown = tree.run("lab9")
    assert unknown.code == 2
    assert last_line(unknown.err) == (
        "labs: error: argument LAB: there is no lab 'lab9': name one of lab1, lab2, lab3, lab4"
    )
    (tmp_path / "file").touch()
    nowhere = tree.run("lab1", "--out", tmp_path / "file" / "out")
    assert nowhere.code == 1
    assert nowhere.err == (
        f"labs: '{tmp_path}/file/out' cannot be made (Not a directory): give another folder by --out\n"
    )
    tree.out.mkdir(parents=True)
    (tree.out / "lab1.json").write_text('{"lab": "lab1"')
    spoilt = tree.run("--collect", "lab1")
    assert spoilt.code == 1
    assert spoilt.err == (
        f"labs: '{tree.out}/lab1.json' is no result of a lab: type  bash common/labs.sh lab1\n"
    )
