"""Models in and out: same model, same bytes; whatever does not fit is refused."""

import json
import zipfile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from common import skops_file
from common.models import load_model, save_model
from common.stage import LabError
from common.tests.tools import hash_files

FEATURES = [
    {"name": "t_min_c", "type": "float32", "unit": "°C", "mean": 1.0},
    {"name": "season", "type": "float32", "unit": "1", "mean": 0.0},
]
DAYS = np.random.default_rng(0).normal(size=(50, 2))
FROST = DAYS[:, 0] > 0


def save(folder, model=None, file_format=skops_file):
    model = model or LogisticRegression().fit(DAYS, FROST)
    metric = {"name": "accuracy", "data": "train", "value": 0.98}
    save_model(model, folder, file_format, metric=metric, features=FEATURES, seed=7)
    return folder


def edit(folder, **changes):
    description = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(description | changes))


@pytest.fixture
def folder(tmp_path):
    return save(tmp_path / "model")


def test_a_model_comes_back_and_is_described(folder):
    model, description = load_model(folder, skops_file, FEATURES)
    assert (model.predict(DAYS) == LogisticRegression().fit(DAYS, FROST).predict(DAYS)).all()
    assert description["model"] == "LogisticRegression"
    assert description["seed"] == 7
    assert description["metric"] == {"name": "accuracy", "data": "train", "value": 0.98}
    assert description["features"][0] == {"name": "t_min_c", "type": "float32", "unit": "°C"}
    assert sorted(description["versions"]) == ["numpy", "scikit-learn", "skops"]


def test_the_same_model_gives_the_same_bytes(tmp_path, folder):
    assert hash_files(folder) == hash_files(save(tmp_path / "again"))


def test_a_catboost_model_comes_back_and_gives_the_same_bytes(tmp_path):
    catboost = pytest.importorskip("catboost")
    from common import cbm_file

    def fit():
        settings = {"iterations": 5, "verbose": False, "allow_writing_files": False, "thread_count": 1}
        return catboost.CatBoostClassifier(**settings).fit(DAYS, FROST)

    save(tmp_path / "one", fit(), cbm_file)
    save(tmp_path / "two", fit(), cbm_file)
    assert hash_files(tmp_path / "one") == hash_files(tmp_path / "two")
    model, _ = load_model(tmp_path / "one", cbm_file, FEATURES)
    assert type(model).__name__ == "CatBoostClassifier"
    assert (model.predict_proba(DAYS) == fit().predict_proba(DAYS)).all()


def test_a_changed_model_is_refused(folder):
    with (folder / "model.skops").open("ab") as file:
        file.write(b"x")
    with pytest.raises(
        LabError, match=r"model.skops' has SHA-256 .{12}…, model.json says .{12}…: it was changed"
    ):
        load_model(folder, skops_file, FEATURES)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (FEATURES[::-1], "feature 1 of .* is {'name': 't_min_c', .*}, the data has {'name': 'season'"),
        (FEATURES[:1], "feature 2 of .* is {'name': 'season', .*}, the data has nothing: run model_prep"),
        (
            [FEATURES[0], FEATURES[1] | {"unit": "°F"}],
            "feature 2 of .* the data has {.*'unit': '°F'}: run model_prep",
        ),
        ([*FEATURES, FEATURES[0]], "feature 3 of .* is nothing, the data has {'name': 't_min_c'"),
    ],
)
def test_other_features_are_refused(folder, features, message):
    with pytest.raises(LabError, match=message):
        load_model(folder, skops_file, features)


def test_another_major_version_is_refused(folder):
    edit(folder, versions={"scikit-learn": "0.24.2", "numpy": "2.4.0", "skops": "0.14"})
    with pytest.raises(
        LabError, match=r"was made with scikit-learn 0.24.2, 1\.\S+ is installed: run model_prep"
    ):
        load_model(folder, skops_file, FEATURES)


def test_a_description_without_checksum_is_refused(folder):
    (folder / "model.json").write_text("{}")
    with pytest.raises(LabError, match=r"model.json' has no 'sha256': run model_preparation.py again"):
        load_model(folder, skops_file, FEATURES)


@pytest.mark.parametrize("name", ["model.json", "model.skops"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(LabError, match=f"{name}' is missing: run the stage before this one"):
        load_model(folder, skops_file, FEATURES)


def test_a_model_that_holds_code_is_refused(tmp_path):
    folder = save(tmp_path / "model", FunctionTransformer(func=print))
    schema = zipfile.ZipFile(folder / "model.skops").read("schema.json").decode()
    assert "print" in schema
    with pytest.raises(
        LabError, match=r"the model holds types that are not trusted \(.*print.*\): do not use it"
    ):
        load_model(folder, skops_file, FEATURES)
