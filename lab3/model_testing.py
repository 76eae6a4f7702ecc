"""Tests the model on data/processed/test and prints its accuracy, one line.

    python lab3/model_testing.py

model/card.json gets what a reader of the model wants to know: the metric and what to compare it with, the
ROC curve, where the data come from, the features with their allowed ranges.
"""

import sys
from argparse import Namespace

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from common import cbm_file
from common.files import read_json, write_json
from common.models import load_model
from common.stage import LabError, parser, print_metric, run

from features import NAMES
from prepared import read_passengers

DIGITS = 6


def score(passengers: np.ndarray, survived: np.ndarray, probabilities: np.ndarray) -> dict:
    """Return the accuracy, what to compare it with, the area under the ROC curve and the curve's points."""
    false_positives, true_positives, _ = roc_curve(survived, probabilities)
    survival = survived.mean()
    women = passengers[:, NAMES.index("sex")] == 1
    return {
        "passengers": len(survived),
        "accuracy": float(((probabilities > 0.5) == survived).mean()),
        "baselines": {
            "always the more frequent answer": float(max(survival, 1 - survival)),
            "women survive, men do not": float((women == survived).mean()),
        },
        "roc_auc": round(float(roc_auc_score(survived, probabilities)), DIGITS),
        "roc": {
            "false_positive_rate": false_positives.round(DIGITS).tolist(),
            "true_positive_rate": true_positives.round(DIGITS).tolist(),
        },
    }


def main(arguments: Namespace) -> None:
    folder, processed = arguments.folder / "model", arguments.folder / "data" / "processed"
    description = read_json(processed / "features.json")
    model, trained = load_model(folder, cbm_file, description["features"])
    test = processed / "test" / "passengers.csv"
    passengers, survived = read_passengers(test)
    if survived.min() == survived.max():
        raise LabError(f"'{test}' has passengers of one fate only (survived = {survived[0]}): add some")
    scores = score(passengers, survived, model.predict_proba(passengers, thread_count=1)[:, 1])
    write_json({"sha256": trained["sha256"], "test": scores} | description, folder / "card.json")
    baselines = ", ".join(f"{name} {value:.3f}" for name, value in scores["baselines"].items())
    print(
        f"tested on {scores['passengers']} passengers, ROC AUC {scores['roc_auc']:.3f}; "
        f"to compare with: {baselines}",
        file=sys.stderr,
    )
    print_metric("accuracy", scores["accuracy"])


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
