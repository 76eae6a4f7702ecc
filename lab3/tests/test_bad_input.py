"""Each thing that can be wrong with lab 3's files and options, and the line that says so."""

import re

import pytest


def change(path, line, column, value):
    """Replace one field of a CSV; line 1 is the header."""
    lines = path.read_text().splitlines()
    fields = lines[line - 1].split(",")
    fields[column] = value
    lines[line - 1] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (2, "4", "'4' in column 'Pclass' is not 1 to 3: mend it"),
        (3, "woman", "'woman' in column 'Sex' is not male or female: mend it"),
        (3, "", "'' in column 'Sex' is not male or female: mend it"),
        (4, "-1", "'-1.0' in column 'Age' is not 0 to 120: mend it"),
        (4, "young", "'young' in column 'Age' is not a number: mend it"),
        (5, "21", "'21' in column 'SibSp' is not 0 to 20: mend it"),
        (7, "", "'' in column 'Fare' is not 0 to 1000: mend it"),
        (8, "X", "'X' in column 'Embarked' is not S or C or Q: mend it"),
    ],
)
def test_a_wrong_passenger_is_named_with_the_line(stage, tmp_path, column, value, message):
    stage("data_creation")
    path = tmp_path / "data" / "raw" / "test" / "passengers.csv"
    change(path, 5, column, value)
    ended = stage("data_preprocessing")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"data_preprocessing.py: '{path}', line 5: {message}\n"
    assert not (tmp_path / "data" / "processed").exists()


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("data_preprocessing", "data/raw/train/passengers.csv"),
        ("model_preparation", "data/processed/features.json"),
        ("model_testing", "data/processed/features.json"),
    ],
)
def test_a_stage_without_the_one_before_it_says_so(stage, tmp_path, name, missing):
    ended = stage(name)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"{name}.py: '{tmp_path}/{missing}' is missing: run the stage before this one, which makes it\n"
    )


@pytest.mark.parametrize(("name", "part"), [("model_preparation", "train"), ("model_testing", "test")])
def test_passengers_of_one_fate_only_are_refused(stage, tmp_path, name, part):
    for earlier in ("data_creation", "data_preprocessing", "model_preparation"):
        stage(earlier)
    path = tmp_path / "data" / "processed" / part / "passengers.csv"
    path.write_text(re.sub(r",[01]$", ",1", path.read_text(), flags=re.MULTILINE))
    ended = stage(name)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (f"{name}.py: '{path}' has passengers of one fate only (survived = 1): add some\n")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--seed=-1", "argument --seed: '-1' is not a whole number: give 0 to 4294967295"),
        ("--source=web", "argument --source: invalid choice: 'web' (choose from "),
    ],
)
def test_a_wrong_option_names_value_and_what_is_allowed(stage, option, message):
    ended = stage("data_creation", option)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
