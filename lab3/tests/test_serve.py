"""serve.sh: says where things are, stops them all, ends with the right code and leaves nothing running."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from common.tests.tools import ROOT, run_command

SERVE = ROOT / "lab3" / "serve.sh"
PATIENCE_S = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as some:
        return some.getsockname()[1]


@pytest.fixture
def serve(model_folder, tmp_path):
    """Start serve.sh in a process group of its own, as a shell does; return it and the service's address."""
    log, port, page = tmp_path / "stderr", free_port(), free_port()
    settings = {"LAB3_PORT": port, "LAB3_PAGE_PORT": page, "LAB3_MODEL_FOLDER": model_folder}
    with log.open("w") as file:
        process = subprocess.Popen(
            ["bash", SERVE],
            stderr=file,
            cwd="/",
            env=os.environ | {name: str(value) for name, value in settings.items()},
            start_new_session=True,
        )
    last = f"page: http://127.0.0.1:{page}" if (SERVE.parent / "app.py").is_file() else "service: "
    until_s = time.monotonic() + PATIENCE_S
    while last not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until_s, log.read_text()
        time.sleep(0.05)
    assert f"service: http://127.0.0.1:{port}\n" in log.read_text()
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def list_group(group: int) -> dict[int, str]:
    """Return the command lines of the processes of a group that still run, by their ids."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended while we look
            state, _, its_group, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(its_group) == group and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


def is_gone(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz")
    except httpx.TransportError:
        return True
    return False


def test_ctrl_c_stops_everything_and_ends_with_130(serve):
    process, url = serve
    assert httpx.get(f"{url}/readyz").status_code == 200
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    assert process.wait(PATIENCE_S) == 130
    assert is_gone(url)
    assert list_group(process.pid) == {}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 129)])
def test_a_signal_to_the_script_alone_stops_everything(serve, number, code):
    process, url = serve
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == code
    assert is_gone(url)
    assert list_group(process.pid) == {}


def test_a_script_that_is_killed_leaves_nothing_running(serve):
    process, url = serve
    process.kill()
    process.wait()
    until_s = time.monotonic() + PATIENCE_S
    while list_group(process.pid) or not is_gone(url):
        assert time.monotonic() < until_s, list_group(process.pid)
        time.sleep(0.05)


def test_a_service_that_ends_by_itself_ends_the_script_with_its_code(serve):
    process, _ = serve
    service = next(pid for pid, command in list_group(process.pid).items() if "service.py" in command)
    os.kill(service, signal.SIGKILL)
    assert process.wait(PATIENCE_S) == 128 + signal.SIGKILL
    assert list_group(process.pid) == {}


def test_a_port_that_is_taken_is_refused(model_folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = {"LAB3_PORT": str(port), "LAB3_MODEL_FOLDER": str(model_folder)}
        ended = run_command("bash", SERVE, env=os.environ | settings)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith(
        f"serve.sh: something listens on '127.0.0.1:{port}' already: "
        "stop it, or set LAB3_PORT for the service\n"
    )


def test_a_wrong_setting_is_told_by_the_service_and_ends_the_script_with_1(model_folder):
    settings = {"LAB3_GRACE_S": "soon", "LAB3_MODEL_FOLDER": str(model_folder), "LAB3_PORT": str(free_port())}
    ended = run_command("bash", SERVE, env=os.environ | settings)
    assert (ended.code, ended.out) == (1, "")
    assert "service.py: LAB3_GRACE_S is 'soon': input should be a valid integer" in ended.err


def test_an_option_is_refused_and_help_is_shown():
    ended = run_command("bash", SERVE, "--port")
    assert (ended.code, ended.err) == (
        2,
        "serve.sh: '--port' is not an option: settings come from the environment, see lab3/README.md\n",
    )
    shown = run_command("bash", SERVE, "--help")
    assert shown.code == 0
    assert shown.out.startswith("Would you have survived? Starts the service, and the page beside it;")
