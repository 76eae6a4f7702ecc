"""Lab 1's files, made once a session by the command a student types."""

import pytest

from common.tests.tools import ROOT, run_command, run_stage

LAB = ROOT / "lab1"
SMALL = ("--stations", 4, "--days", 120)  # enough for every rule, little enough to make in a moment


@pytest.fixture(scope="session")
def pipeline_run(tmp_path_factory):
    """Return how `bash lab1/pipeline.sh` ended and the folder it filled; nobody may change that folder."""
    folder = tmp_path_factory.mktemp("lab1")
    return run_command("bash", LAB / "pipeline.sh", "--folder", folder), folder


@pytest.fixture
def stage(capfd, tmp_path):
    """Run one stage on the test's own folder, as `python lab1/<stage>.py --folder …` does."""
    return lambda name, *options: run_stage(capfd, LAB / f"{name}.py", "--folder", tmp_path, *options)


@pytest.fixture
def lab(stage):
    """Make small raw data and run stages after it, which must all succeed."""

    def run(*stages, options=SMALL):
        ended = None
        for name in ("data_creation", *stages):
            ended = stage(name, *(options if name == "data_creation" else ()))
            assert ended.code == 0, ended.err
        return ended

    return run
