"""Tests whether what holds in a lab's training data holds in its test data; check_data.py runs these tests.

The question behind each statistic: is this division into train and test one like any other? If it is, it is
worse than 1,999 other divisions of the same rows, drawn at random, once in 2,000 times. That is the 0.05 %
that test_datasets.py allows a statistic, and for the same reason: the six of them then raise a false alarm on
at most 6 x 0.05 % = 0.3 % of pairs, however they depend on each other (Bonferroni's correction).

This is a permutation test (Fisher 1935). It assumes no distribution, and is exact where rows are
exchangeable: where a row of test might as well be one of train. Days of weather are not, each resembles the
day before; so days that follow each other stay together, and these blocks are exchanged. The first division
that is as bad settles it (Besag and Clifford 1991), which is soon for clean data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import numpy as np
import pytest
from sklearn import config_context

from lab5.tests import test_datasets as battery
from lab5.tests.test_datasets import Dataset

DIVISIONS = 1999
SEED = 2026  # of the other divisions: the same data, the same verdict
FAULTS_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Pair:
    """Two columns between which train has a linear relation: the rows of train, then those of test."""

    name: str
    x: np.ndarray  # from 0 to 10, as in lab 5's own datasets
    y: np.ndarray
    blocks: Sequence[np.ndarray]  # numbers of rows that stay together; the blocks of train come first
    train_blocks: int

    def divide(self, order: np.ndarray) -> tuple[Dataset, Dataset]:
        """Return train and test beside the line of train, when the blocks come in this order."""
        train, test = (
            np.concatenate([self.blocks[index] for index in part])
            for part in np.split(order, [self.train_blocks])
        )
        model = fit_line(self.x[train], self.y[train])
        return Dataset(self.x[train], self.y[train], model), Dataset(self.x[test], self.y[test], model)


@dataclass(frozen=True)
class Source:
    """The data of a lab: its pairs, and what is wrong with single rows."""

    lab: str
    pairs: Sequence[Pair]
    faults: Sequence[str]


@dataclass(frozen=True)
class Statistic:
    measure: Callable[[Dataset, Dataset], float]  # of train and test
    badness: Callable[[float], float] = float  # the more, the worse
    needs_exchangeable_rows: bool = False


def fit_line(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    centred, mean = x - x.mean(), y.mean()
    slope = centred @ y / (centred @ centred)
    residuals = y - mean - slope * centred
    return {
        "slope": slope,
        "intercept": mean - slope * x.mean(),
        "mean": mean,
        "residual_sd": np.sqrt((residuals**2).sum() / (len(x) - 2)),
    }


def distance_of_residuals(train: Dataset, test: Dataset) -> float:
    """Greatest distance between the distributions of their residuals (Kolmogorov and Smirnov)."""
    both = np.concatenate([train.residuals, test.residuals])  # scipy's ks_2samp takes five times as long
    shares = [
        np.searchsorted(np.sort(part.residuals), both, side="right") / len(part.residuals)
        for part in (train, test)
    ]
    return np.abs(shares[0] - shares[1]).max()


def of_test(statistic: Callable[[Dataset], float]) -> Callable[[Dataset, Dataset], float]:
    return lambda _, test: statistic(test)


STATISTICS: Mapping[str, Statistic] = {
    "r2": Statistic(of_test(battery.r2), badness=lambda r2: -r2),
    "variance_ratio": Statistic(of_test(battery.variance_ratio), badness=lambda ratio: abs(log(ratio))),
    "kolmogorov_smirnov": Statistic(distance_of_residuals),
    "outlier_share": Statistic(of_test(battery.outlier_share)),
    "line_distance": Statistic(of_test(battery.line_distance)),
    # Days that follow each other are on the same side anyway.
    "longest_run": Statistic(of_test(battery.longest_run), needs_exchangeable_rows=True),
}


def statistics_for(pair: Pair) -> list[str]:
    rows_are_exchangeable = all(len(block) == 1 for block in pair.blocks)
    return [
        name for name, one in STATISTICS.items() if rows_are_exchangeable or not one.needs_exchangeable_rows
    ]


@cache
def find_unlike(pair: Pair) -> dict[str, str]:
    """Return the statistics that are worse in this division than in all others: name -> what was found."""
    order = np.arange(len(pair.blocks))
    division = pair.divide(order)
    worst = {name: STATISTICS[name].measure(*division) for name in statistics_for(pair)}
    drawn: dict[str, list[float]] = {name: [] for name in worst}
    rng = np.random.default_rng(SEED)
    with config_context(
        assume_finite=True, skip_parameter_validation=True
    ):  # its checks are most of R2's time
        for _ in range(DIVISIONS):
            if not worst:
                break
            other = pair.divide(rng.permutation(order))
            for name, value in list(worst.items()):
                drawn[name].append(STATISTICS[name].measure(*other))
                if STATISTICS[name].badness(drawn[name][-1]) >= STATISTICS[name].badness(value):
                    del worst[name]
    return {
        name: f"{name} is {value:.4g}; in {DIVISIONS:,} other divisions of the same rows it is "
        f"{min(drawn[name]):.4g} to {max(drawn[name]):.4g}"
        for name, value in worst.items()
    }


def test_rows(source):
    more = f" ({len(source.faults) - FAULTS_SHOWN} more)" if len(source.faults) > FAULTS_SHOWN else ""
    if source.faults:
        pytest.fail("\n".join(source.faults[:FAULTS_SHOWN]) + more, pytrace=False)


def test_statistic(pair, statistic):
    unlike = find_unlike(pair)
    if statistic in unlike:
        pytest.fail(unlike[statistic], pytrace=False)
