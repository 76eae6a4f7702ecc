"""The versions of the dataset, from the raw passenger list to the model's table, and what each one means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from common.stage import LabError
from common.titanic import COLUMNS

TARGET = "Survived"
RAW_TYPES = dict.fromkeys(COLUMNS, "int64") | {
    "Sex": "str",
    "Age": "float64",
    "Fare": "float64",
    "Embarked": "str",
}
UNITS = {"Pclass": "class, 1 is the best", "Age": "years"}  # of the other columns: 1
LARGE_FAMILY = 5  # persons: of those in smaller ones half survived, of these one in six
MISSING_AGES = 177  # of 891, in the classic table and in its reconstruction
AGE_TOLERANCE_YEARS = 1e-9
BOY_UNDER_YEARS = 15  # women and children first: men did not count as children from about here


def select(passengers: pd.DataFrame) -> pd.DataFrame:
    return passengers[["Pclass", "Sex", "Age", TARGET]]


def impute(selected: pd.DataFrame) -> pd.DataFrame:
    return selected.assign(Age=selected["Age"].fillna(selected["Age"].mean()))


def encode(imputed: pd.DataFrame) -> pd.DataFrame:
    """Put two columns of 0 and 1 in the place of the text."""
    one_hot = {f"Sex_{sex}": (imputed["Sex"] == sex).astype("int64") for sex in ("female", "male")}
    return imputed.assign(**one_hot)[["Pclass", *one_hot, "Age", TARGET]]


def add_features(encoded: pd.DataFrame, passengers: pd.DataFrame) -> pd.DataFrame:
    """Add what a linear model cannot find in the other columns; only known ages make a boy."""
    family = 1 + passengers["SibSp"] + passengers["Parch"]
    added = {
        "LargeFamily": (family >= LARGE_FAMILY).astype("int64"),
        "Boy": ((passengers["Sex"] == "male") & (passengers["Age"] < BOY_UNDER_YEARS)).astype("int64"),
    }
    return encoded.assign(**added)[[*encoded.columns.drop(TARGET), *added, TARGET]]


def make_versions(passengers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the table of each version by its name, in the order of their history."""
    selected = select(passengers)
    imputed = impute(selected)
    encoded = encode(imputed)
    return {
        "selected": selected,
        "imputed": imputed,
        "encoded": encoded,
        "features": add_features(encoded, passengers),
    }


def check_selected(tables: Mapping[str, pd.DataFrame]) -> bool:
    return int(tables["selected"]["Age"].isna().sum()) == MISSING_AGES


def check_imputed(tables: Mapping[str, pd.DataFrame]) -> bool:
    """The gaps, and nothing but the gaps, hold the mean of the known ages."""
    known, filled = tables["selected"]["Age"], tables["imputed"]["Age"]
    gaps = known.isna()
    return bool(
        (filled[~gaps] == known[~gaps]).all()
        and ((filled[gaps] - known.mean()).abs() < AGE_TOLERANCE_YEARS).all()
    )


def check_encoded(tables: Mapping[str, pd.DataFrame]) -> bool:
    one_hot = tables["encoded"][["Sex_female", "Sex_male"]]
    return bool(one_hot.isin([0, 1]).to_numpy().all() and (one_hot.sum(axis="columns") == 1).all())


def check_features(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Every version-3 column is still as it was, and each added one is 0 or 1 and not always the same."""
    encoded, features = tables["encoded"], tables["features"]
    added = features.drop(columns=encoded.columns)
    return features[list(encoded.columns)].equals(encoded) and bool(
        added.isin([0, 1]).to_numpy().all() and (added.nunique() == 2).all()
    )


@dataclass(frozen=True)
class Version:
    tag: str
    subject: str  # of its commit
    meaning: str
    holds: Callable[[Mapping[str, pd.DataFrame]], bool]  # is it so, in these tables by version


VERSIONS = {
    "selected": Version(
        "v1-selected", "Select class, sex and age", f"{MISSING_AGES} ages are missing", check_selected
    ),
    "imputed": Version(
        "v2-imputed",
        "Fill missing ages with the mean",
        "no age is missing, the gaps have the mean",
        check_imputed,
    ),
    "encoded": Version(
        "v3-encoded", "Encode sex as two columns", "two 0/1 columns that sum to one", check_encoded
    ),
    "features": Version(
        "v4-features", "Add large families and boys", "version 3 and two 0/1 columns more", check_features
    ),
}


def describe_columns(table: pd.DataFrame) -> list[dict]:
    """Return name, type, unit and the count of missing values of each column but the target."""
    return [
        {
            "name": name,
            "type": "str" if pd.api.types.is_string_dtype(table[name]) else str(table[name].dtype),
            "unit": UNITS.get(name, "1"),
            "missing": int(table[name].isna().sum()),
        }
        for name in table.columns.drop(TARGET)
    ]


def column_types(features: list[dict]) -> dict[str, str]:
    """Return what common.files.read_table needs to read a version's table."""
    try:
        return {column["name"]: column["type"] for column in features} | {TARGET: "int64"}
    except KeyError as error:
        raise LabError(
            f"a column of features.json has no {error}: run data_preprocessing.py again"
        ) from error
