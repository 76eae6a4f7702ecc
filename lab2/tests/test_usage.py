"""Batch scoring: the model's own answers, bad rows with line and reason, nothing half-written."""

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import skops.io

from lab2.tests.conftest import LAB


@pytest.fixture
def rows(pipeline_run):
    """Return the test table as new rows: an id instead of size and label."""
    table = pd.read_csv(pipeline_run[1] / "data" / "processed" / "test.csv").drop(
        columns=["size", "malignant"]
    )
    table.insert(3, "id", [f"patient, {number}" for number in range(len(table))])
    return table


@pytest.fixture
def use(made, stage):
    """Score a file; return how it ended, the answers and the rejected rows."""

    def run(path, output="scores.csv", *options):
        ended = stage("model_usage", "--input", path, "--output", made / output, *options)
        answers = pd.read_csv if output.endswith(".csv") else pd.read_parquet
        return (
            ended,
            answers(made / output),
            pd.read_csv(made / "scores.rejected.csv", dtype=str, lineterminator="\n"),
        )

    return run


def own_answers(made, rows):
    model = skops.io.load(made / "model" / "model.skops", trusted=[])
    return model.predict_proba(rows.drop(columns="id").to_numpy())[:, 1].round(6)


@pytest.mark.parametrize("output", ["scores.csv", "scores.parquet"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_both_formats_give_the_models_own_answers(made, rows, use, kind, output):
    path = made / f"new.{kind}"
    rows.to_csv(path, index=False) if kind == "csv" else rows.to_parquet(path, index=False)
    ended, answers, rejected = use(path, output)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "143 rows: 143 scored (49 malignant, 94 benign), 0 rejected\n"
    unit, first = ("line", 2) if kind == "csv" else ("row", 1)
    assert list(answers.columns) == [unit, "id", "prediction", "probability"]
    assert answers[unit].tolist() == list(range(first, first + 143))
    assert answers["id"].tolist() == rows["id"].tolist()
    expected = own_answers(made, rows)
    assert answers["probability"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert (answers["prediction"] == (expected >= 0.5)).all()
    assert rejected.empty


def test_columns_may_be_in_any_order(made, rows, use):
    path = made / "new.csv"
    rows.to_csv(path, index=False)
    _, expected, _ = use(path)
    rows[rows.columns[::-1]].to_csv(path, index=False)
    _, found, _ = use(path)
    pd.testing.assert_frame_equal(expected, found)


UNREADABLE = "a quote is open, or a line end is within the line"
BAD_LINES = {  # line: how it is spoilt, and the reason that is given
    3: (lambda line: line.replace(line.split(",")[0], "", 1), "perimeter_worst is missing"),
    4: (
        lambda line: line.replace(line.split(",")[0], "wide", 1),
        "perimeter_worst: 'wide' is not a number from 0 to 2500",
    ),
    5: (
        lambda line: line.replace(line.split(",")[0], "-3", 1),
        "perimeter_worst: '-3' is not a number from 0 to 2500",
    ),
    6: (
        lambda line: line.replace(line.split(",")[0], "inf", 1),
        "perimeter_worst: 'inf' is not a number from 0 to 2500",
    ),
    7: (lambda line: line + ",9", "16 fields where the header has 15"),
    8: (lambda line: line.rsplit(",", 1)[0], "14 fields where the header has 15"),
    9: (lambda _: "", "perimeter_worst is missing"),
    10: (
        lambda line: line.replace('"', "", 1).replace('"', "", 1).replace("patient, ", '"patient '),
        UNREADABLE,
    ),
    11: (lambda line: line.replace("patient", "\udcff"), "byte 0xff is not UTF-8"),
    12: (lambda line: line.replace(".", "\r", 1), UNREADABLE),
    145: (lambda _: "1,2", "2 fields where the header has 15"),
}


@pytest.mark.parametrize("chosen", [[*BAD_LINES], [3], [7, 8, 145], [4], [10], [11], [12]], ids=str)
def test_bad_rows_go_to_the_side_file_with_line_and_reason(made, rows, use, chosen):
    lines = [*rows.to_csv(index=False, lineterminator="\n").splitlines(), ""]
    for number in chosen:
        lines[number - 1] = BAD_LINES[number][0](lines[number - 1])
    path = made / "new.csv"
    path.write_bytes("\n".join(lines).encode("utf-8", errors="surrogateescape"))
    ended, answers, rejected = use(path)
    assert ended.code == 0, ended.err
    bad = len(chosen)
    total = 144 if 145 in chosen else 143
    assert ended.out.startswith(f"{total} rows: {total - bad} scored (")
    assert ended.out.endswith(f" benign), {bad} rejected\n")
    assert rejected["line"].astype(int).tolist() == chosen
    assert rejected["reason"].tolist() == [BAD_LINES[number][1] for number in chosen]
    assert rejected["text"].fillna("").tolist() == [
        lines[number - 1].encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
        for number in chosen
    ]
    good = [number for number in range(2, 145) if number not in chosen]
    assert answers["line"].tolist() == good
    expected = own_answers(made, rows)[[number - 2 for number in good]]
    assert answers["probability"].to_numpy() == pytest.approx(expected, abs=1e-6)


def test_bad_rows_of_parquet_are_told_too(made, rows, use):
    rows.loc[4, "area_se"] = np.nan
    rows.loc[9, "area_se"] = 1e9
    rows.to_parquet(made / "new.parquet")
    ended, answers, rejected = use(made / "new.parquet")
    assert ended.out.endswith(", 2 rejected\n")
    assert rejected["row"].tolist() == ["5", "10"]
    assert rejected["reason"].tolist() == [
        "area_se is missing",
        "area_se: '1000000000.0' is not a number from 0 to 50000",
    ]
    assert ',"patient, 4",' in rejected["text"][0]
    assert len(answers) == 141


def test_many_blocks_are_one_file(made, rows, use):
    many = pd.concat([rows] * 700, ignore_index=True)
    many.loc[[100, 50_000], "area_se"] = -1
    path = made / "many.csv"
    many.to_csv(path, index=False, lineterminator="\r\n")
    assert path.stat().st_size > 8_000_000  # more than two blocks
    ended, answers, rejected = use(path)
    assert ended.out.startswith("100100 rows: 100098 scored (")
    assert rejected["line"].tolist() == ["102", "50002"]
    assert answers["line"].is_monotonic_increasing
    assert answers["id"].tolist() == many["id"].drop([100, 50_000]).tolist()
    before = (made / "scores.csv").read_bytes()
    use(path)
    assert (made / "scores.csv").read_bytes() == before


def test_the_default_is_the_test_table(made, stage):
    ended = stage("model_usage")
    assert (ended.code, ended.out) == (0, "143 rows: 143 scored (49 malignant, 94 benign), 0 rejected\n")
    assert (made / "data" / "scored" / "test.csv").is_file()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("new.txt", "a\n", "--input '{path}' ends neither in .csv nor in .parquet: rename it"),
        ("new.csv", None, "'{path}' is not a file: give --input a CSV or Parquet file"),
        (
            "new.csv",
            "a,b\n1,2\n",
            "'{path}' has no column 'perimeter_worst' (14 of the model's 14 features are missing): add it",
        ),
        (
            "new.csv",
            "",
            "'{path}' has no column 'perimeter_worst' (14 of the model's 14 features are missing): add it",
        ),
        ("new.csv", "{header}\n", "'{path}' has no rows: give some"),
        ("new.csv", "{header},a,a\n1\n", "'{path}' has the column 'a' twice: rename one"),
        (
            "new.csv",
            "{header},line\n1\n",
            "'{path}' has a column 'line', which the output gets too: rename it",
        ),
        ("new.csv", "{header}\nx\n", "no row of '{path}' could be scored: '{side}' says why"),
        ("new.parquet", "{header}\n", "'{path}' is not a Parquet file: give --input a CSV or Parquet file"),
    ],
)
def test_an_input_that_cannot_be_used_is_named(made, rows, stage, name, content, message):
    path, side = made / name, made / "scores.rejected.csv"
    if content is not None:
        path.write_text(content.format(header=",".join(rows.columns.drop("id"))))
    ended = stage("model_usage", "--input", path, "--output", made / "scores.csv")
    assert ended.code == 1
    assert ended.err == f"model_usage.py: {message.format(path=path, side=side)}\n"


def test_text_in_parquet_and_the_input_as_output_are_refused(made, rows, stage):
    path = made / "new.parquet"
    rows.assign(area_se="x").to_parquet(path)
    ended = stage("model_usage", "--input", path, "--output", made / "scores.csv")
    assert ended.err.startswith(f"model_usage.py: column 'area_se' of '{path}' has the type ")
    ended = stage("model_usage", "--input", path, "--output", path)
    assert ended.err == f"model_usage.py: --output '{path}' would replace the input: give another name\n"


def test_the_bar_is_shown_when_asked_for(made, rows, use):
    rows.to_csv(made / "new.csv", index=False)
    ended, _, _ = use(made / "new.csv", "scores.csv", "--progress")
    assert "100%" in ended.err


def test_a_scoring_that_is_killed_leaves_the_old_answers(made, rows):
    path, output = made / "many.csv", made / "scores.csv"
    pd.concat([rows] * 1000, ignore_index=True).to_csv(path, index=False)
    output.write_text("old\n")
    command = [sys.executable, LAB / "model_usage.py", "--folder", made, "--input", path, "--output", output]
    process = subprocess.Popen(command)
    while not any(one.stat().st_size for one in made.glob(".scores.csv.tmp-*")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert output.read_text() == "old\n"
    assert not (made / "scores.rejected.csv").exists()
