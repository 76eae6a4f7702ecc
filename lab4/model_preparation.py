"""Trains a classifier of who survived on data/prepared/train.csv and saves it in model/.

    python lab4/model_preparation.py --kind logistic --strength 1.0
    python lab4/model_preparation.py --kind catboost --trees 200 --depth 4 --rate 0.05

model/model.json says how often it was right in a cross-validation on the training passengers: by that the
experiments are compared, so that choosing the best one does not use up the test.
"""

from argparse import Namespace

import numpy as np
import pandas as pd
from sklearn.model_selection import RepeatedStratifiedKFold
from threadpoolctl import threadpool_limits

from common.files import read_json, read_table
from common.models import save_model
from common.stage import LabError, parser, run, whole_number

from classifiers import FORMATS, fit, new_classifier, usable_columns
from passengers import TARGET, column_types

FOLDS, REPEATS = 10, 3


def cross_validate(kind: str, settings: dict, seed: int, table: pd.DataFrame, target: pd.Series) -> float:
    """Return the mean accuracy on what each fold leaves out."""
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
    accuracies = []
    for train, left_out in folds.split(table, target):
        classifier = fit(new_classifier(kind, settings, seed), table.iloc[train], target.iloc[train])
        accuracies.append(np.mean(classifier.predict(table.iloc[left_out]) == target.iloc[left_out]))
    return float(np.mean(accuracies))


def main(arguments: Namespace) -> None:
    prepared = arguments.folder / "data" / "prepared"
    features = read_json(prepared / "features.json")["features"]
    train = read_table(prepared / "train.csv", column_types(features))
    columns = usable_columns(arguments.kind, features)
    if train[TARGET].nunique() < 2:
        raise LabError(f"'{prepared / 'train.csv'}' has passengers of one fate only: make it again")
    table, target = train[[column["name"] for column in columns]], train[TARGET]
    kind, settings, seed = arguments.kind, vars(arguments), arguments.seed
    with threadpool_limits(1):  # several threads add in another order, and the last digits change
        accuracy = cross_validate(kind, settings, seed, table, target)
        classifier = fit(new_classifier(kind, settings, seed), table, target)
    save_model(
        classifier,
        arguments.folder / "model",
        FORMATS[kind],
        metric={"name": "accuracy", "data": "cross-validation on train", "value": round(accuracy, 4)},
        features=columns,
        seed=seed,
    )


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument("--kind", choices=FORMATS, default="logistic", help="default: logistic")
    options.add_argument(
        "--strength", type=float, default=1.0, help="logistic: inverse of the regularization (default: 1)"
    )
    options.add_argument("--trees", type=whole_number(1, 10_000), default=200, help="catboost (default: 200)")
    options.add_argument("--depth", type=whole_number(1, 16), default=4, help="catboost (default: 4)")
    options.add_argument("--rate", type=float, default=0.05, help="catboost: learning rate (default: 0.05)")
    options.add_argument("--seed", type=whole_number(0), default=0, help="of folds and model (default: 0)")
    run(main, options)
