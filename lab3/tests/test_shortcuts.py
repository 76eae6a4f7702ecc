"""The shortcuts of a prediction: used where they give CatBoost's own bits, left where they cannot."""

import json
import re

import httpx
import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor

from common import cbm_file
from common.models import save_model

BUFFERS = ["16 rows", "64 rows", "256 rows", "1024 rows"]
NUMBERS = {"female": 1, "male": 0, "S": 0, "C": 1, "Q": 2, None: np.nan}
SMALL = {"iterations": 20, "thread_count": 1, "verbose": False, "allow_writing_files": False}


def to_rows(passengers):
    return np.array([[NUMBERS.get(value, value) for value in one.values()] for one in passengers], "float32")


@pytest.fixture
def save(tmp_path, model_folder, passengers):
    """Train a model on invented fates and save it as the pipeline does; return it and its folder."""
    features = json.loads((model_folder / "model.json").read_text())["features"]

    def save_one(model):
        rows = to_rows(passengers)
        model.fit(rows, (rows[:, 1] + (rows[:, 5] > 250) + (rows[:, 0] < 2) >= 2).astype(int))
        metric = {"name": "accuracy", "data": "train", "value": 1.0}
        save_model(model, tmp_path / "other", cbm_file, metric=metric, features=features, seed=0)
        return model, tmp_path / "other"

    return save_one


def test_both_are_used_for_the_model_of_the_pipeline(service):
    assert service.events("model loaded")[0]["shortcuts"] == [*BUFFERS, "leaves"]


@pytest.mark.parametrize(
    ("options", "shortcuts"),
    [
        ({"nan_mode": "Max"}, [*BUFFERS, "leaves"]),
        ({"depth": 8}, [*BUFFERS, "leaves"]),
        ({"depth": 9}, BUFFERS),
        ({"grow_policy": "Depthwise"}, BUFFERS),
        ({"grow_policy": "Lossguide"}, BUFFERS),
    ],
)
def test_another_kind_of_model_gives_catboosts_bits_too(start, save, passengers, options, shortcuts):
    model, folder = save(CatBoostClassifier(**SMALL, **options))
    running = start(model_folder=folder)
    assert running.events("model loaded")[0]["shortcuts"] == shortcuts
    expected = model.predict_proba(to_rows(passengers))[:, 1].tolist()
    with httpx.Client(base_url=running.url, timeout=60) as client:
        answers = client.post("/predict", json=passengers).json()["predictions"]
        assert [one["probability"] for one in answers] == expected
        for who in range(0, 1000, 100):
            assert client.post("/predict", json=passengers[who]).json()["probability"] == expected[who]


def test_a_model_that_does_not_classify_is_refused(start, save):
    _, folder = save(CatBoostRegressor(**SMALL))
    running = start(model_folder=folder)
    reason = "the model is not a classifier of survival from these features: train it again"
    assert running.events("model refused")[0]["reason"] == reason
    assert re.fullmatch(reason, httpx.get(f"{running.url}/readyz").json()["detail"])
