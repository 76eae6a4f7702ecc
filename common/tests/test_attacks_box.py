"""Every attack that can be judged at the level of the box: with a cgroup, without, and as another user."""

import dataclasses
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.grading.box import cgroup
from common.grading.sandbox import Box, Limits, Run
from common.tests.attacks.attack import REACHED, BoxAttack
from common.tests.attacks.bluff import BLUFF
from common.tests.attacks.deny import DENY
from common.tests.attacks.escape import ESCAPE
from common.tests.attacks.forge import FORGE
from common.tests.attacks.leak import LEAK
from common.tests.attacks.rubric import MARK, RubricAttack
from common.tests.attacks.tamper import TAMPER
from common.tests.boxes import (
    CANARY,
    LIMITS,
    copy_code,
    make_box,
    processes_with,
    require_cgroup,
    require_other_user,
    run_as_other_user,
)
from common.tests.tools import ROOT

ABSTRACT_NAME = f"workbook-attack-{os.getpid()}"
ALL = LEAK | ESCAPE | DENY
# What leaks and what escapes meets another box where another user makes it: no user id is dropped, and the
# grader's own processes and files have the id of the attack's. What uses up the machine meets the same
# limits as with the watchdog: a sample shows that they are set for that user too.
DENY_SAMPLE = (
    "fork bomb",
    "threads without end",
    "memory in many processes",
    "fill the disk",
    "a million files",
    "ignore every signal",
)
AS_OTHER_USER = (*LEAK, *ESCAPE, *DENY_SAMPLE)
ON_THE_RUBRIC = FORGE | TAMPER | BLUFF
FILE = f"attack-{os.getpid()}"  # a name of its own, to find the processes of this test and of no other
SLACK_S = 10  # to fill, to start and to bring back, on a busy machine
# Without the box these reach their aim, so it is the box that stops them.
BITING = (
    "read the other submission by its path",
    "see the parent's processes",
    "connect to the host's loopback",
    "connect to an abstract socket",
)


def make_open_folder() -> Iterator[Path]:
    """Make a folder that every user may walk to; pytest's own is closed to all but its user."""
    folder = Path(tempfile.mkdtemp(prefix="attack-", dir="/tmp"))  # TMPDIR may be closed, too
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


place = pytest.fixture(make_open_folder)
module_place = pytest.fixture(make_open_folder, scope="module")


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
            "{repository}": str(ROOT),
            "{pid}": str(os.getpid()),
            "{port}": str(server.getsockname()[1]),
            "{name}": ABSTRACT_NAME,
        }


def plant(attack: BoxAttack, words: dict[str, str], work: Path, file: str = FILE) -> Path:
    """Make the attack's submission in the folder `work`."""
    program = attack.program
    for word, value in words.items():
        program = program.replace(word, value)
    work.mkdir()
    (work / file).write_text(program)
    return work


@dataclass(frozen=True)
class Taken:
    """How the box took an attack, as seen at its end."""

    run: Run
    seconds: float
    alive: list[str]  # the command lines of the attack's processes


Way = Callable[[Sequence[str], Path, Limits], Run]


def run_here(command: Sequence[str], work: Path, limits: Limits) -> Run:
    return make_box().run(command, work, limits=limits)


NEEDS = {"cgroup": require_cgroup, "watchdog": make_box, "user": require_other_user}


@pytest.fixture(scope="module")
def ways(module_place) -> dict[str, Way]:
    """Return the ways to run a command in a box that this machine has."""
    make_box()
    possible = {}
    for name, require in NEEDS.items():
        with suppress(pytest.skip.Exception):
            require()
            possible[name] = run_here
    if "user" in possible:
        python, code = require_other_user(), copy_code(module_place / "code")
        possible["user"] = lambda *arguments: run_as_other_user(python, code, *arguments)
    return possible


