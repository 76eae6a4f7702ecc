"""Prepares the raw passenger list for a model: words become numbers, what nobody knows stays unknown.

    python lab3/data_preprocessing.py

Reads data/raw/train and data/raw/test, writes data/processed/train, data/processed/test and features.json.
A missing age or port stays empty: CatBoost learns what it means that nobody wrote it down. Any other gap,
an unknown word or a number out of its range is refused.
"""

from argparse import Namespace
from pathlib import Path

import pandas as pd

from common.atomic import replace_folder
from common.files import read_json, read_table, write_json, write_table
from common.stage import LabError, parser, run

from features import FEATURES, MAY_BE_UNKNOWN, PORTS, SEXES

WORDS = {"sex": SEXES, "port": PORTS}
RAW_TYPES = {
    "PassengerId": "int64",
    "Survived": "int8",
    "Pclass": "int8",
    "Sex": "str",
    "Age": "float64",
    "SibSp": "int64",
    "Parch": "int64",
    "Fare": "float64",
    "Embarked": "str",
}


def encode(values: pd.Series, name: str, path: Path) -> pd.Series:
    """Return a feature's numbers, NaN where unknown; LabError for what is not allowed, with its line."""
    unknown = values.isna() | values.eq("")
    numbers = values.map(WORDS[name]) if name in WORDS else values
    feature = next(feature for feature in FEATURES if feature["name"] == name)
    wrong = ~unknown & ~numbers.between(feature["lowest"], feature["highest"])
    if name not in MAY_BE_UNKNOWN:
        wrong |= unknown
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        allowed = f"{feature['lowest']} to {feature['highest']}"
        if name in WORDS:
            allowed = " or ".join(WORDS[name])
        value = "" if unknown.iloc[row] else values.iloc[row]
        raise LabError(
            f"'{path}', line {row + 2}: '{value}' in column '{feature['raw']}' is not {allowed}: mend it"
        )
    return numbers.astype("float32")


def prepare_passengers(path: Path) -> pd.DataFrame:
    """Return one row a passenger: the features in order, and survived (0 or 1)."""
    raw = read_table(path, RAW_TYPES)
    prepared = {feature["name"]: encode(raw[feature["raw"]], feature["name"], path) for feature in FEATURES}
    return pd.DataFrame(prepared | {"survived": raw["Survived"]})


def main(arguments: Namespace) -> None:
    raw = arguments.folder / "data" / "raw"
    tables = {part: prepare_passengers(raw / part / "passengers.csv") for part in ("train", "test")}
    description = {"features": FEATURES, "data": read_json(raw / "source.json")}
    with replace_folder(arguments.folder / "data" / "processed") as processed:
        for part, table in tables.items():
            write_table(table, processed / part / "passengers.csv")
        write_json(description, processed / "features.json")


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
