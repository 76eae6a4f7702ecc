"""The lab as a whole: its one line, the same bytes every time, stages alone, and many seeds."""

import re

import pytest

from common.tests.graded import parameters
from common.tests.pages import assert_shown
from common.tests.tools import hash_files, require, run_command
from lab2.tests.conftest import LAB

STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")


def test_stdout_is_exactly_the_metric(pipeline_run):
    ended, _ = pipeline_run
    assert (ended.code, ended.out) == (0, "Model test accuracy is: 0.972\n")


def test_the_pages_show_what_it_prints(pipeline_run):
    assert_shown("bash lab2/pipeline.sh", pipeline_run[0])


def test_stderr_has_the_progress_and_what_to_compare_with(pipeline_run):
    ended, _ = pipeline_run
    progress = [line for line in ended.err.splitlines() if not line.startswith("environment: ")]
    assert [re.sub(r"\d+\.\d\d s", "S", line) for line in progress] == [
        "[1/4] data_creation  S",
        "426 rows to train, 143 to test; chose 14 of 30 features: perimeter_worst, concave_points_mean, "
        "concavity_worst, area_se, compactness_mean, concave_points_se, concavity_se, texture_worst, "
        "smoothness_worst, smoothness_mean, symmetry_worst, compactness_se, fractal_dimension_worst, "
        "symmetry_mean",
        "[2/4] data_preprocessing  S",
        "linear_held: log loss 0.1388, accuracy 0.965 in 5 folds",
        "linear: log loss 0.0865, accuracy 0.977 in 5 folds",
        "catboost: log loss 0.1143, accuracy 0.965 in 5 folds",
        "chose linear",
        "[3/4] model_preparation  S",
        "tested on 143 tumours; to compare with: always the more frequent answer 0.629",
        "[4/4] model_testing  S",
    ]


@pytest.mark.thorough
def test_one_core_and_stages_alone_give_the_same_bytes(pipeline_run, tmp_path):
    one_core = [require("taskset"), "-c", "0"]
    for name in STAGES:
        ended = run_command(*one_core, "bash", LAB / "stage.sh", name, "--folder", tmp_path)
        assert ended.code == 0, ended.err
    hashes = hash_files(pipeline_run[1])
    assert hashes == hash_files(tmp_path)
    assert len(hashes) == 2 + 3 + 2 + 3  # raw, processed, model, reports


def test_a_failed_gate_is_the_pipelines_exit_code(tmp_path, monkeypatch):
    monkeypatch.setenv("MIN_ACCURACY", "0.99")
    ended = run_command("bash", LAB / "pipeline.sh", "--folder", tmp_path)
    assert (ended.code, ended.out) == (1, "Model test accuracy is: 0.972\n")
    assert "the model fails 1 of 6 gates: min_accuracy 0.972, limit 0.990" in ended.err


def test_options_go_to_the_first_stage_and_a_failure_stops_the_rest(made):
    ended = run_command("bash", LAB / "pipeline.sh", "--folder", made, "--source", "nowhere")
    assert (ended.code, ended.out) == (1, "")
    assert "data_creation.py: --source 'nowhere' is none of builtin, http(s)://…" in ended.err


@pytest.mark.parametrize("name", ["", "nope", "../lab1/data_creation", "gates"])
def test_a_stage_that_does_not_exist_is_wrong_usage(name):
    ended = run_command("bash", LAB / "stage.sh", name)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"stage.sh: there is no stage '{name}': give data_creation, data_preprocessing, model_preparation, "
        "model_testing or model_usage\n"
    )


@pytest.mark.parametrize("seed", parameters(range(6), [0]))
def test_all_gates_pass_on_other_splits(stage, seed):
    for name in STAGES:
        options = ["--seed", seed] if name == "data_creation" else []
        options += ["--model", "linear"] if name == "model_preparation" else []  # the one that is chosen
        ended = stage(name, *options)
        assert ended.code == 0, ended.err
    assert float(ended.out.removeprefix("Model test accuracy is: ")) >= 0.95  # measured: 0.951 to 0.986


def test_each_stage_needs_the_one_before_it(stage, tmp_path):
    for name, missing in (
        ("data_preprocessing", "data/raw/source.json"),
        ("model_preparation", "data/processed/features.json"),
        ("model_testing", "data/processed/features.json"),
        ("model_usage", "model/model.json"),
    ):
        ended = stage(name)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == (
            f"{name}.py: '{tmp_path}/{missing}' is missing: run the stage before this one, which makes it\n"
        )
