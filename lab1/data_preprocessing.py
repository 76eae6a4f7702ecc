"""Prepares the raw weather for a model: cleans it, adds features and the label, scales both parts alike.

    python lab1/data_preprocessing.py

Reads data/raw/train and data/raw/test, writes data/processed/train, data/processed/test and features.json.
A day's features come from that day and the days before it; its label is whether the next day's minimum is
below 0 °C. The scaler is fitted on train alone.
"""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from common.atomic import replace_folder
from common.files import list_tables, read_json, write_json, write_table
from common.stage import LabError, parser, run

from stations import ROLLING_DAYS, clean_readings, read_station

FEATURES = {  # name: unit before scaling
    "t_min_c": "°C",
    "t_mean_c": "°C",
    "t_max_c": "°C",
    "t_min_lag1_c": "°C",  # yesterday's
    "t_mean_lag1_c": "°C",
    "t_mean_week_c": "°C",  # mean of the last ROLLING_DAYS
    "season_sin": "1",
    "season_cos": "1",
}
FREEZING_C = 0.0
YEAR_DAYS = 365.25
DIGITS = 4  # of scaled values: 0.0001 standard deviations is below any sensor's precision


def build_features(cleaned: pd.DataFrame) -> pd.DataFrame:
    """Return a day's FEATURES; gaps are filled with the last good reading, for a week at most."""
    filled = cleaned.ffill(limit=ROLLING_DAYS)
    angle = 2 * np.pi * filled.index.day_of_year / YEAR_DAYS
    return filled.assign(
        t_min_lag1_c=filled["t_min_c"].shift(1),
        t_mean_lag1_c=filled["t_mean_c"].shift(1),
        t_mean_week_c=filled["t_mean_c"].rolling(ROLLING_DAYS).mean(),
        season_sin=np.sin(angle),
        season_cos=np.cos(angle),
    )


def label_days(cleaned: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Add frost_today and frost_tomorrow (0 or 1); drop days of which a feature or the morrow is unknown."""
    tomorrow_c = cleaned["t_min_c"].shift(-1)
    known = features.notna().all(axis="columns") & tomorrow_c.notna()
    return features.astype("float32").assign(
        frost_today=(features["t_min_c"] < FREEZING_C).astype("int8"),
        frost_tomorrow=(tomorrow_c < FREEZING_C).astype("int8"),
    )[known]


def prepare_station(path: Path) -> pd.DataFrame:
    cleaned = clean_readings(read_station(path))
    days = label_days(cleaned, build_features(cleaned))
    if days.empty:
        raise LabError(f"'{path}' has no day with a week of readings before it: leave the station out")
    return days


def write_scaled(days: pd.DataFrame, scaler: StandardScaler, path: Path) -> None:
    scaled = scaler.transform(days[list(FEATURES)]).round(DIGITS).astype("float32")
    write_table(days.assign(**dict(zip(FEATURES, scaled.T, strict=True))).reset_index(), path)


def main(arguments: Namespace) -> None:
    raw = arguments.folder / "data" / "raw"
    train = {path.name: prepare_station(path) for path in list_tables(raw / "train")}
    scaler = StandardScaler()
    for days in train.values():
        scaler.partial_fit(days[list(FEATURES)])
    with replace_folder(arguments.folder / "data" / "processed") as processed:
        for name, days in train.items():
            write_scaled(days, scaler, processed / "train" / name)
        for path in list_tables(raw / "test"):
            write_scaled(prepare_station(path), scaler, processed / "test" / path.name)
        features = [
            {"name": name, "type": "float32", "unit": f"{unit}, scaled", "mean": mean, "scale": scale}
            for (name, unit), mean, scale in zip(
                FEATURES.items(), scaler.mean_.tolist(), scaler.scale_.tolist(), strict=True
            )
        ]
        write_json(
            {"features": features, "data": read_json(raw / "source.json")}, processed / "features.json"
        )


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
