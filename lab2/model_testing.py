"""Tests the model on data/processed/test.csv and prints its accuracy, one line.

    python lab2/model_testing.py --min-accuracy 0.9

Gates judge it. reports/ gets metrics.json, gates.xml (JUnit, a test case for each gate) and report.html. A
gate that fails is exit 1 and is named on stderr. The accuracy is printed all the same: it was measured, and
whoever reads the log wants to know by how much it failed. In the pipeline, MIN_ACCURACY in the environment is
the limit.
"""

import argparse
import os
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from common.atomic import replace_folder
from common.files import read_json, read_table, refuse_missing, write_json
from common.stage import LabError, parser, print_metric, run

from candidates import load_any, probabilities
from gates import describe, judge, measure_calibration, write_junit
from report import render
from schema import LABEL, SIZE, SIZES

MIN_ACCURACY = "0.9"
THRESHOLD = 0.5


def read_test(path: Path, names: list[str]) -> pd.DataFrame:
    table = read_table(path, dict.fromkeys(names, "float64") | {SIZE: "str", LABEL: "int8"})
    refuse_missing(table, path)
    if table[LABEL].nunique() < 2:
        raise LabError(f"'{path}' has not both kinds of tumours: run data_preprocessing.py again")
    return table


def measure(table: pd.DataFrame, malignant: np.ndarray) -> dict:
    """Return the metrics of these probabilities on a test table, and its accuracy on each size of tumours."""
    labels, answers = table[LABEL].to_numpy(), malignant >= THRESHOLD
    right = answers == labels
    slices = [
        {"name": size, "rows": int(rows.sum()), "accuracy": float(right[rows].mean())}
        for size in SIZES
        if (rows := (table[SIZE] == size).to_numpy()).any()
    ]
    return {
        "accuracy": float(accuracy_score(labels, answers)),
        "majority": float(max(labels.mean(), 1 - labels.mean())),
        "roc_auc": float(roc_auc_score(labels, malignant)),
        "log_loss": float(log_loss(labels, malignant)),
        "brier": float(brier_score_loss(labels, malignant)),
        "calibration_error": measure_calibration(malignant, labels),
        "confusion": {
            "true_negative": int((~answers & (labels == 0)).sum()),
            "false_positive": int((answers & (labels == 0)).sum()),
            "false_negative": int((~answers & (labels == 1)).sum()),
            "true_positive": int((answers & (labels == 1)).sum()),
        },
        "slices": slices,
    }


def rounded(value: object) -> object:
    """Return metrics with six decimals: the last digits of a float differ between processors."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def main(arguments: Namespace) -> None:
    processed = arguments.folder / "data" / "processed"
    description = read_json(processed / "features.json")
    names = [feature["name"] for feature in description["features"]]
    with threadpool_limits(1):
        model, about = load_any(arguments.folder / "model", description["features"])
        table = read_test(processed / "test.csv", names)
        malignant = probabilities(model, table[names].to_numpy())
    metrics = rounded(measure(table, malignant))
    gates = judge(
        metrics["accuracy"],
        arguments.min_accuracy,
        metrics["majority"],
        metrics["slices"],
        metrics["calibration_error"],
    )
    verdict = {"gates": {gate.name: gate.passed for gate in gates}, "model_sha256": about["sha256"]}
    with replace_folder(arguments.folder / "reports") as reports:
        write_json({**metrics, **verdict}, reports / "metrics.json")
        write_junit(gates, reports / "gates.xml")
        facts = {"metrics": metrics, "gates": gates, "data": description, "about": about}
        page = render(model, table, malignant, facts, names)
        (reports / "report.html").write_text(page, encoding="utf-8")
    print(
        f"tested on {len(table)} tumours; to compare with: always the more frequent answer "
        f"{metrics['majority']:.3f}",
        file=sys.stderr,
    )
    print_metric("accuracy", metrics["accuracy"])
    failed = [describe(gate) for gate in gates if not gate.passed]
    if failed:
        raise LabError(f"the model fails {len(failed)} of {len(gates)} gates: {'; '.join(failed)}")


def share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share: give 0 to 1")
    return value


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--min-accuracy",
        type=share,
        default=os.environ.get("MIN_ACCURACY") or MIN_ACCURACY,
        metavar="SHARE",
        help=f"the gate's limit (default: $MIN_ACCURACY, or {MIN_ACCURACY})",
    )
    run(main, options)
