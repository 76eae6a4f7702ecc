"""The battery itself: error rates with other seeds and models, and statistics whose values are known."""

import numpy as np
import pandas as pd
import pytest

from lab5.tests import test_datasets as battery
from lab5.tests.test_datasets import LIMITS, Dataset, find_faults, is_clean

X = np.linspace(0, 10, 100)
TRUTH = {"slope": 1.0, "intercept": 0.0, "mean": 5.0, "residual_sd": 3**-0.5}
ZIGZAG = np.tile([0.5, -0.5], 50)


def train(rng):
    y = X + rng.uniform(-1, 1, 100)
    slope, intercept = np.polyfit(X, y, 1)
    residual_sd = np.sqrt(((y - intercept - slope * X) ** 2).sum() / 98)
    return {"slope": slope, "intercept": intercept, "mean": y.mean(), "residual_sd": residual_sd}


def raises_alarm(y, model):
    data = Dataset(X, y, model)
    table = pd.DataFrame({"x": X, "y": y})
    return bool(find_faults(table)) or not all(is_clean(statistic, statistic(data)) for statistic in LIMITS)


def test_false_alarms_stay_rare_with_other_seeds_and_models():
    rng = np.random.default_rng(77)
    alarms = sum(raises_alarm(X + rng.uniform(-1, 1, 100), train(rng)) for _ in range(500))
    assert alarms <= 6  # at a true rate of 0.32 %: more than 6 of 500 in one of a thousand seeds


def test_the_courses_noise_is_always_found_with_other_seeds_and_models():
    rng = np.random.default_rng(78)
    for _ in range(200):
        y = X + rng.uniform(-1, 1, 100)
        y[25:45] *= 2
        assert raises_alarm(y, train(rng))


def test_limits_leave_out_a_twentieth_of_a_percent():
    # By plain NumPy, 20,000 clean datasets around the true line: 10 beyond are expected, 25 are too many.
    noise = np.random.default_rng(79).uniform(-1, 1, (20_000, 100))
    rmse = np.sqrt((noise**2).mean(axis=1))
    r2 = 1 - rmse**2 / (X + noise).var(axis=1)
    ratio = noise.var(axis=1, ddof=1) * 3
    for statistic, values in ((battery.rmse, rmse), (battery.r2, r2), (battery.variance_ratio, ratio)):
        lowest, highest = LIMITS[statistic]
        assert ((values < lowest) | (values > highest)).sum() <= 25
        median = np.median(values)
        assert lowest < median < highest
        assert ((values < lowest + (median - lowest) / 4) | (values > highest - (highest - median) / 4)).any()


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (battery.gain_over_mean, 5.8996),  # sqrt(8.5017 + 0.25 - 0.0505) over 0.5 below
        (battery.rmse, 0.5),
        (battery.variance_ratio, 0.7576),  # 0.25 * 100 / 99 * 3
        (battery.outlier_share, 0),
        (battery.longest_run, 1),
        (battery.kolmogorov_smirnov, 0.2887),  # two steps at 1 sd, where the uniform has 0.2113 and 0.7887
    ],
)
def test_a_zigzag_of_one_half_has_known_statistics(statistic, expected):
    assert statistic(Dataset(X, X + ZIGZAG, TRUTH)) == pytest.approx(expected, abs=1e-4)


def test_the_longest_run_counts_neighbours_on_one_side():
    y = X + ZIGZAG
    y[25:45] = X[25:45] + 0.1
    assert battery.longest_run(Dataset(X, y, TRUTH)) == 21  # point 24 is above the line already


def test_the_outlier_share_counts_what_clean_noise_cannot_reach():
    y = X + ZIGZAG
    y[[3, 50]] = X[[3, 50]] + [1.5, -1.5]
    y[70] = X[70] + 1  # at 1.73 standard deviations, where clean noise ends
    assert battery.outlier_share(Dataset(X, y, TRUTH)) == pytest.approx(0.02)


def test_the_line_distance_is_the_greater_of_the_two_ends():
    assert battery.line_distance(Dataset(X, 1.1 * X - 0.3, TRUTH)) == pytest.approx(0.7)
    assert battery.line_distance(Dataset(X, 0.95 * X + 0.6, TRUTH)) == pytest.approx(0.6)


@pytest.mark.parametrize("statistic", [battery.breusch_pagan, battery.goldfeld_quandt])
def test_noise_that_is_larger_everywhere_changes_no_test_of_unequal_noise(statistic):
    noise = np.random.default_rng(80).uniform(-1, 1, 100)
    once, thrice = (statistic(Dataset(X, X + scale * noise, TRUTH)) for scale in (1, 3))
    assert thrice == pytest.approx(once)
    grown = statistic(Dataset(X, X + noise * (1 + X / 2), TRUTH))
    assert grown < LIMITS[statistic][0]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda table: table.iloc[:99], "99 rows of ['x', 'y'], not 100 of x and y"),
        (lambda table: table.rename(columns={"y": "z"}), "100 rows of ['x', 'z'], not 100 of x and y"),
        (lambda table: table.replace(table["y"][7], np.nan), "row 7: a number is missing or infinite"),
        (lambda table: table.replace(table["y"][8], 11.5), "row 8: y is not from -1 to 11"),
        (lambda table: table.replace(table["x"][99], 10.5), "row 99: x is not from 0 to 10"),
        (lambda table: table.iloc[[0, *range(99)]].reset_index(drop=True), "row 1: the row was there before"),
    ],
)
def test_the_schema_names_the_row_and_the_rule(spoil, fault):
    table = pd.DataFrame({"x": X, "y": X + ZIGZAG})
    assert find_faults(table) == []
    assert find_faults(spoil(table)) == [fault]
