"""Judges each dataset in data/ by how it differs from what clean data look like beside the model.

    python -m pytest tests/test_datasets.py

A statistic turns a dataset into one number, and has limits which 0.05 % of clean datasets cross. Ten
statistics together then raise a false alarm on at most 10 x 0.05 % = 0.5 % of them: this sum is Bonferroni's
correction, and holds however much the ten depend on each other.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import r2_score
from statsmodels.stats.diagnostic import het_breuschpagan, het_goldfeldquandt

DATA = Path(__file__).resolve().parents[1] / "data"
NAMES = ("clean_1", "clean_2", "clean_3", "noisy")
OUTLIER_SD = 2.5  # clean noise is uniform, so it ends at 1.73 standard deviations
UNIFORM = stats.uniform(-(3**0.5), 2 * 3**0.5)  # from -1.73 to 1.73: its standard deviation is 1


@dataclass
class Dataset:
    """Points beside the model: a line, the mean of its training data and the residuals' spread there."""

    x: np.ndarray
    y: np.ndarray
    model: dict[str, float]

    @cached_property
    def predicted(self) -> np.ndarray:
        return self.model["intercept"] + self.model["slope"] * self.x

    @cached_property
    def residuals(self) -> np.ndarray:
        return self.y - self.predicted

    @cached_property
    def standardised(self) -> np.ndarray:
        return self.residuals / self.model["residual_sd"]

    @cached_property
    def design(self) -> np.ndarray:
        return np.column_stack([np.ones_like(self.x), self.x])


def gain_over_mean(data: Dataset) -> float:
    """How many times smaller the error is than when the answer is always the training data's mean."""
    return np.sqrt(np.mean((data.y - data.model["mean"]) ** 2)) / rmse(data)


def r2(data: Dataset) -> float:
    return r2_score(data.y, data.predicted)


def rmse(data: Dataset) -> float:
    return np.sqrt(np.mean(data.residuals**2))


def variance_ratio(data: Dataset) -> float:
    """Variance of the residuals over that of the training data's."""
    return data.standardised.var(ddof=1)


def kolmogorov_smirnov(data: Dataset) -> float:
    """Greatest distance between the residuals' distribution and a uniform one of their width."""
    standardised = stats.zscore(data.residuals)
    return stats.ks_1samp(standardised, UNIFORM.cdf, method="asymp").statistic  # its p-value is not used


def outlier_share(data: Dataset) -> float:
    return np.mean(np.abs(data.standardised) > OUTLIER_SD)


def longest_run(data: Dataset) -> int:
    """Most neighbours on the same side of the line."""
    return max(len(list(run)) for _, run in groupby(data.residuals > 0))


def breusch_pagan(data: Dataset) -> float:
    """p-value of the F form: do the squared residuals grow or fall with x."""
    return het_breuschpagan(data.residuals, data.design)[3]


def goldfeld_quandt(data: Dataset) -> float:
    """p-value: are the lowest 40 points as noisy as the highest 40, each around its own line."""
    return het_goldfeldquandt(
        data.y, data.design, split=40, drop=20, alternative="two-sided", result_object=True
    ).pval


def line_distance(data: Dataset) -> float:
    """Greatest distance, for x from 0 to 10, between the dataset's own line and the model's."""
    own = stats.linregress(data.x, data.y)
    intercept, slope = own.intercept - data.model["intercept"], own.slope - data.model["slope"]
    return max(abs(intercept), abs(intercept + 10 * slope))


# Lowest and highest value of a clean dataset: quantiles of 200,000 simulated pairs of a model and a dataset,
# rounded outwards. 0.05 % lie beyond, half on either side where there are two. The notebook simulates anew.
ANY = float("inf")
LIMITS = {
    gain_over_mean: (4.3, ANY),
    r2: (0.945, 0.974),
    rmse: (0.485, 0.685),
    variance_ratio: (0.63, 1.64),
    kolmogorov_smirnov: (0, 0.125),  # Kolmogorov's distribution says 0.20: it has no fitted mean and width
    outlier_share: (0, 0),
    longest_run: (0, 19),
    breusch_pagan: (0.0003, 1),  # the F distribution says 0.0005: it is for normal noise, ours is uniform
    goldfeld_quandt: (0.014, 1),  # 0.0005 again: variances of uniform noise differ less than it expects
    line_distance: (0, 0.59),
}


def is_clean(statistic, value: float) -> bool:
    lowest, highest = LIMITS[statistic]
    return lowest <= value <= highest


def find_faults(table: pd.DataFrame) -> list[str]:
    """Return what is wrong before anything is fitted: clean data are y = x + noise from -1 to 1."""
    if table.shape != (100, 2) or list(table) != ["x", "y"]:
        return [f"{len(table)} rows of {list(table)}, not 100 of x and y"]
    x, y = table.to_numpy().T
    rules = {
        "a number is missing or infinite": ~np.isfinite(x + y),
        "the row was there before": table.duplicated().to_numpy(),
        "x is not from 0 to 10": (x < 0) | (x > 10),
        "y is not from -1 to 11": (y < -1) | (y > 11),
    }
    return [f"row {broken.argmax()}: {rule}" for rule, broken in rules.items() if broken.any()]


@pytest.fixture(params=NAMES)
def table(request):
    return pd.read_csv(DATA / f"{request.param}.csv", dtype=float)


def test_schema(table):
    faults = find_faults(table)
    assert not faults, "; ".join(faults)


@pytest.mark.parametrize("statistic", LIMITS, ids=lambda statistic: statistic.__name__)
def test_statistic(table, statistic):
    model = json.loads((DATA / "model.json").read_text())
    value = statistic(Dataset(table["x"].to_numpy(), table["y"].to_numpy(), model))
    lowest, highest = LIMITS[statistic]
    assert is_clean(statistic, value), f"{value:.4g} is not from {lowest} to {highest}"
