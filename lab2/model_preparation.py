"""Chooses a model by cross-validation on data/processed/train.csv, trains it and saves it in model/.

    python lab2/model_preparation.py

The candidates are two logistic regressions and gradient boosting (CatBoost). The lowest mean log loss of
five folds wins: it judges the probabilities, and it changes less by luck than accuracy does. model/ gets the
model, in a format that cannot run code when it is loaded, and model.json, which describes it and says how
each candidate did. Where MLFLOW_TRACKING_URI is set, the same is written to that MLflow.
"""

import os
import sys
from argparse import Namespace

from threadpoolctl import threadpool_limits

from common.files import read_json, read_table, refuse_missing
from common.models import save_model
from common.stage import LabError, parser, run

from candidates import CANDIDATES, FOLDS, cross_validate
from schema import LABEL, SIZE


def main(arguments: Namespace) -> None:
    processed = arguments.folder / "data" / "processed"
    description = read_json(processed / "features.json")
    names = [feature["name"] for feature in description["features"]]
    columns = dict.fromkeys(names, "float64") | {SIZE: "str", LABEL: "int8"}
    table = read_table(processed / "train.csv", columns)
    refuse_missing(table, processed / "train.csv")
    features, labels = table[names].to_numpy(), table[LABEL].to_numpy()
    if min((labels == kind).sum() for kind in (0, 1)) < FOLDS:
        raise LabError(
            f"'{processed / 'train.csv'}' has fewer than {FOLDS} rows of a kind: run data_preprocessing.py"
        )
    seed, scores = description["data"]["seed"], {}
    with threadpool_limits(1):
        for name in [arguments.model] if arguments.model else CANDIDATES:
            scores[name] = cross_validate(name, features, labels, seed)
            print(
                f"{name}: log loss {scores[name]['log_loss']:.4f}, accuracy {scores[name]['accuracy']:.3f} "
                f"in {FOLDS} folds",
                file=sys.stderr,
            )
        best = min(scores, key=lambda name: scores[name]["log_loss"])  # of equals the simplest
        make, file_format = CANDIDATES[best]
        model = make(seed).fit(features, labels)
    print(f"chose {best}", file=sys.stderr)
    metric = {
        "name": "accuracy",
        "data": f"train, {FOLDS} folds",
        "value": scores[best]["accuracy"],
        "chosen": best,
        "candidates": scores,
    }
    folder = arguments.folder / "model"
    save_model(model, folder, file_format, metric=metric, features=description["features"], seed=seed)
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        from tracking import track  # MLflow takes a second to import, and few ask for it

        track(uri, folder)


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument("--model", choices=CANDIDATES, help="train this one (default: the best of all)")
    run(main, options)
