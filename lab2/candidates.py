"""The models to choose from, how they are compared, and how a saved one is loaded."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from catboost import CatBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common import cbm_file, skops_file
from common.files import read_json
from common.models import DESCRIPTION, load_model
from common.stage import LabError

FOLDS = 5


def linear(strength: float) -> Any:
    """Return a logistic regression on scaled features; a smaller `strength` holds its weights nearer to 0."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, solver="newton-cholesky"))


def boosted_trees(seed: int) -> CatBoostClassifier:
    return CatBoostClassifier(
        iterations=200,
        depth=4,
        learning_rate=0.1,
        random_seed=seed,
        thread_count=1,  # several would add in another order, and the model's bytes would depend on the cores
        allow_writing_files=False,
        verbose=False,
    )


# name: what makes it from a seed, and the format it is saved in; the simplest first
CANDIDATES: dict[str, tuple[Callable[[int], Any], ModuleType]] = {
    "linear_held": (lambda _: linear(0.1), skops_file),
    "linear": (lambda _: linear(1.0), skops_file),
    "catboost": (boosted_trees, cbm_file),
}


def cross_validate(name: str, features: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, float]:
    """Return a candidate's mean log loss and accuracy on folds that it was not fitted on."""
    make, _ = CANDIDATES[name]
    losses, accuracies = [], []
    for fitted, held_out in folds(features, labels, seed):
        malignant = probabilities(make(seed).fit(features[fitted], labels[fitted]), features[held_out])
        losses.append(log_loss(labels[held_out], malignant, labels=[0, 1]))
        accuracies.append(accuracy_score(labels[held_out], malignant >= 0.5))
    return {"log_loss": round(float(np.mean(losses)), 6), "accuracy": round(float(np.mean(accuracies)), 6)}


def folds(features: np.ndarray, labels: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, labels)


def probabilities(model: Any, features: np.ndarray) -> np.ndarray:
    """Return how probably each row is malignant; features are float64 of shape (rows, features)."""
    if isinstance(model, CatBoostClassifier):
        return model.predict_proba(features, thread_count=1)[:, 1]  # who calls has the other cores at work
    return model.predict_proba(features)[:, 1]


def load_any(folder: Path, features: list[dict] | None = None) -> tuple[Any, dict]:
    """Return the model of `folder`, whichever candidate it is, and its description.

    `features` are those of the data at hand; without them, the model's own.
    """
    if features is None:
        features = read_json(folder / DESCRIPTION).get("features", [])
    formats = [form for form in (skops_file, cbm_file) if (folder / f"model{form.SUFFIX}").is_file()]
    if len(formats) != 1:
        raise LabError(f"the folder '{folder}' has no model: run model_preparation.py, which makes it")
    return load_model(folder, formats[0], features)
