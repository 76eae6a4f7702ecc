"""Gradings forked from one warm process are those of the command, and end when they are to end."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from common.grading.book import warm_grader
from common.grading.book.warm_grader import Grading, WarmGrader
from common.tests.boxes import make_box
from common.tests.classes import FOUR, hand_in
from common.tests.rubrics import environment
from common.tests.tools import ROOT, run_command, wait_until


@pytest.fixture(scope="module")
def grader():
    warm = WarmGrader()
    yield warm
    warm.close()


def start_in(grader: WarmGrader, folder: Path, source: str, **env: str) -> Grading:
    """Start a grading whose rubric is this source; what it prints goes to files."""
    rubric = folder / "test_rubric.py"
    rubric.write_text(source)
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        options = [str(rubric), "--rootdir", str(folder), "-s"]
        return grader.start([], options, environment(**env), out.fileno(), err.fileno())


@pytest.fixture
def start(grader, tmp_path):
    return lambda source, **env: start_in(grader, tmp_path, source, **env)


def wait_for(path: Path) -> str:
    wait_until(lambda: path.exists() and path.read_text())
    return path.read_text()


def is_alive(pid: int) -> bool:
    """Say whether a process runs: one that waits for its burial does not."""
    state = run_command("ps", "-o", "stat=", "-p", pid).out.strip()
    return bool(state) and not state.startswith("Z")


def until_gone(*pids: int) -> None:
    wait_until(lambda: not any(is_alive(pid) for pid in pids), limit_s=10)


def without_times(words: str) -> str:
    return re.sub(r'  \d+,\d\d \S+  |"seconds": [\d.]+', " SECONDS ", words)


def test_a_grading_is_what_the_command_gives(grader, tmp_path):
    make_box()
    submission = hand_in(tmp_path / "anna", *FOUR, "pipeline.sh")
    options = ["--submission", str(submission), "--lang", "ru", "--report-json"]
    rubric = ("-p", "no:cacheprovider", "-c", "pyproject.toml", "lab1/test_lab1.py")
    typed = run_command(
        *(sys.executable, "-P", "-m", "pytest", *rubric, *options, tmp_path / "typed.json"),
        cwd=ROOT,
        env=environment(),
    )
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        options.append(str(tmp_path / "warm.json"))
        grading = grader.start(["lab1"], options, environment(), out.fileno(), err.fileno())
        assert grading.wait(60) == typed.code == 1
    warm, typed_one = ((tmp_path / name).read_text() for name in ("warm.json", "typed.json"))
    assert without_times(warm) == without_times(typed_one)
    assert without_times((tmp_path / "err").read_text()) == without_times(typed.err)


def test_each_has_its_own_environment_and_folder(start, tmp_path):
    source = "import os, tempfile\ndef test(): print(os.getcwd(), tempfile.gettempdir(), os.environ['WHO'])\n"
    for who in ("anna", "ира"):
        folder = tmp_path / who
        folder.mkdir()
        assert start(source, WHO=who, TMPDIR=str(folder)).wait(60) == 0
        assert f"{ROOT} {folder} {who}\n" in (tmp_path / "out").read_text()


def test_nothing_of_one_grading_is_left_for_the_next(start, tmp_path):
    source = "import json\ndef test():\n    assert not hasattr(json, 'mine')\n    json.mine = 1\n"
    for _ in range(2):
        assert start(source).wait(60) == 0, (tmp_path / "out").read_text()


@pytest.mark.parametrize(
    ("body", "code"),
    [("pass", 0), ("raise ValueError", 1), ("import os; os._exit(7)", -9), ("import os; os.abort()", -9)],
)
def test_how_it_ended_is_told(start, tmp_path, body, code):
    assert start(f"def test(): {body}\n").wait(60) == code, (tmp_path / "out").read_text()


def test_an_environment_may_be_large(start):
    source = "import os\ndef test(): assert len(os.environ['MUCH']) == 1_000_000\n"
    assert start(source, MUCH="m" * 1_000_000).wait(60) == 0


def test_what_takes_too_long_is_ended_with_what_it_started(start, tmp_path):
    source = f"""
import pathlib, subprocess, sys
def test():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(4713)"])
    pathlib.Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
    child.wait()
"""
    grading = start(source)
    child = int(wait_for(tmp_path / "child"))
    with pytest.raises(TimeoutError):
        grading.wait(0.1)
    grading.kill()
    assert grading.code == -signal.SIGKILL
    until_gone(grading.pid, child)
    grading.kill()  # a second time changes nothing


@pytest.fixture
def wait_for_wall(tmp_path):
    """Return the source of a rubric that ends when a file is there, and that file."""
    wall = tmp_path / "wall"
    lines = (
        "import os, time",
        "def test():",
        f"    while not os.path.exists({str(wall)!r}): time.sleep(0.02)",
    )
    return "\n".join(lines), wall


def test_two_at_a_time_do_not_wait_for_each_other(start, wait_for_wall):
    source, wall = wait_for_wall
    first = start(source)
    assert start("def test(): pass\n").wait(60) == 0
    wall.touch()
    assert first.wait(60) == 0


@pytest.fixture
def endless(tmp_path):
    """Return the source of a rubric that does not end, and the file to which it writes who runs it."""
    pids = tmp_path / "pids"
    source = f"""
import os, pathlib, time
def test():
    pathlib.Path({str(pids)!r}).write_text(f"{{os.getppid()}} {{os.getpid()}}")
    time.sleep(4713)
"""
    return source, pids


def test_gradings_die_with_the_warm_process_and_another_begins(start, endless):
    source, pids = endless
    grading = start(source)
    os.kill(int(wait_for(pids).split()[0]), signal.SIGKILL)
    assert grading.wait(60) == -signal.SIGKILL
    assert start("def test(): pass\n").wait(60) == 0


def test_the_warm_process_dies_with_its_owner(endless, tmp_path):
    source, pids = endless
    (tmp_path / "test_rubric.py").write_text(source)
    options = [str(tmp_path / "test_rubric.py"), "--rootdir", str(tmp_path)]
    owner = f"""
import os, time
from common.grading.book.warm_grader import WarmGrader
warm = WarmGrader()
warm.start([], {options}, dict(os.environ), 2, 2)
time.sleep(4713)
"""
    with subprocess.Popen([sys.executable, "-P", "-c", owner], cwd=tmp_path, env=environment()) as process:
        wait_for(pids)
        process.kill()
    until_gone(*(int(pid) for pid in pids.read_text().split()))


NO_SECOND_PROCESS = """
import errno, os, socket, sys
from common.grading.book import forking
fork, count = os.fork, iter(range(9))
def fork_or_not():
    if next(count) == 1:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
    return fork()
os.fork = fork_or_not
forking.serve(socket.socket(fileno=int(sys.argv[1])))
"""


def test_a_machine_without_processes_costs_one_grading(monkeypatch, tmp_path, wait_for_wall):
    monkeypatch.setattr(warm_grader, "COMMAND", (sys.executable, "-P", "-c", NO_SECOND_PROCESS))
    source, wall = wait_for_wall
    with closing(WarmGrader()) as grader:
        first = start_in(grader, tmp_path, source)
        wait_for(tmp_path / "out")  # it has read its rubric
        with pytest.raises(ChildProcessError, match="no process could be started"):
            start_in(grader, tmp_path, "def test(): pass\n")
        wall.touch()
        assert first.wait(60) == 0
        assert start_in(grader, tmp_path, "def test(): pass\n").wait(60) == 0
