"""What belongs to train and to test, which process runs which stage, and what is cleared before a run."""

from pathlib import Path

import pytest

from common.grading.conveyor import CannotTellError, Conveyor, is_run_of, part_of
from common.grading.sandbox import Started
from common.grading.stages import read_layout
from common.tests.attacks.rubric import RubricAttack
from common.tests.boxes import make_box

LAB = Path("lab1")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("lab1/train/a.csv", "train"),
        ("lab1/data/test/a.csv", "test"),
        ("lab1/X_train.npy", "train"),
        ("lab1/ytest.npy", "test"),
        ("lab1/train_test/test_1.csv", "test"),
        ("lab1/test/train_1.csv", "train"),
        ("lab1/train_test_split.csv", None),
        ("lab1/validation/a.csv", "test"),
        ("lab1/data/val.csv", "test"),
        ("lab1/values.csv", None),
        ("lab1/обучение/a.csv", "train"),
        ("lab1/latest.csv", None),
        ("lab1/constraints.csv", None),
        ("lab1/model.pkl", None),
        ("lab1/model_testing.py", None),
        ("test_submission/lab1/a.csv", "test"),
        ("lab1/train", "train"),
    ],
)
def test_part(path, part):
    assert part_of(Path(path), LAB) == part


def test_words_above_the_lab_do_not_count():
    assert part_of(Path("test/lab1/a.csv"), Path("test/lab1")) is None


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("model_testing.py", True),
        ("lab1/model_testing.py --x 1", True),
        ("-u -B ./model_testing.py", True),
        ("-m model_testing", True),
        ("-m lab1.model_testing", True),
        ("-m pip install model_testing.py", False),
        ("-c pass model_testing.py", False),
        ("main.py model_testing.py", False),
        ("data_creation.py", False),
        ("", False),
    ],
)
def test_process_that_runs_a_stage(arguments, answer):
    assert is_run_of(Started(tuple(arguments.split()), 0), Path("lab1/model_testing.py")) is answer


@pytest.fixture
def conveyor(tmp_path):
    root = tmp_path / "submission"
    for path, content in RubricAttack().submission().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return Conveyor(make_box(), root, read_layout(root, LAB), tmp_path / "runs")


def test_models_and_data_are_cleared_and_nothing_else(conveyor):
    kept = ["lab1/raw.csv", "lab1/latest.csv", "lab1/requirements-test.txt", "lab1/test_config.json"]
    kept += ["lab1/train.py", "lab1/venv/lib/test.npy", "model.pkl"]
    cleared = ["lab1/model.pkl", "lab1/old/weights.h5", "lab1/train/a.csv", "lab1/data/X_test.npy"]
    for name in kept + cleared:
        (conveyor.root / name).parent.mkdir(parents=True, exist_ok=True)
        (conveyor.root / name).write_text("x")
    tree = conveyor.fresh()
    assert [name for name in kept if not (tree / name).exists()] == []
    assert [name for name in cleared if (tree / name).exists()] == []
    assert (tree / "lab1/train").is_dir()
    assert all((conveyor.root / name).exists() for name in kept + cleared)


def test_what_a_run_made_is_seen(conveyor):
    ran = conveyor.run_pipeline(conveyor.fresh())
    assert ran.run.stdout == "Model test accuracy is: 0.925\n"
    assert sorted(map(str, ran.made)) == [
        "lab1/data/test/raw.csv",
        "lab1/data/test/scaled.csv",
        "lab1/data/train/raw.csv",
        "lab1/data/train/scaled.csv",
        "lab1/model.pkl",
    ]
    assert [path.name for path in ran.files("train")] == ["raw.csv", "scaled.csv"]
    assert ran.models == [Path("lab1/model.pkl")]
    assert sorted(conveyor.started) == sorted(conveyor.layout.stages)
    alone = conveyor.run_stage("model_testing", conveyor.copy(ran.tree))
    assert (alone.run.stdout, alone.made) == ("Model test accuracy is: 0.925\n", frozenset())


def test_no_folder_to_run_in(conveyor, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotTellError, match="there is no folder 'lab1' to run it in"):
        conveyor.run_stage("model_testing", tmp_path / "empty")
