"""The service and the page as processes on free ports of loopback: a tool for the tests of the page."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from common.tests.tools import ROOT

START_S = 60
PAGE = ROOT / "lab3" / "app.py"


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextmanager
def running(command: list[object], url: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """Start a server, wait until `url` answers, and stop it at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
        )
    try:
        wait_for(url, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_S
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).is_success:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def service(port: int, model: Path, log: Path):
    env = {"LAB3_PORT": str(port), "LAB3_MODEL_FOLDER": str(model)}
    command = [sys.executable, ROOT / "lab3" / "service.py"]
    return running(command, f"http://127.0.0.1:{port}/readyz", env, log)


def page(port: int, service_port: int, log: Path):
    command = [sys.executable, "-m", "streamlit", "run", PAGE, "--server.address", "127.0.0.1"]
    command += ["--server.port", port, "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command += ["--client.toolbarMode", "viewer"]
    env = {"LAB3_PAGE_SERVICE": f"http://127.0.0.1:{service_port}"}
    return running(command, f"http://127.0.0.1:{port}/_stcore/health", env, log)
