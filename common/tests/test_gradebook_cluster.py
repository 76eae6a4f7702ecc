"""The gradebook on a real Dask cluster, one of whose two workers is killed: nothing lost, nothing twice."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from common.tests.classes import FOUR, gradebook, hand_in, start_gradebook, wait_for_a_result, without_times
from common.tests.rubrics import environment
from common.tests.tools import ROOT

CLUSTER = """
import json, sys
from distributed import LocalCluster

if __name__ == "__main__":
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
    )
    workers = [nanny.pid for nanny in cluster.workers.values()]
    print(json.dumps([cluster.scheduler_address, workers]), flush=True)
    sys.stdin.read()
    cluster.close()
"""


@pytest.fixture
def cluster(tmp_path):
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, script],
        env=environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


@pytest.mark.thorough
def test_a_worker_that_dies_costs_nothing(cluster, tmp_path):
    address, workers = cluster
    for number in range(8):
        hand_in(tmp_path / "class" / f"student{number}", *FOUR[: number % 5], "pipeline.sh")
    process = start_gradebook(tmp_path / "class", tmp_path / "book", "--scheduler", address)
    wait_for_a_result(tmp_path / "book")
    os.kill(workers[0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    said = f"8 students, graded now: 8, kept: 0, with an error: 0; see {tmp_path}/book/index.html\n"
    assert stdout.decode() == said
    gradebook(tmp_path / "class", tmp_path / "local")
    assert without_times(tmp_path / "book") == without_times(tmp_path / "local")
    # each result was kept once: a second writing of one would have counted past the end
    assert re.search(r"8/8 \[", stderr.decode())
    assert "9/8" not in stderr.decode()
