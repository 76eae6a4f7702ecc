"""The passengers: counts are the published ones, rows always the same; the real list comes or says why."""

import hashlib

import pytest

from common import titanic
from common.stage import LabError

SURVIVED = {  # class, sex: passengers, survivors
    (1, "female"): (94, 91),
    (1, "male"): (122, 45),
    (2, "female"): (76, 70),
    (2, "male"): (108, 17),
    (3, "female"): (144, 72),
    (3, "male"): (347, 47),
}


@pytest.fixture(scope="module")
def passengers():
    return titanic.load("embedded")


def test_the_counts_are_the_published_ones(passengers):
    counts = passengers.groupby(["Pclass", "Sex"])["Survived"].agg(["size", "sum"])
    assert {group: tuple(row) for group, row in counts.iterrows()} == SURVIVED
    assert passengers["Age"].isna().groupby(passengers["Pclass"]).sum().to_dict() == {1: 30, 2: 11, 3: 136}
    assert passengers["Embarked"].value_counts(dropna=False).tolist() == [644, 168, 77, 2]


def test_the_ages_have_the_published_means_and_spread(passengers):
    means = passengers.groupby("Pclass")["Age"].mean().round(1)
    assert means.to_dict() == {1: 38.2, 2: 29.9, 3: 25.1}
    assert round(passengers["Age"].mean(), 1) == 29.7
    assert round(passengers["Age"].std(), 1) == 14.5
    assert passengers["Age"].between(0, 80).sum() == 714


def test_the_columns_and_the_rows_are_the_same_every_time(passengers):
    assert tuple(passengers.columns) == titanic.COLUMNS
    assert passengers["PassengerId"].tolist() == list(range(1, 892))
    text = passengers.to_csv(index=False)
    assert text == titanic.load("embedded").to_csv(index=False)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "75f9bcae533ec8f0"


def test_the_real_list_that_does_not_come_in_time_says_what_to_do():
    with pytest.raises(LabError, match=r"did not come within 0\.01 s: go online, or leave out --source real"):
        titanic.load("real", timeout_s=0.01)


def test_the_real_list_offline_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import urllib.request as r\ndef f(*_, **__): raise OSError('no network')\nr.urlretrieve = f\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(
        LabError, match=r"cannot be had \(RuntimeError: .*: go online, or leave out --source real"
    ):
        titanic.load("real")


def test_the_real_list_has_the_same_counts_where_the_network_gives_it(passengers):
    try:
        real = titanic.load("real", timeout_s=20)
    except LabError as reason:
        pytest.skip(str(reason))  # the network is no part of a system that .ci/run could install
    counts = [table.groupby(["Pclass", "Sex", "Survived"]).size() for table in (real, passengers)]
    assert counts[0].equals(counts[1])
