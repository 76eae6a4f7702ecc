"""The weather and its preparation: climates, sensors, features from the past only, no leak from test."""

import json

import numpy as np
import pandas as pd
import pytest

from common.tests.tools import hash_files


def read(folder, pattern):
    return {path.name: pd.read_csv(path, parse_dates=["date"]) for path in sorted(folder.glob(pattern))}


@pytest.fixture(scope="module")
def raw(pipeline_run):
    return {part: read(pipeline_run[1], f"data/raw/{part}/*.csv") for part in ("train", "test")}


@pytest.fixture(scope="module")
def processed(pipeline_run):
    return {part: read(pipeline_run[1], f"data/processed/{part}/*.csv") for part in ("train", "test")}


def city(name):
    return name.split("_", 1)[1].rsplit("_", 1)[0]


def test_the_file_name_says_city_and_sensor(raw):
    assert list(raw["train"])[:4] == [
        "0001_st_johns_clean.csv",
        "0002_winnipeg_spikes.csv",
        "0004_halifax_clean.csv",
        "0005_edmonton_stuck.csv",
    ]
    sensors = {name.rsplit("_", 1)[1] for name in [*raw["train"], *raw["test"]]}
    assert sensors == {"clean.csv", "spikes.csv", "stuck.csv", "missing.csv", "noisy.csv"}


def test_test_has_other_climates_and_later_years(raw):
    assert {city(name) for name in raw["train"]}.isdisjoint(city(name) for name in raw["test"])
    last_of_train = max(days["date"].max() for days in raw["train"].values())
    assert last_of_train < min(days["date"].min() for days in raw["test"].values())


@pytest.mark.parametrize(
    ("name", "mean_c", "amplitude_c", "range_c"),
    [("0001_st_johns_clean.csv", 4.7, 10.1, 8.0), ("0007_montreal_clean.csv", 5.8, 15.45, 10.0)],
)
def test_a_simulated_year_has_the_citys_climate(raw, name, mean_c, amplitude_c, range_c):
    days = raw["train"][name]
    month = days["date"].dt.month
    july_and_january = days["t_mean_c"][month == 7].mean() - days["t_mean_c"][month == 1].mean()
    # 3 standard errors: four years of days whose deviation of 3.6 °C persists (0.8) are about 160 free ones,
    # a month of four years about 14.
    assert days["t_mean_c"].mean() == pytest.approx(mean_c, abs=3 * 3.6 / 160**0.5)
    assert july_and_january / 2 == pytest.approx(amplitude_c, abs=3 * 3.6 / 14**0.5 / 2**0.5)
    assert (days["t_max_c"] - days["t_min_c"]).mean() == pytest.approx(range_c, rel=3 * 0.45 / 1461**0.5)


def test_a_days_deviation_persists(raw):
    days = raw["train"]["0001_st_johns_clean.csv"]
    angle = 2 * np.pi * days["date"].dt.day_of_year / 365.25
    season = np.column_stack([np.ones(len(days)), np.sin(angle), np.cos(angle)])
    deviation = days["t_mean_c"] - season @ np.linalg.lstsq(season, days["t_mean_c"])[0]
    assert deviation.autocorr(1) == pytest.approx(0.8, abs=3 * ((1 - 0.8**2) / 1461) ** 0.5)


def test_sensors_do_what_their_names_say(raw):
    jump_c = raw["train"]["0002_winnipeg_spikes.csv"]["t_mean_c"].diff().abs()
    assert (jump_c > 20).sum() >= 10
    stuck = (raw["train"]["0005_edmonton_stuck.csv"][["t_min_c", "t_mean_c", "t_max_c"]].diff() == 0).all(
        axis=1
    )
    assert stuck.sum() == 19  # twenty equal days
    gap = raw["train"]["0008_regina_missing.csv"]["date"].diff().dt.days
    assert gap.max() >= 36
    clean_jump_c = raw["train"]["0001_st_johns_clean.csv"]["t_mean_c"].diff().abs()
    assert clean_jump_c.max() < 20


def test_a_station_does_not_depend_on_how_many_there_are(stage, tmp_path):
    stage("data_creation", "--stations", 4, "--days", 100)
    few = hash_files(tmp_path / "data" / "raw")
    stage("data_creation", "--stations", 7, "--days", 100)
    many = hash_files(tmp_path / "data" / "raw")
    assert len(many) == len(few) + 3
    assert all(many[path] == few[path] for path in few if path.endswith(".csv"))


