"""Each thing that can be wrong with lab 1's files and options, and the line that says so."""

import json
import re
import shutil

import pytest


def edit(path, change):
    path.write_text(change(path.read_text()))


def lines(path, change):
    edit(path, lambda text: "\n".join(change(text.splitlines())) + "\n")


def spoil(path, how):
    """Spoil one raw station's file."""
    match how:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:-3])
        case "renamed column":
            edit(path, lambda text: text.replace("t_min_c", "tmin", 1))
        case "extra column":
            lines(path, lambda days: [f"{line},1" for line in days])
        case "text":
            lines(path, lambda days: [*days[:4], days[4].rsplit(",", 1)[0] + ",warm", *days[5:]])
        case "date twice":
            lines(path, lambda days: [*days[:5], days[4], *days[5:]])
        case "out of order":
            lines(path, lambda days: [*days[:4], days[5], days[4], *days[6:]])
        case "3 days":
            lines(path, lambda days: days[:4])
        case "all missing":
            lines(path, lambda days: [days[0], *(f"{line.split(',')[0]},,1.0,2.0" for line in days[1:])])
        case "not UTF-8":
            path.write_bytes(path.read_bytes().replace(b"\n", b"\n\xfe", 1))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("empty", "'{path}' is empty: run the stage that makes it again"),
        ("cut", "'{path}', line 121: the file ends in the middle of a line: make or copy it again"),
        ("renamed column", "'{path}', line 1: columns .* unknown ['tmin']): mend the header"),
        ("extra column", "'{path}', line 1: columns .* (missing [], unknown ['1']): mend the header"),
        ("text", "'{path}', line 5: 'warm' in column 't_max_c' is not a number: mend it"),
        ("date twice", "'{path}', line 6: date '2010-01-04' is twice: sort the days"),
        ("out of order", "'{path}', line 6: date '2010-01-04' is out of order: sort the days"),
        ("3 days", "'{path}' has 3 days, at least 9 are needed: add some"),
        ("all missing", "'{path}': every value of 't_min_c' is missing: leave the station out"),
        ("not UTF-8", "'{path}', line 2: byte 0xfe is not UTF-8: save the file as UTF-8"),
    ],
)
def test_a_spoilt_station_is_named_with_its_line(lab, stage, tmp_path, how, message):
    lab("data_preprocessing")
    station = tmp_path / "data" / "raw" / "train" / "0001_st_johns_clean.csv"
    spoil(station, how)
    ended = stage("data_preprocessing")
    assert (ended.code, ended.out) == (1, "")
    pattern = re.escape(f"data_preprocessing.py: {message.format(path=station)}\n").replace(r"\.\*", ".*")
    assert re.fullmatch(pattern, ended.err)


def test_a_missing_train_folder_is_named(lab, stage, tmp_path):
    lab()
    shutil.rmtree(tmp_path / "data" / "raw" / "train")
    ended = stage("data_preprocessing")
    assert ended.code == 1
    assert ended.err == (
        f"data_preprocessing.py: the folder '{tmp_path}/data/raw/train' is missing: "
        "run the stage before this one, which makes it\n"
    )


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("data_preprocessing", "the folder '{folder}/data/raw/train' is missing"),
        ("model_preparation", "'{folder}/data/processed/features.json' is missing"),
        ("model_testing", "'{folder}/data/processed/features.json' is missing"),
    ],
)
def test_a_stage_without_the_one_before_it_says_so(stage, tmp_path, name, missing):
    ended = stage(name)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"{name}.py: {missing.format(folder=tmp_path)}: run the stage before this one, which makes it\n"
    )


def test_a_gap_in_the_prepared_data_is_named(lab, stage, tmp_path):
    lab("data_preprocessing")
    path = tmp_path / "data" / "processed" / "train" / "0001_st_johns_clean.csv"
    lines(path, lambda days: [*days[:3], re.sub(r"(,)[^,]+", r"\1", days[3], count=1), *days[4:]])
    ended = stage("model_preparation")
    assert (ended.code, ended.err) == (
        1,
        f"model_preparation.py: '{path}', line 4: 't_min_c' is missing: "
        "run the stage that made the file again\n",
    )


def test_training_days_of_one_kind_only_are_refused(lab, stage, tmp_path):
    lab("data_preprocessing")
    for path in (tmp_path / "data" / "processed" / "train").glob("*.csv"):
        lines(path, lambda days: [days[0], *(line[:-1] + "1" for line in days[1:])])
    ended = stage("model_preparation")
    assert (ended.code, ended.err) == (
        1,
        f"model_preparation.py: '{tmp_path}/data/processed/train' has days of one kind only "
        "(frost_tomorrow = 1): add stations\n",
    )


def test_a_model_that_was_changed_is_refused(lab, stage, tmp_path):
    lab("data_preprocessing", "model_preparation")
    model = tmp_path / "model" / "model.skops"
    model.write_bytes(model.read_bytes()[:-1])
    ended = stage("model_testing")
    assert (ended.code, ended.out) == (1, "")
    assert re.fullmatch(
        rf"model_testing.py: '{model}' has SHA-256 \w{{12}}…, model.json says \w{{12}}…: it was changed, "
        r"run model_preparation.py again\n",
        ended.err,
    )


def test_a_model_of_other_features_is_refused(lab, stage, tmp_path):
    lab("data_preprocessing", "model_preparation")
    path = tmp_path / "data" / "processed" / "features.json"
    description = json.loads(path.read_text())
    description["features"][0]["unit"] = "°F, scaled"
    path.write_text(json.dumps(description))
    ended = stage("model_testing")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"model_testing.py: feature 1 of '{tmp_path}/model/model.skops' is ")
    assert ended.err.endswith("'unit': '°F, scaled'}: run model_preparation.py again\n")


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("days", "0", "30 to 1000000"),
        ("stations", "-1", "3 or more"),
        ("seed", "x", "0 or more"),
        ("seed", "", "0 or more"),
    ],
)
def test_a_wrong_option_names_value_and_what_is_allowed(stage, option, value, allowed):
    ended = stage("data_creation", f"--{option}={value}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"argument --{option}: '{value}' is not a whole number: give {allowed}\n")


def test_too_few_real_stations_are_refused(stage, tmp_path):
    observations = tmp_path / "observations"
    observations.mkdir()
    (observations / "one.csv").write_text("date,t_min_c,t_mean_c,t_max_c\n")
    ended = stage("data_creation", "--observations", observations)
    assert (ended.code, ended.err) == (
        1,
        f"data_creation.py: '{observations}' has 1 stations: at least 3 are needed, add some\n",
    )
