"""Runs every attack that can be judged at the level of the box: with a cgroup, without, and as a user."""

import dataclasses
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from common.grading.sandbox import Box
from common.tests.attacks.attack import REACHED, BoxAttack
from common.tests.attacks.bluff import BLUFF
from common.tests.attacks.deny import DENY
from common.tests.attacks.escape import ESCAPE
from common.tests.attacks.forge import FORGE
from common.tests.attacks.leak import LEAK
from common.tests.attacks.rubric import MARK, RubricAttack
from common.tests.attacks.tamper import TAMPER
from common.tests.boxes import CANARY, LIMITS, MODES, make_box, processes_with, run_in

ABSTRACT_NAME = f"workbook-attack-{os.getpid()}"
ALL = LEAK | ESCAPE | DENY
ON_THE_RUBRIC = FORGE | TAMPER | BLUFF
FILE = f"attack-{os.getpid()}"  # a name of its own, to find the processes of this test and of no other
SLACK_S = 6  # to fill, to start and to bring back, on a busy machine
# Without the box these reach their aim, so it is the box that stops them.
BITING = (
    "read the other submission by its path",
    "see the parent's processes",
    "connect to the host's loopback",
    "connect to an abstract socket",
)


@pytest.fixture
def place():
    """Make a folder that every user may walk to; pytest's own is closed to all but its user."""
    folder = Path(tempfile.mkdtemp(prefix="attack-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def words(place, monkeypatch):
    """Put out what the attacks look for, and yield the words to fill into their programs."""
    secret = place / "other" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text(CANARY)
    monkeypatch.setenv("WORKBOOK_CANARY", CANARY)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{ABSTRACT_NAME}")
        abstract.listen()
        yield {
            "{secret}": CANARY,
            "{path}": str(secret),
            "{pid}": str(os.getpid()),
            "{port}": str(server.getsockname()[1]),
            "{name}": ABSTRACT_NAME,
        }


def plant(attack: BoxAttack, words: dict[str, str], work: Path) -> Path:
    """Make the attack's submission in the folder `work`."""
    program = attack.program
    for word, value in words.items():
        program = program.replace(word, value)
    work.mkdir()
    (work / FILE).write_text(program)
    return work


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ALL)
def test_box_holds(name, mode, words, place, monkeypatch):
    attack = ALL[name]
    work = plant(attack, words, place / "work")
    before = time.monotonic()
    run = run_in(
        mode, monkeypatch, attack.command(FILE), work, dataclasses.replace(LIMITS, **dict(attack.limits))
    )
    seconds = time.monotonic() - before

    assert REACHED not in run.stdout + run.stderr
    assert run.stopped in attack.stopped, run
    assert attack.exit_codes is None or run.exit_code in attack.exit_codes, run
    assert attack.stdout is None or run.stdout == attack.stdout, run
    assert seconds < LIMITS.wall_s + SLACK_S
    assert len(run.stdout) <= 1024**2
    assert len(run.stderr) <= 1024**2
    assert processes_with(FILE) == []
    left = list(work.rglob("*"))
    assert [path for path in left if not path.resolve().is_relative_to(work.resolve())] == []
    assert [path for path in left if not (path.is_dir() or path.is_file() or path.is_symlink())] == []
    bytes_of = {state.st_ino: state.st_blocks * 512 for state in map(os.lstat, left)}
    assert sum(bytes_of.values()) <= (LIMITS.disk_mb + 10) * 1024**2


@pytest.mark.parametrize("name", BITING)
def test_attack_reaches_its_aim_without_a_box(name, words, place):
    work = plant(LEAK[name], words, place / "work")
    run = Box(LIMITS, trusted=True).run(LEAK[name].command(FILE), work)
    assert REACHED in run.stdout


def grow(submission: dict[str, bytes], root: Path) -> Path:
    for path, content in submission.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def test_honest_submission_that_the_attacks_are_built_on(place):
    run = make_box().run(["bash", "pipeline.sh"], grow(RubricAttack().submission(), place), folder="lab1")
    assert (run.exit_code, run.stdout, run.stderr) == (0, "Model test accuracy is: 0.935\n", "")
    assert [(started.arguments, started.exit_code) for started in run.started] == [
        (("data_creation.py",), 0),
        (("data_preprocessing.py",), 0),
        (("model_preparation.py",), 0),
        (("model_testing.py",), 0),
    ]


@pytest.mark.parametrize("name", ON_THE_RUBRIC)
def test_attack_on_the_rubric_stays_in_the_box(name, place):
    """What points it gets is the rubric's affair; here it runs, and nothing of it gets out."""
    attack = ON_THE_RUBRIC[name]
    work = grow(attack.submission() | {f"lab1/{FILE}": b""}, place / "work")
    limits = dataclasses.replace(LIMITS, wall_s=1 if attack.runs_out_of_time else 10)
    command = ["bash", "pipeline.sh"] if (work / "lab1/pipeline.sh").exists() else ["true"]
    (work / "lab1").mkdir(exist_ok=True)
    run = make_box().run([*command, FILE], work, folder="lab1", limits=limits)
    assert run.stopped == ("time" if attack.runs_out_of_time else "")
    assert not Path(MARK).exists()
    assert processes_with(FILE) == []
    assert [path for path in work.rglob("*") if not path.resolve().is_relative_to(work.resolve())] == []


def test_failure_that_a_forged_record_wants_to_hide(place):
    attack = FORGE["a stage whose failure a forged record hides"]
    run = make_box().run(["bash", "pipeline.sh"], grow(attack.submission(), place), folder="lab1")
    assert run.started[-1].exit_code == 3


def test_there_are_enough_attacks():
    assert len(ALL) + len(ON_THE_RUBRIC) >= 36
