"""Tests the model on the passengers of data/prepared/test.csv and prints its accuracy, one line.

    python lab4/model_testing.py

results/ gets metrics.json and predictions.csv, from which `dvc plots` draws the confusion matrix.
"""

import sys
from argparse import Namespace

import pandas as pd

from common.atomic import replace_folder
from common.files import read_json, read_table, write_json, write_table
from common.models import load_model
from common.stage import LabError, parser, print_metric, run

from classifiers import FORMATS, usable_columns
from passengers import TARGET, column_types


def main(arguments: Namespace) -> None:
    prepared, folder = arguments.folder / "data" / "prepared", arguments.folder / "model"
    features = read_json(prepared / "features.json")["features"]
    test = read_table(prepared / "test.csv", column_types(features))
    kinds = [kind for kind, form in FORMATS.items() if (folder / f"model{form.SUFFIX}").is_file()]
    if not kinds:
        raise LabError(f"the folder '{folder}' has no model: run model_preparation.py, which makes it")
    columns = usable_columns(kinds[0], features)
    model, description = load_model(folder, FORMATS[kinds[0]], columns)
    predicted = model.predict(test[[column["name"] for column in columns]])
    accuracy = float((predicted == test[TARGET]).mean())
    with replace_folder(arguments.folder / "results") as results:
        write_json(
            {
                "accuracy": round(accuracy, 4),
                "cross_validation": description["metric"]["value"],
                "always_the_more_frequent": round(test[TARGET].value_counts(normalize=True).max(), 4),
            },
            results / "metrics.json",
        )
        write_table(
            pd.DataFrame({"survived": test[TARGET], "predicted": predicted}), results / "predictions.csv"
        )
    died = 1 - test[TARGET].mean()
    print(
        f"tested on {len(test)} passengers; to compare with: always the more frequent answer {died:.3f}, "
        f"cross-validation on the others {description['metric']['value']:.3f}",
        file=sys.stderr,
    )
    print_metric("accuracy", accuracy)


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
