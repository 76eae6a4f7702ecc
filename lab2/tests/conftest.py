"""Lab 2's files, made once a session by the command a student types, and the servers that its tests ask."""

import shutil
import tempfile
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

from common.tests.tools import ROOT, run_command, run_stage
from lab2.tests.servers import serve_postgres, serve_web

LAB = ROOT / "lab2"


@pytest.fixture(scope="session")
def pipeline_run(tmp_path_factory):
    """Return how `bash lab2/pipeline.sh` ended and the folder it filled; nobody may change that folder."""
    folder = tmp_path_factory.mktemp("lab2")
    return run_command("bash", LAB / "pipeline.sh", "--folder", folder), folder


@pytest.fixture
def stage(capfd, tmp_path):
    """Run one stage on the test's own folder, as `python lab2/<stage>.py --folder …` does."""
    return lambda name, *options: run_stage(capfd, LAB / f"{name}.py", "--folder", tmp_path, *options)


@pytest.fixture
def made(pipeline_run, tmp_path):
    """Copy what the pipeline made to the test's own folder, which it may change."""
    shutil.copytree(pipeline_run[1], tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="session")
def table():
    """Return the 569 tumours as a public CSV has them: an id, M and B, spaces in the names."""
    frame = load_breast_cancer(as_frame=True)
    kinds = {"mean": "mean", "error": "se", "worst": "worst"}
    names = []
    for name in frame.data.columns:
        words = name.split()
        kind = next(word for word in words if word in kinds)
        words.remove(kind)
        names.append(f"{' '.join(words)}_{kinds[kind]}")
    public = frame.data.set_axis(names, axis="columns")
    public.insert(0, "id", range(1000, 1000 + len(public)))
    public.insert(1, "diagnosis", frame.target.map({0: "M", 1: "B"}))
    return public


@pytest.fixture
def web():
    with serve_web() as server:
        yield server


@pytest.fixture(scope="session")
def postgres():
    # In a folder of its own: pytest's are for one user only, and PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory() as folder, serve_postgres(Path(folder)) as address:
        Path(folder).chmod(0o755)
        yield address