@pytest.fixture
def run_at_once(ways, monkeypatch):
    """Run an attack in several ways at the same time, each in a thread that has the way's name."""
    find = cgroup.find_parent
    monkeypatch.setattr(
        cgroup, "find_parent", lambda: None if threading.current_thread().name == "watchdog" else find()
    )

    def run_one(command: list[str], work: Path, limits: Limits, taken: dict[str, Taken]) -> None:
        way = threading.current_thread().name
        began = time.monotonic()
        run = ways[way](command, work, limits)
        taken[way] = Taken(run, time.monotonic() - began, processes_with(command[-1]))

    def run_all(commands: dict[str, list[str]], works: dict[str, Path], limits: Limits) -> dict[str, Taken]:
        taken: dict[str, Taken] = {}
        threads = [
            threading.Thread(target=run_one, args=(command, works[way], limits, taken), name=way)
            for way, command in commands.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return taken

    return run_all


@pytest.mark.parametrize("way", NEEDS)
def test_way_in_which_the_attacks_are_run(way, place, run_at_once):
    """Where it is skipped, the attacks are run in the other ways alone."""
    NEEDS[way]()
    (place / "work").mkdir()
    taken = run_at_once({way: ["sh", "-c", "echo $0; exit 7", "name"]}, {way: place / "work"}, LIMITS)
    assert (taken[way].run.stdout, taken[way].run.exit_code) == ("name\n", 7)


@pytest.mark.parametrize("name", ALL)
def test_box_holds(name, ways, words, place, run_at_once):
    attack = ALL[name]
    limits = dataclasses.replace(LIMITS, **dict(attack.limits))
    files = {way: f"{FILE}-{way}" for way in ways if way != "user" or name in AS_OTHER_USER}
    works = {way: plant(attack, words, place / f"work-{way}", file) for way, file in files.items()}
    taken = run_at_once({way: attack.command(file) for way, file in files.items()}, works, limits)
    assert taken.keys() == files.keys()
    for way, work in works.items():
        check_that_it_held(attack, taken[way], work, way, limits)


def check_that_it_held(attack: BoxAttack, taken: Taken, work: Path, way: str, limits: Limits) -> None:
    run = taken.run
    assert REACHED not in run.stdout + run.stderr, way
    assert run.stopped in attack.stopped, (way, run)
    assert attack.exit_codes is None or run.exit_code in attack.exit_codes, (way, run)
    assert attack.stdout is None or run.stdout == attack.stdout, (way, run)
    assert taken.seconds < limits.wall_s + SLACK_S, way
    assert len(run.stdout) <= 1024**2, way
    assert len(run.stderr) <= 1024**2, way
    assert taken.alive == [], way
    left = list(work.rglob("*"))
    assert [path for path in left if not path.resolve().is_relative_to(work.resolve())] == [], way
    assert [path for path in left if not (path.is_dir() or path.is_file() or path.is_symlink())] == [], way
    bytes_of = {state.st_ino: state.st_blocks * 512 for state in map(os.lstat, left)}
    assert sum(bytes_of.values()) <= (LIMITS.disk_mb + 10) * 1024**2, way


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
    assert (run.exit_code, run.stdout, run.stderr) == (0, "Model test accuracy is: 0.925\n", "")
    assert [(started.arguments, started.exit_code) for started in run.started] == [
        (("data_creation.py",), 0),
        (("data_preprocessing.py",), 0),
        (("model_preparation.py",), 0),
        (("model_testing.py",), 0),
    ]


@dataclass(frozen=True)
class Left:
    """What a run of an attack on the rubric left."""

    work: Path
    stopped: str
    alive: list[str]


def run_on_the_rubric(attack: RubricAttack, work: Path, file: str) -> Left:
    grow(attack.submission() | {f"lab1/{file}": b""}, work)
    command = ["bash", "pipeline.sh"] if (work / "lab1/pipeline.sh").exists() else ["true"]
    limits = dataclasses.replace(LIMITS, wall_s=1 if attack.runs_out_of_time else 10)
    run = make_box().run([*command, file], work, folder="lab1", limits=limits)
    return Left(work, run.stopped, processes_with(file))


@pytest.fixture(scope="module")
def started(request, module_place) -> Iterator[dict[str, Future[Left]]]:
    """Start the attacks on the rubric that are chosen, as many at a time as there are cores."""
    make_box()
    items = [item for item in request.session.items if "attack_on_the_rubric" in item.fixturenames]
    names = [item.callspec.params["attack_on_the_rubric"] for item in items]
    pool = ThreadPoolExecutor(os.cpu_count())
    yield {
        name: pool.submit(
            run_on_the_rubric, ON_THE_RUBRIC[name], module_place / str(number), f"{FILE}-{number}-"
        )
        for number, name in enumerate(names)
    }
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("attack_on_the_rubric", ON_THE_RUBRIC)
def test_attack_on_the_rubric_stays_in_the_box(attack_on_the_rubric, started):
    """What points it gets is the rubric's affair; here it runs, and nothing of it gets out."""
    left = started[attack_on_the_rubric].result()
    assert left.stopped == ("time" if ON_THE_RUBRIC[attack_on_the_rubric].runs_out_of_time else "")
    assert not Path(MARK).exists()
    assert left.alive == []
    files = list(left.work.rglob("*"))
    assert files
    assert [path for path in files if not path.resolve().is_relative_to(left.work.resolve())] == []


def test_failure_that_a_forged_record_wants_to_hide(place):
    attack = FORGE["a stage whose failure a forged record hides"]
    run = make_box().run(["bash", "pipeline.sh"], grow(attack.submission(), place), folder="lab1")
    assert run.started[-1].exit_code == 3


def test_there_are_enough_attacks():
    assert len(ALL) + len(ON_THE_RUBRIC) >= 36
