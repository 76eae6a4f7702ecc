"""Trains the classifier of tomorrow's frost on data/processed/train and saves it in model/.

    python lab1/model_preparation.py

model/ gets model.skops, which cannot run code when it is loaded, and model.json, which describes it.
"""

from argparse import Namespace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from common import skops_file
from common.files import DATE, list_tables, read_json, read_table, refuse_missing
from common.models import save_model
from common.stage import LabError, parser, run

LABEL = "frost_tomorrow"


def read_days(folder: Path, features: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return all stations' features, float32 of shape (days, features), and labels, int8 of shape (days,)."""
    columns = (
        {"date": DATE} | dict.fromkeys(features, "float32") | dict.fromkeys(["frost_today", LABEL], "int8")
    )
    stations, labels = [], []
    for path in list_tables(folder):
        table = read_table(path, columns)
        refuse_missing(table, path)
        stations.append(table[features].to_numpy())
        labels.append(table[LABEL].to_numpy())
    return np.concatenate(stations), np.concatenate(labels)


def fit_classifier(days: np.ndarray, labels: np.ndarray) -> LogisticRegression:
    # Newton's method: few features, many days, and it works on float32 without a copy.
    # One thread: several would add in another order, and the model's last digits would depend on the cores.
    with threadpool_limits(1):
        return LogisticRegression(solver="newton-cholesky").fit(days, labels)


def main(arguments: Namespace) -> None:
    processed = arguments.folder / "data" / "processed"
    description = read_json(processed / "features.json")
    days, labels = read_days(processed / "train", [feature["name"] for feature in description["features"]])
    if labels.min() == labels.max():
        raise LabError(
            f"'{processed / 'train'}' has days of one kind only ({LABEL} = {labels[0]}): add stations"
        )
    model = fit_classifier(days, labels)
    save_model(
        model,
        arguments.folder / "model",
        skops_file,
        metric={"name": "accuracy", "data": "train", "value": round(model.score(days, labels), 6)},
        features=description["features"],
        seed=description["data"]["seed"],
    )


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
