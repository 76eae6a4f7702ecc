"""Checks the collected table, splits it, chooses the important features: data/processed/{train,test}.csv.

    python lab2/data_preprocessing.py

The table is split first, stratified by the diagnosis. All that is learnt from data - which features are
chosen, where a small tumour ends - is learnt from train alone and told in data/processed/features.json.
"""

import sys
from argparse import Namespace

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from common.atomic import replace_folder
from common.files import read_json, write_json, write_table
from common.stage import LabError, parser, run

from measurements import read_measurements
from schema import LABEL, SIZE, SIZES, UNITS
from selection import choose_features

TEST_SHARE = 0.25
LEAST_OF_A_KIND = 20  # so that five folds of train have three or four of each kind
SIZE_BY = "radius_mean"


def drop_repeated(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without equal rows: one in train and one in test would be a leak."""
    once = table.drop_duplicates(ignore_index=True)
    if len(once) < len(table):
        print(f"left out {len(table) - len(once)} rows that are there twice", file=sys.stderr)
    return once


def add_size(part: pd.DataFrame, limits: np.ndarray) -> pd.DataFrame:
    return part.assign(**{SIZE: np.array(SIZES)[np.searchsorted(limits, part[SIZE_BY])]})


def main(arguments: Namespace) -> None:
    raw = arguments.folder / "data" / "raw"
    source = read_json(raw / "source.json")
    table = drop_repeated(read_measurements(raw / "measurements.csv"))
    kinds = table[LABEL].value_counts().reindex([0, 1], fill_value=0)
    if kinds.min() < LEAST_OF_A_KIND:
        raise LabError(
            f"'{raw / 'measurements.csv'}' has {kinds[1]} malignant and {kinds[0]} benign tumours: "
            f"at least {LEAST_OF_A_KIND} of each are needed, collect more"
        )
    train, test = train_test_split(
        table, test_size=TEST_SHARE, stratify=table[LABEL], random_state=source["seed"]
    )
    choices = choose_features(train[list(UNITS)], train[LABEL])
    chosen = [choice["name"] for choice in choices if choice["chosen"]]
    if not chosen:
        raise LabError(
            f"'{raw / 'measurements.csv'}': no column tells malignant from benign: mend the source"
        )
    limits = train[SIZE_BY].quantile([1 / 3, 2 / 3]).to_numpy()
    with replace_folder(arguments.folder / "data" / "processed") as processed:
        for name, part in (("train", train), ("test", test)):
            write_table(add_size(part, limits)[[*chosen, SIZE, LABEL]], processed / f"{name}.csv")
        description = {
            "features": [{"name": name, "type": "float64", "unit": UNITS[name]} for name in chosen],
            "choices": choices,
            "rows": {"train": len(train), "test": len(test)},
            "malignant": {"train": int(train[LABEL].sum()), "test": int(test[LABEL].sum())},
            "sizes": {"by": SIZE_BY, "limits": limits.round(4).tolist()},
            "data": source,
        }
        write_json(description, processed / "features.json")
    print(
        f"{len(train)} rows to train, {len(test)} to test; chose {len(chosen)} of {len(UNITS)} features: "
        f"{', '.join(chosen)}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
