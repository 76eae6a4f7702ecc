"""The stand-ins for python, pip, venv, sudo and apt, and the records of what was started."""

import sys
from pathlib import Path

import pytest

from common.grading.box.kit import read_started
from common.grading.sandbox import WORK, Box, Started
from common.tests.boxes import make_box, sh


def place_of(work: Path, box: Box) -> str:
    """Return the work folder as the command sees it."""
    return str(work) if box.trusted else WORK


def test_python_is_the_graders_and_is_reported(box, work):
    (work / "a.py").write_text("import sys; print(sys.prefix); sys.exit(len(sys.argv))")
    suicide = "\"$WORKBOOK_PYTHON\" -c 'import os; os.kill(os.getpid(), 9)'"
    run = sh(box, work, f"python a.py; python3 a.py 'b c' d; {suicide}; true")
    assert run.stdout == f"{sys.prefix}\n" * 2
    place = place_of(work, box)
    assert run.started == (
        Started(("a.py",), 1, place),
        Started(("a.py", "b c", "d"), 3, place),
        Started(("-c", "import os; os.kill(os.getpid(), 9)"), 137, place),
    )


def test_where_python_was_started_and_with_what_path_is_reported(box, work):
    (work / "src").mkdir()
    (work / "a.py").write_text("")
    run = sh(
        box,
        work,
        "cd src; PYTHONPATH=.:../lib python ../a.py; cd ..; python; export PYTHONPATH=b; python a.py",
    )
    place = place_of(work, box)
    assert run.started == (
        Started(("../a.py",), 0, f"{place}/src", ".:../lib"),
        Started((), 0, place, ""),
        Started(("a.py",), 0, place, "b"),
    )


def test_signals_reach_the_python_behind_the_stand_in(box, work):
    (work / "a.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('up', flush=True)\ntime.sleep(9)"
    )
    (work / "kill.py").write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen(['python', 'a.py'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); getattr(child, sys.argv[1])(); print(child.wait(), child.stdout.read())"
    )
    run = sh(box, work, "python kill.py terminate; python kill.py kill")
    assert run.stdout == "5 b''\n-9 b''\n"
    assert [started.exit_code for started in run.started] == [0, 5, 0, None]


def test_stdin_reaches_python_and_is_empty_for_the_command(box, work):
    run = sh(
        box, work, "echo hello | python -c 'print(input())'; python -c 'import sys; print(sys.stdin.read())'"
    )
    assert run.stdout == "hello\n\n"


@pytest.mark.parametrize("make", ["python -m venv", "python3 -m venv", "virtualenv -p python3"])
def test_virtual_environment_has_the_same_python(box, work, make):
    (work / "a.py").write_text("import pytest, sys; print(sys.prefix)")
    run = sh(
        box,
        work,
        f"set -euo pipefail; {make} .venv; source .venv/bin/activate; python a.py; echo $VIRTUAL_ENV; "
        "deactivate; .venv/bin/python3 a.py",
    )
    place = place_of(work, box)
    assert run.stdout == f"{sys.prefix}\n{place}/.venv\n{sys.prefix}\n"
    assert run.started == (Started(("a.py",), 0, place), Started(("a.py",), 0, place))
    again = sh(box, work, "source .venv/bin/activate; python a.py; .venv/bin/python a.py")
    assert again.started == run.started


def test_pip_knows_what_is_there_and_fails_fast_at_what_is_not(box, work):
    run = sh(box, work, "pip install pytest && python -m pip install pytest; pip3 install no-such-package")
    assert run.exit_code == 1
    assert run.stdout.count("Requirement already satisfied: pytest") == 2
    assert "No matching distribution found for no-such-package" in run.stderr
    assert run.seconds < 20


def test_sudo_and_apt_do_nothing_and_say_so(box, work):
    run = sh(
        box,
        work,
        "sudo apt-get install -y python3 && apt update && sudo -E -u root X=1 sh -c 'echo $X; exit 4'",
    )
    assert (run.exit_code, run.stdout) == (4, "1\n")
    assert "apt-get does nothing here: system packages are neither installed nor removed\n" in run.stderr
    assert "apt does nothing here" in run.stderr
    assert run.stderr.count("sudo does nothing here: the command runs as it is\n") == 2


def test_record_can_be_added_but_not_taken_back(work):
    forged = r"printf -- '-%s\0370\036' $PPID >/box/started; exit 3"
    (work / "a.py").write_text(f"import os; os.system({forged!r}); os._exit(3)")
    run = sh(
        make_box(),
        work,
        r"python a.py; printf '+1\037/x\037\037ghost.py\036' >/box/started; rm -f /box/started; true",
    )
    assert run.started == (Started(("a.py",), 3, WORK), Started(("ghost.py",), None, "/x"))


def test_records_that_make_no_sense_are_left_out():
    channel = (
        b"=ready\x1e+5\x1f/w\x1fp\x1fa\x1fb\x1e-9\x1f0\x1e-5\x1fx\x1e-5\x1f0\x1e\xff\x1e"
        b"+6\x1f\x1e+5\x1f/w\x1f\x1fc\x1e+7\x1f/w\x1e"
    )
    assert read_started(channel) == (
        Started(("a", "b"), 0, "/w", "p"),
        Started((), None),
        Started(("c",), None, "/w"),
        Started((), None, "/w"),
    )
