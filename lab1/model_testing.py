"""Tests the model on the stations of data/processed/test and prints its accuracy, one line.

    python lab1/model_testing.py

On stderr it prints what to compare the accuracy with: always the more frequent answer, and tomorrow is
like today.
"""

import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import skops_file
from common.files import DATE, list_tables, read_json, read_table, refuse_missing
from common.models import load_model
from common.stage import parser, print_metric, run

LABEL = "frost_tomorrow"
TODAY = "frost_today"


@dataclass
class Counts:
    """Test days, and on how many of them each way to answer was right."""

    stations: int = 0
    days: int = 0
    frosts: int = 0
    model_right: int = 0
    today_right: int = 0

    @property
    def majority(self) -> float:
        return max(self.frosts, self.days - self.frosts) / self.days

    @property
    def like_today(self) -> float:
        return self.today_right / self.days


def count_hits(model: Any, features: list[str], folder: Path) -> Counts:
    """Test the model one station at a time, so that memory does not grow with the data."""
    columns = {"date": DATE} | dict.fromkeys(features, "float32") | dict.fromkeys([TODAY, LABEL], "int8")
    counts = Counts()
    for path in list_tables(folder):
        station = read_table(path, columns)
        refuse_missing(station, path)
        frost = station[LABEL].to_numpy()
        counts.stations += 1
        counts.days += len(frost)
        counts.frosts += int(frost.sum())
        counts.model_right += int((model.predict(station[features].to_numpy()) == frost).sum())
        counts.today_right += int((station[TODAY].to_numpy() == frost).sum())
    return counts


def main(arguments: Namespace) -> None:
    processed = arguments.folder / "data" / "processed"
    features = read_json(processed / "features.json")["features"]
    model, _ = load_model(arguments.folder / "model", skops_file, features)
    counts = count_hits(model, [feature["name"] for feature in features], processed / "test")
    print(
        f"tested on {counts.days} days of {counts.stations} stations; to compare with: always the more "
        f"frequent answer {counts.majority:.3f}, tomorrow is like today {counts.like_today:.3f}",
        file=sys.stderr,
    )
    print_metric("accuracy", counts.model_right / counts.days)


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
