"""Lab 3's model, trained once a session, and the real service on a free port of loopback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from common.tests.tools import ROOT, run_command, run_stage

LAB = ROOT / "lab3"
PATIENCE_S = 60.0  # for a start on a busy machine


class Service:
    """`python lab3/service.py` with these settings, and what it wrote to stderr."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.log = folder / "stderr"
        self._file = self.log.open("w")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAB3_")}
        environment |= {f"LAB3_{name}".upper(): str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, LAB / "service.py"],
            stderr=self._file,
            cwd="/",
            env=environment | {"LAB3_PORT": "0", "PYTHONPATH": str(ROOT)},
        )
        self.port = int(self.wait_for("listening")["port"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.wait_for("model")

    def events(self, name: str) -> list[dict]:
        """Return the whole lines so far whose event begins with this."""
        lines = self.log.read_text().splitlines(keepends=True)
        found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
        return [event for event in found if event["event"].startswith(name)]

    def wait_for(self, name: str, count: int = 1) -> dict:
        until_s = time.monotonic() + PATIENCE_S
        while len(self.events(name)) < count:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until_s, self.log.read_text()
            time.sleep(0.01)
        return self.events(name)[count - 1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._file.close()
        return code


@pytest.fixture(scope="session")
def pipeline_run(tmp_path_factory):
    """Return how `bash lab3/pipeline.sh` ended and the folder it filled; nobody may change that folder."""
    folder = tmp_path_factory.mktemp("lab3")
    return run_command("bash", LAB / "pipeline.sh", "--folder", folder), folder


@pytest.fixture
def stage(capfd, tmp_path):
    """Run one stage on the test's own folder, as `python lab3/<stage>.py --folder …` does."""
    return lambda name, *options: run_stage(capfd, LAB / f"{name}.py", "--folder", tmp_path, *options)


@pytest.fixture(scope="session")
def model_folder(pipeline_run) -> Path:
    return pipeline_run[1] / "model"


@pytest.fixture
def own_model(model_folder, tmp_path) -> Path:
    """Return a copy of the model that a test may spoil."""
    return shutil.copytree(model_folder, tmp_path / "model")


@pytest.fixture(scope="session")
def service(model_folder, tmp_path_factory) -> Iterator[Service]:
    """The service as it starts without settings, for every test that leaves it as it was."""
    running = Service(tmp_path_factory.mktemp("service"), model_folder=model_folder)
    yield running
    assert running.stop() == 0


@pytest.fixture
def start(tmp_path, model_folder):
    """Start a service with settings of its own; it is stopped after the test."""
    started = []

    def start_one(**settings):
        started.append(Service(tmp_path, **({"model_folder": model_folder} | settings)))
        return started[-1]

    yield start_one
    for one in started:
        one.stop(signal.SIGKILL)


@pytest.fixture
def client(service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=PATIENCE_S) as session:
        yield session


@pytest.fixture(scope="session")
def passengers() -> list[dict]:
    """Return 1,000 passengers from all over the allowed ranges, some of unknown age or port."""
    return [
        {
            "class": 1 + index % 3,
            "sex": ("female", "male")[index // 3 % 2],
            "age_years": None if index % 7 == 0 else index * 37 % 801 / 10,
            "siblings_spouses": index % 5,
            "parents_children": index % 4,
            "fare_pounds": index * 91 % 5123 / 10,
            "port": (None, "S", "C", "Q")[index // 5 % 4],
        }
        for index in range(1000)
    ]
