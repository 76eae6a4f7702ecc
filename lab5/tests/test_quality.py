"""bash lab5/quality.sh: the labs' data pass, the course's noise is found, alarms are rare."""

import shutil
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from common.tests.tools import ROOT, run_command, run_stage
from lab5 import quality_checks

SCRIPT = ROOT / "lab5" / "check_data.py"
PLACES = {"lab1": ".", "lab2": ".", "lab4": "workspace"}  # where a lab's pipeline has its data
MADE = ("data_creation.py", "data_preprocessing.py")
NOISY = {  # a table and a target whose stretch is doubled, and the statistics that cannot miss it
    "lab1": (
        "data/processed/test/0006_saskatoon_spikes.csv",
        "t_mean_c",
        {"variance_ratio", "outlier_share"},
    ),
    "lab2": ("data/processed/test.csv", "smoothness_worst", {"r2", "variance_ratio", "longest_run"}),
    "lab4": ("workspace/data/prepared/test.csv", "Age", {"variance_ratio", "kolmogorov_smirnov"}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with the data that each lab makes, beside what is to hold of them."""
    folder = tmp_path_factory.mktemp("made")
    for lab, place in PLACES.items():
        command = [sys.executable, "-m", "common.pipeline", *(ROOT / lab / name for name in MADE)]
        ended = run_command(*command, "--folder", folder / lab / place, cwd=ROOT)
        assert ended.code == 0, ended.err
        shutil.copy(ROOT / lab / "quality.toml", folder / lab)
    return folder


@pytest.fixture
def data(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "data"))


def judge(folder: Path, *labs: str):
    """Judge data as a user does; return the exit code, what was printed, and the failed tests by lab."""
    sources = [folder / lab / "quality.toml" for lab in labs]
    report = folder / "quality.xml"
    ended = run_command("bash", ROOT / "lab5" / "quality.sh", *sources, "--junitxml", report)
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  pytest wrote it
    failed = [case.get("name") for case in cases if len(case)]
    return ended, len(cases), failed


def change(path: Path, edit) -> None:
    table = pd.read_csv(path)
    edit(table)
    table.to_csv(path, index=False)


def test_the_data_of_the_labs_pass(made):
    ended, cases, failed = judge(made, *PLACES)
    assert (ended.code, failed) == (0, []), ended.out
    assert cases == 3 + 5 + 2 * 6 + 2 * 6  # rows; days have no longest run, their order is no accident


@pytest.mark.thorough
def test_a_doubled_stretch_of_the_target_is_found_in_each_lab(data):
    for lab, (file, target, _) in NOISY.items():

        def double(table, target=target):
            table.loc[len(table) // 4 : len(table) * 45 // 100 - 1, target] *= 2

        change(data / lab / file, double)
    ended, _, failed = judge(data, *PLACES)
    assert ended.code == 1
    for lab, (_, target, statistics) in NOISY.items():
        found = {name.rpartition("-")[2].rstrip("]") for name in failed if f"[{lab}-" in name}
        assert found >= statistics, lab
        assert all(f":{target}-" in name for name in failed if f"[{lab}-" in name)  # the other pairs pass
    assert "longest_run is 30; in 1,999 other divisions of the same rows it is " in ended.out


def test_a_row_that_is_wrong_is_named(data):
    train, test = (data / "lab2" / "data" / "processed" / f"{part}.csv" for part in ("train", "test"))
    row = pd.read_csv(train).iloc[5]

    def spoil(table):
        table.loc[0] = row
        table.loc[1, "malignant"] = 2
        table.loc[2, "smoothness_mean"] = np.nan

    change(test, spoil)
    ended, _, failed = judge(data, "lab2")
    assert (ended.code, failed) == (1, ["test_rows[lab2]"])
    for said in (
        f"'{test}', line 2: the row is there twice",
        f"'{test}', line 3: '2' in column 'malignant' is not from 0 to 1",
        f"'{test}', line 4: '' in column 'smoothness_mean' is not a finite number",
    ):
        assert said in ended.out


def test_clean_data_raise_no_more_alarms_than_promised(monkeypatch):
    monkeypatch.setattr(quality_checks, "DIVISIONS", 19)  # an alarm in 1 of 20, to see some in 200 datasets
    rng, alarms = np.random.default_rng(81), Counter()
    for _ in range(200):
        x = rng.uniform(0, 10, 80)
        y = x + rng.standard_t(3, 80) * (1 + x / 5)  # nobody promised noise that is normal, or equal
        pair = quality_checks.Pair("x:y", x, y, np.arange(80)[:, None], 60)
        alarms.update(list(quality_checks.find_unlike(pair)))
    assert max(alarms.values()) <= 22  # of 200 at 5 %: more in one of a thousand seeds
    assert alarms["line_distance"] >= 3  # less than that, and the test would be blind


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[range]",
            "[rnage]",
            "there is no key 'rnage': the keys are train, test, pair, range, unique_rows,",
        ),
        ("unique_rows = true", "unique_rows = 1", "'unique_rows' is '1', not a bool: mend it"),
        ("train = ", "#", "has no key 'train': add it"),
        ("train = ", "train = =", "is not TOML (Invalid value (at line 2, column 9)): mend it"),
        ("[0, 2]", "[0]", "the range of 'smoothness_worst' is '[0]', not [lowest, highest]: mend it"),
        ('x = "smoothness_mean"', "", "a pair is x and y, two names of columns: mend '[[pair]]'"),
        ('x = "smoothness_mean"', 'x = "smothness"', "/train.csv' has no column 'smothness', which '"),
        ("data/processed/test", "data/tset", "/data/tset.csv' is missing: type  bash lab2/pipeline.sh"),
        ("unique_rows = true", "block_rows = 0", "'block_rows' is '0': give 1 or more"),
        (
            "unique_rows = true",
            "block_rows = 20",
            "have 8 blocks of rows in one of train and test: at least 10",
        ),
    ],
)
def test_a_mistake_in_what_is_to_hold_is_one_line(old, new, message, made, tmp_path, capfd):
    (tmp_path / "lab2").mkdir()
    (tmp_path / "lab2" / "data").symlink_to(made / "lab2" / "data")
    wanted = (ROOT / "lab2" / "quality.toml").read_text()
    assert old in wanted
    (tmp_path / "lab2" / "quality.toml").write_text(wanted.replace(old, new, 1))
    ended = run_stage(capfd, SCRIPT, tmp_path / "lab2" / "quality.toml")
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda table: table.rename(columns={"size": "sizes"}), "line 1: its columns are not those of '"),
        (
            lambda table: table.iloc[:0],
            "have 0 blocks of rows in one of train and test: at least 10 are needed",
        ),
    ],
)
def test_a_table_that_cannot_be_judged_is_one_line(edit, message, data, capfd):
    test = data / "lab2" / "data" / "processed" / "test.csv"
    edit(pd.read_csv(test)).to_csv(test, index=False)
    ended = run_stage(capfd, SCRIPT, data / "lab2" / "quality.toml")
    assert (ended.code, ended.out) == (1, "")
    assert message in ended.err


def test_a_file_that_is_not_there_is_one_line(tmp_path, capfd):
    ended = run_stage(capfd, SCRIPT, tmp_path / "quality.toml")
    assert (ended.code, ended.out) == (1, "")
    where = f"'{tmp_path}/quality.toml'"
    assert ended.err == f"quality: there is no file {where}: give a lab's, as in lab1/quality.toml\n"


def test_an_x_that_never_changes_is_refused(data, capfd):
    change(
        data / "lab2" / "data" / "processed" / "train.csv",
        lambda table: table.update({"smoothness_mean": [0.1] * len(table)}),
    )
    ended = run_stage(capfd, SCRIPT, data / "lab2" / "quality.toml")
    assert "'smoothness_mean' is 0.1 in every row of train: name another x" in ended.err