def test_preprocessing_leaves_the_raw_files_alone(lab, stage, tmp_path):
    lab()
    before = hash_files(tmp_path / "data" / "raw")
    stage("data_preprocessing")
    assert hash_files(tmp_path / "data" / "raw") == before


def test_train_is_scaled_to_mean_0_and_deviation_1_and_test_with_the_same_scaler(
    pipeline_run, raw, processed
):
    train = pd.concat(processed["train"].values())
    features = json.loads((pipeline_run[1] / "data" / "processed" / "features.json").read_text())["features"]
    for feature in features:
        assert train[feature["name"]].mean() == pytest.approx(0, abs=1e-3)
        assert train[feature["name"]].std() == pytest.approx(1, abs=1e-3)
    t_min = features[0]
    name = "0003_toronto_clean.csv"
    merged = processed["test"][name].merge(raw["test"][name], on="date", suffixes=("", "_raw"))
    unscaled_c = merged["t_min_c"] * t_min["scale"] + t_min["mean"]
    assert len(merged) > 1400
    assert unscaled_c.to_numpy() == pytest.approx(merged["t_min_c_raw"].to_numpy(), abs=0.01)


def test_the_label_is_tomorrows_frost(raw, processed):
    name = "0003_toronto_clean.csv"
    days = processed["test"][name].merge(raw["test"][name], on="date", suffixes=("", "_raw"))
    tomorrow_c = raw["test"][name].set_index("date")["t_min_c"].shift(-1)[days["date"]].to_numpy()
    assert (days["frost_tomorrow"] == (tomorrow_c < 0)).all()
    assert (days["frost_today"] == (days["t_min_c_raw"] < 0)).all()


def test_spikes_and_stuck_days_do_not_reach_the_features(pipeline_run, processed):
    features = json.loads((pipeline_run[1] / "data" / "processed" / "features.json").read_text())["features"]
    t_mean = features[1]
    spiked = processed["train"]["0002_winnipeg_spikes.csv"]["t_mean_c"] * t_mean["scale"] + t_mean["mean"]
    assert spiked.between(-45, 45).all()  # winter's mean is -16 °C, a spike adds or takes 40
    assert spiked.diff().abs().max() < 20
    dates = pd.concat([days["date"] for days in processed["train"].values()])
    assert dates.notna().all()


def test_changing_the_future_does_not_change_earlier_features(lab, stage, tmp_path):
    lab("data_preprocessing")
    path = next((tmp_path / "data" / "raw" / "test").glob("*.csv"))
    out = tmp_path / "data" / "processed" / "test" / path.name
    before = out.read_text().splitlines()
    days = path.read_text().splitlines()
    changed_from = days[80].split(",")[0]
    days[80:] = [
        f"{line.split(',')[0]},-30.5,-20.5,-10.5" if i % 2 else line for i, line in enumerate(days[80:])
    ]
    path.write_text("\n".join(days) + "\n")

    stage("data_preprocessing")
    after = out.read_text().splitlines()
    earlier = [i for i, line in enumerate(before) if i and line < changed_from]
    assert len(earlier) > 60
    for i in earlier[:-1]:  # the last day's label is about the first changed day
        assert after[i] == before[i]
    assert after[earlier[-1]].rsplit(",", 1)[0] == before[earlier[-1]].rsplit(",", 1)[0]
    assert after != before


def test_changing_test_does_not_change_the_model_by_a_byte(lab, stage, tmp_path):
    lab("data_preprocessing", "model_preparation")
    before = hash_files(tmp_path / "model")
    train_before = hash_files(tmp_path / "data" / "processed" / "train")
    test_before = hash_files(tmp_path / "data" / "processed" / "test")
    for path in (tmp_path / "data" / "raw" / "test").glob("*.csv"):
        table = pd.read_csv(path)
        table[["t_min_c", "t_mean_c", "t_max_c"]] *= 3
        table.to_csv(path, index=False)
    for name in ("data_preprocessing", "model_preparation"):
        assert stage(name).code == 0
    assert hash_files(tmp_path / "model") == before
    assert hash_files(tmp_path / "data" / "processed" / "train") == train_before
    assert hash_files(tmp_path / "data" / "processed" / "test") != test_before
