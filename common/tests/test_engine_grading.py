"""Services are graded by a real engine: each gets what it deserves, gets nothing more, and leaves nothing."""

import contextlib
import re
import signal
import socket
import subprocess
import sys

import pytest

from common.grading.session.repository import copy_tracked
from common.tests.attacks.engine import examples
from common.tests.boxes import leftovers, make_box
from common.tests.engine import shared_engine
from common.tests.graded import grade_all, selected
from common.tests.rubrics import environment
from common.tests.submissions.lab3_parts import Example, fastapi
from common.tests.tools import ROOT, wait_until

pytestmark = pytest.mark.thorough  # an engine, its base, and twenty images: minutes
EXAMPLES = examples("", 0)
# What takes all of its time; the builds have the same limit, on a machine that may be busy.
OPTIONS = dict.fromkeys(("silent", "forks", "forks_in_step"), ("--time-limit", "20"))
OPTIONS |= {"grows": ("--memory-limit", "300")}
INSTALLING = ("workbook", "fastapi")  # these install from the network
PATIENCE_S = 900  # an image is installed from the network, perhaps on a busy machine
JOBS = 4  # they wait for the engine most of the time


def state(engine):
    """Return what the engine has: containers, networks, images with all layers, volumes."""
    listings = (("ps", "--all"), ("network", "ls"), ("images", "--all"), ("volume", "ls"))
    return {words[0]: set(engine.docker(*words, "--quiet").split()) for words in listings}


@pytest.fixture(scope="module")
def engine():
    return shared_engine()


@pytest.fixture(scope="module")
def graded(request, engine, tmp_path_factory):
    """Grade the selected examples, several at a time; afterwards the engine is as it was."""
    folder, before = tmp_path_factory.mktemp("engine"), state(engine)
    names = selected(request)
    with socket.create_server(("", 0)) as listener, socket.socket(type=socket.SOCK_DGRAM) as away:
        with contextlib.suppress(OSError):
            away.connect(("192.0.2.1", 9))  # nothing is sent: it tells this machine's own address
        known = examples(away.getsockname()[0], listener.getsockname()[1])
        known["fastapi"] = Example("", 20, fastapi(requirements="fastapi\nuvicorn\n"))
        written = {name: known[name].write(folder / name) for name in known if name in names}
        if "workbook" in names:
            written = {"workbook": copy_tracked(ROOT, folder / "workbook"), **written}
        options = {name: ("--engine", *OPTIONS.get(name, ())) for name in written}
        options |= dict.fromkeys(INSTALLING, ("--engine", "--allow-network"))
        results = grade_all(
            written, folder, options, "lab3", jobs=JOBS, longest_s=PATIENCE_S, **where(engine)
        )
    assert state(engine) == before
    assert [path for one in results.values() for path in leftovers(one.pid)] == []
    return results


def where(engine):
    return {name: value for name, value in engine.env.items() if name == "DOCKER_HOST"}


@pytest.mark.parametrize("name", ["workbook", "fastapi", *EXAMPLES])
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    deserved = 20 if name in INSTALLING else EXAMPLES[name].points
    assert result.points == deserved, result.lost
    assert result.exit_code == (0 if deserved == 20 else 1)
    assert "error of the grader" not in result.stdout + result.stderr


SAID = {
    "failing_step": "line 4: RUN python -c \"print('no weights today'); raise SystemExit(3)\" "
    "ended with exit code 3: no weights today",
    "exits": "it ended: no luck",
    "silent": "it did not listen within its time",
    "installs": "its build asks for the network: grade it with --allow-network",
    "no_base": "the engine cannot pull '127.0.0.1:9/nobody:1', on which it builds: ",
    "forks_in_step": "line 4: RUN python bomb.py was stopped after 2",
    "forks": "it did not listen within its time",
    "floods_in_step": "it reached the limit of output",
    "floods": "it reached the limit of output",
    "grows": "it reached the limit of memory",
}


@pytest.mark.parametrize("name", SAID)
def test_what_was_found_is_said(name, graded):
    assert SAID[name] in graded[name].checks["service_starts"]["found"]


@pytest.mark.parametrize("name", ["spies"])
def test_what_a_compose_file_is_not_given_is_said(name, graded):
    advice = graded[name].checks["service_starts"]["advice"]
    withheld = {line.removeprefix("flats was not given what it asks for: ") for line in advice}
    assert withheld == {
        "privileged", "network_mode: host", "pid: host", "cap_add", "devices",
        "/var/run/docker.sock", "/", "../../..",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["counts_in_step"])
def test_processes_of_a_step_are_limited(name, graded):
    count = re.search(r"had (\d+)$", graded[name].checks["service_starts"]["found"])
    assert 1000 < int(count[1]) < 1024  # 256 processes of 4 threads, as in the box


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_nothing_is_left_by_a_grader_that_is_stopped(number, engine, tmp_path):
    make_box()  # or skips
    before = state(engine)
    submission = EXAMPLES["silent"].write(tmp_path / "silent")
    rubric = ["-P", "-m", "pytest", "-p", "no:cacheprovider", "-c", "pyproject.toml", "lab3/test_lab3.py"]
    with subprocess.Popen(
        [sys.executable, *rubric, "--submission", submission, "--engine"],
        cwd=ROOT,
        env=environment(**where(engine)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as grader:
        wait_until(lambda: engine.docker("ps", "--quiet", "--filter", "name=workbook-"), PATIENCE_S)
        grader.send_signal(number)
    wait_until(lambda: state(engine) == before and not leftovers(grader.pid), PATIENCE_S)
    assert grader.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
