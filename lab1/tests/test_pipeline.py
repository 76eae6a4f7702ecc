"""The lab as a whole: its one line, the same bytes every time, better than what it is compared with."""

import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from common.tests.pages import assert_shown
from common.tests.tools import ROOT, hash_files, require, run_command

LAB = ROOT / "lab1"
COMPARED = re.compile(r"frequent answer (0\.\d{3}), tomorrow is like today (0\.\d{3})")


def test_stdout_is_exactly_the_metric(pipeline_run):
    ended, _ = pipeline_run
    assert (ended.code, ended.out) == (0, "Model test accuracy is: 0.940\n")


def test_the_pages_show_what_it_prints(pipeline_run):
    assert_shown("bash lab1/pipeline.sh", pipeline_run[0])


def test_stderr_has_the_progress_and_what_to_compare_with(pipeline_run):
    ended, _ = pipeline_run
    progress = [line for line in ended.err.splitlines() if not line.startswith("environment: ")]
    assert [re.sub(r"\d+\.\d\d s", "S", line) for line in progress] == [
        "[1/4] data_creation  S",
        "[2/4] data_preprocessing  S",
        "[3/4] model_preparation  S",
        "tested on 5771 days of 4 stations; to compare with: always the more frequent answer 0.511, "
        "tomorrow is like today 0.929",
        "[4/4] model_testing  S",
    ]


def test_two_runs_on_another_number_of_cores_give_the_same_bytes(pipeline_run, tmp_path):
    ended = run_command(require("taskset"), "-c", "0", "bash", LAB / "pipeline.sh", "--folder", tmp_path)
    assert ended.code == 0, ended.err
    hashes = hash_files(pipeline_run[1])
    assert hashes == hash_files(tmp_path)
    assert len(hashes) == 12 + 1 + 12 + 1 + 2  # raw, source.json, processed, features.json, the model's two


@pytest.mark.thorough
def test_the_stages_alone_give_the_same_bytes_as_the_pipeline(pipeline_run, tmp_path):
    for name in ("data_creation", "data_preprocessing", "model_preparation", "model_testing"):
        ended = run_command(sys.executable, LAB / f"{name}.py", "--folder", tmp_path)
        assert ended.code == 0, ended.err
    assert hash_files(pipeline_run[1]) == hash_files(tmp_path)


@pytest.mark.parametrize("seed", range(0, 20, 4))
def test_the_model_beats_both_comparisons(stage, seed):
    stage("data_creation", "--seed", seed)
    stage("data_preprocessing")
    stage("model_preparation")
    ended = stage("model_testing")
    majority, like_today = map(float, COMPARED.search(ended.err).groups())
    accuracy = float(ended.out.removeprefix("Model test accuracy is: "))
    assert accuracy >= like_today + 0.005  # measured: 0.007 to 0.018 above, see lab1/README.md
    assert accuracy >= majority + 0.4  # the year has about as many frosts as not


def test_real_stations_take_the_place_of_simulated_ones(stage, tmp_path):
    stage("data_creation", "--stations", 6, "--days", 200)
    observations = tmp_path / "observations"
    observations.mkdir()
    for path in sorted((tmp_path / "data" / "raw").glob("*/*.csv")):
        shutil.copyfile(path, observations / f"{path.stem[5:]}.csv")
    before = hash_files(observations)

    assert stage("data_creation", "--observations", observations, "--seed", 1).code == 0
    raw = hash_files(tmp_path / "data" / "raw")
    parts = {
        name: sorted(path.split("/")[1] for path in raw if path.startswith(name))
        for name in ("train", "test")
    }
    assert (len(parts["train"]), len(parts["test"])) == (4, 2)
    assert {name.split("/")[-1]: sha for name, sha in raw.items() if name.endswith(".csv")} == before
    for name in ("data_preprocessing", "model_preparation", "model_testing"):
        ended = stage(name)
        assert ended.code == 0, ended.err
    assert re.fullmatch(r"Model test accuracy is: \d\.\d{3}\n", ended.out)

    stage("data_creation", "--observations", observations, "--seed", 2)
    assert {path for path in hash_files(tmp_path / "data" / "raw") if path.startswith("test")} != {
        f"test/{name}" for name in parts["test"]
    }


def test_a_stage_killed_while_it_writes_loses_nothing(lab, tmp_path):
    lab("data_preprocessing")
    before = hash_files(tmp_path / "data")
    command = [sys.executable, LAB / "data_creation.py", "--folder", tmp_path, "--stations", "300"]
    process = subprocess.Popen(command)
    while not any((tmp_path / "data").glob(".raw.tmp-*/train/*.csv")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert list((tmp_path / "data").glob(".raw.tmp-*"))
    assert {path: sha for path, sha in hash_files(tmp_path / "data").items() if path[0] != "."} == before

    lab("data_preprocessing", "model_preparation", "model_testing")
    assert hash_files(tmp_path / "data") == before
    assert not list((tmp_path / "data").glob(".*"))


def test_a_stale_model_gives_no_metric_when_a_stage_fails(tmp_path):
    assert (
        run_command("bash", LAB / "pipeline.sh", "--folder", tmp_path, "--stations", 4, "--days", 120).code
        == 0
    )
    ended = run_command(
        "bash", LAB / "pipeline.sh", "--folder", tmp_path, "--observations", tmp_path / "nowhere"
    )
    assert (ended.code, ended.out) == (1, "")
    assert f"data_creation.py: the folder '{tmp_path}/nowhere' is missing" in ended.err
