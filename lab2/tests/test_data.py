"""Preparation: the schema and its messages, the split, features chosen on train alone."""

import json

import numpy as np
import pandas as pd
import pytest

from common.tests.tools import hash_files


@pytest.fixture
def raw(table, tmp_path):
    """Write a raw table that the test may change before it is prepared."""

    def write(changed=table):
        folder = tmp_path / "data" / "raw"
        folder.mkdir(parents=True, exist_ok=True)
        changed.to_csv(folder / "measurements.csv", index=False)
        (folder / "source.json").write_text('{"source": "builtin", "sha256": "", "seed": 0}')
        return folder / "measurements.csv"

    return write


def processed(folder, name="features.json"):
    path = folder / "data" / "processed" / name
    return json.loads(path.read_text()) if name.endswith(".json") else pd.read_csv(path)


def test_the_builtin_table_is_the_published_one(pipeline_run):
    raw = pd.read_csv(pipeline_run[1] / "data" / "raw" / "measurements.csv")
    assert raw.shape == (569, 31)
    assert raw["diagnosis"].value_counts().to_dict() == {"benign": 357, "malignant": 212}
    first = raw.iloc[0]  # as the UCI repository has it
    assert (first["radius_mean"], first["concave_points_se"], first["area_worst"]) == (17.99, 0.01587, 2019.0)


def test_the_split_is_stratified_and_shares_no_row(pipeline_run):
    train, test = (processed(pipeline_run[1], f"{part}.csv") for part in ("train", "test"))
    assert (len(train), len(test)) == (426, 143)
    assert (train["malignant"].sum(), test["malignant"].sum()) == (159, 53)
    assert len(pd.concat([train, test]).drop_duplicates()) == 569
    assert set(train["size"]) == set(test["size"]) == {"small", "middle", "large"}
    assert train["size"].value_counts().tolist() == [142, 142, 142]


def test_each_choice_follows_the_rule_and_says_why(pipeline_run):
    choices = processed(pipeline_run[1])["choices"]
    assert len(choices) == 30
    aucs = [choice["auc"] for choice in choices]
    assert aucs == sorted(aucs, reverse=True)
    chosen = [choice["name"] for choice in choices if choice["chosen"]]
    assert chosen[:3] == ["perimeter_worst", "concave_points_mean", "concavity_worst"]
    assert len(chosen) == 14
    why = {choice["name"]: choice["why"] for choice in choices}
    assert why["radius_worst"] == "it ranks the tumours as perimeter_worst does: correlation 0.99"
    assert why["texture_se"] == "it does not tell the classes apart: AUC under 0.65"
    train = processed(pipeline_run[1], "train.csv")
    assert list(train.columns) == [*chosen, "size", "malignant"]
    ranks = train[chosen].corr(method="spearman").abs().to_numpy()
    assert ranks[~np.eye(14, dtype=bool)].max() <= 0.9


def test_what_is_learnt_comes_from_train_alone(raw, table, stage, tmp_path):
    raw()
    assert stage("data_preprocessing").code == 0
    before = hash_files(tmp_path / "data" / "processed")
    test = processed(tmp_path, "test.csv")
    measured = [name for name in table.columns if name not in ("id", "diagnosis")]
    in_test = table["perimeter_worst"].isin(test["perimeter_worst"]) & table["area_se"].isin(test["area_se"])
    changed = table.copy()
    changed.loc[in_test, measured] *= 1.5
    raw(changed)
    assert stage("data_preprocessing").code == 0
    after = hash_files(tmp_path / "data" / "processed")
    assert in_test.sum() == 143
    assert {name for name in before if before[name] != after[name]} == {"test.csv"}


def test_another_seed_is_another_split(raw, stage, tmp_path):
    path = raw()
    assert stage("data_preprocessing").code == 0
    before = hash_files(tmp_path / "data" / "processed")
    path.with_name("source.json").write_text('{"source": "builtin", "sha256": "", "seed": 1}')
    assert stage("data_preprocessing").code == 0
    after = hash_files(tmp_path / "data" / "processed")
    assert all(before[name] != after[name] for name in before)


def test_rows_that_are_there_twice_count_once(raw, table, stage, tmp_path):
    raw(pd.concat([table, table.head(50)]))
    ended = stage("data_preprocessing")
    assert ended.err.splitlines()[0] == "left out 50 rows that are there twice"
    assert processed(tmp_path)["rows"] == {"train": 426, "test": 143}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("radius_mean", "wide", "'wide' in column 'radius_mean' is not a number from 0 to 400"),
        ("area_worst", "-1", "'-1' in column 'area_worst' is not a number from 0 to 50000"),
        ("area_worst", "inf", "'inf' in column 'area_worst' is not a number from 0 to 50000"),
        ("texture_se", "", "'' in column 'texture_se' is not a number from 0 to 500"),
        ("texture_se", "nan", "'nan' in column 'texture_se' is not a number from 0 to 500"),
        ("symmetry_mean", "6.01", "'6.01' in column 'symmetry_mean' is not a number from 0 to 6"),
        ("diagnosis", "X", "'X' in column 'diagnosis' is not one of benign, B, malignant, M"),
    ],
)
def test_a_value_that_breaks_the_schema_is_named(raw, table, stage, column, value, message):
    spoilt = table.astype(str)
    spoilt.loc[16, column] = value
    path = raw(spoilt)
    ended = stage("data_preprocessing")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"data_preprocessing.py: '{path}', row 17: {message}: mend it at its source\n"


def test_several_values_that_break_it_are_counted(raw, table, stage):
    spoilt = table.astype(str)
    spoilt.loc[[3, 9], "radius_mean"] = "x"
    spoilt.loc[3, "area_se"] = "-5"
    path = raw(spoilt)
    assert stage("data_preprocessing").err == (
        f"data_preprocessing.py: '{path}', row 4: 'x' in column 'radius_mean' is not a number from 0 to 400 "
        "(2 more like that): mend it at its source\n"
    )


def drop_column(table):
    return table.drop(columns=["area_se", "area_mean"])


def keep_few(table):
    return table[(table["diagnosis"] == "B") | (table.index < 20)]


def shuffle_labels(table):
    rng = np.random.default_rng(3)
    return table.assign(**{name: rng.random(len(table)) for name in table.columns[2:]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_column, "has no column 'area_mean' (2 of 31 are missing): rename or add it at its source"),
        (keep_few, "has 19 malignant and 357 benign tumours: at least 20 of each are needed, collect more"),
        (shuffle_labels, "no column tells malignant from benign: mend the source"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(raw, table, stage, change, message):
    path = raw(change(table))
    ended = stage("data_preprocessing")
    assert ended.code == 1
    assert ended.err.startswith(f"data_preprocessing.py: '{path}'")
    assert ended.err.endswith(f"{message}\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " is empty: run the stage that makes it again"),
        (b"\n\n", " cannot be read as a table (No columns to parse from file): mend it at its source"),
        (b"a,b\n1,2\n\xff,1\n", ", line 3 is not UTF-8: mend it at its source"),
    ],
)
def test_a_file_that_is_no_table_is_named(raw, stage, content, message):
    path = raw()
    path.write_bytes(content)
    ended = stage("data_preprocessing")
    assert (ended.code, ended.err) == (1, f"data_preprocessing.py: '{path}'{message}\n")
