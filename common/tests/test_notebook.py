"""Tests how a notebook is found and read, and how its data are told apart; bad input included."""

import json

import numpy as np
import pytest

from common.grading.notebook.datasets import find_datasets, fits, is_like_any, noisy_and_clean
from common.grading.notebook.find import LARGEST_BYTES, find_notebook
from common.grading.notebook.inside.look import columns, lines, swapped
from common.grading.notebook.seen import Column, read_seen, read_session
from common.grading.notebook.swap import clean_for_noisy, hardly_changed, noisy_for_clean
from common.grading.sandbox import Run
from common.tests.submissions.lab5.example import QUICK, notebook

X = np.linspace(0, 10, 100)
STRETCH = slice(25, 45)


def draw(seed: int) -> np.ndarray:
    return X + np.random.default_rng(seed).uniform(-1, 1, 100)


def doubled(seed: int) -> np.ndarray:
    y = draw(seed)
    y[STRETCH] *= 2
    return y


def table(name: str, y: np.ndarray, where: str = "file") -> list[Column]:
    return [Column(where, "", name, "x", X), Column(where, "", name, "y", y)]


@pytest.fixture
def course() -> list[Column]:
    made = {"clean_1": draw(1), "clean_2": draw(2), "clean_3": draw(3), "noisy": doubled(4)}
    return [column for name, y in made.items() for column in table(name, y)]


@pytest.mark.parametrize(
    ("content", "problem", "mend"),
    [
        (
            "<html>pytest</html>",
            "'a.ipynb' is not JSON",
            "download it as .ipynb, not as a web page or a script",
        ),
        ("[" * 100_000, "'a.ipynb' is not JSON", "download it as .ipynb, not as a web page or a script"),
        ("[]", "'a.ipynb' is JSON, but no notebook", "open it in Jupyter and save it again"),
        ('{"nbformat": 4}', "'a.ipynb' is JSON, but no notebook", "open it in Jupyter and save it again"),
        (
            '{"nbformat": 2, "worksheets": []}',
            "'a.ipynb' has nbformat 2",
            "open it in Jupyter and save it again",
        ),
        (
            notebook(*QUICK).replace('"python"', '"julia"'),
            "its language is 'julia'",
            "write it in Python: Kernel, Change kernel, Python 3",
        ),
    ],
)
def test_what_is_no_notebook_is_said_in_one_line(content, problem, mend, tmp_path):
    (tmp_path / "a.ipynb").write_text(content)
    found = find_notebook(tmp_path, tmp_path)
    assert (found.problem, found.mend) == (problem, mend)


def test_a_notebook_of_100_mb_is_refused(tmp_path):
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    found = find_notebook(tmp_path, tmp_path)
    assert found.problem == "'a.ipynb' is larger than 64 MB"
    assert found.mend == "clear its outputs, and print less: Kernel, Restart and Clear Outputs"


def test_the_notebook_with_the_tests_is_taken(tmp_path):
    (tmp_path / "draft.ipynb").write_text(notebook("1 + 1"))
    (tmp_path / "Untitled.ipynb").write_text(notebook(*QUICK))
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "Untitled-checkpoint.ipynb").write_text(notebook(*QUICK))
    found = find_notebook(tmp_path, tmp_path)
    assert found.path.name == "Untitled.ipynb"
    assert found.cells == QUICK
    assert found.notes == ("other notebooks, not run: draft.ipynb",)


def test_there_may_be_no_notebook(tmp_path):
    (tmp_path / "empty.ipynb").touch()
    assert find_notebook(tmp_path, tmp_path) is None


def test_the_courses_datasets_are_told_apart(course):
    noisy, clean = noisy_and_clean(find_datasets(course))
    assert [one.name for one in noisy] == ["noisy"]
    assert [one.name for one in clean] == ["clean_1", "clean_2", "clean_3"]
    assert not is_like_any(noisy[0], clean)


def test_without_names_the_worst_explained_is_the_noisy_one(course):
    words = {"clean_1": "a", "clean_2": "b", "clean_3": "c", "noisy": "d"}
    columns = [Column(one.where, one.place, words[one.table], one.name, one.numbers) for one in course]
    noisy, clean = noisy_and_clean(find_datasets(columns))
    assert ([one.name for one in noisy], len(clean)) == (["d"], 3)


@pytest.mark.parametrize("size", [0.0, 0.01, 0.1])
def test_noise_that_nothing_can_find_is_none(course, size):
    clean = noisy_and_clean(find_datasets(course))[1]
    y = draw(5) + size * np.sin(7 * X)
    assert is_like_any(find_datasets(table("noisy", y))[0], clean)


@pytest.mark.parametrize(
    "noise", [10 * np.eye(100)[50], 3.0 * (X > 7), 4 * np.random.default_rng(9).normal(size=100), np.nan * X]
)
def test_outliers_shifts_spread_and_gaps_are_noise(course, noise):
    clean = noisy_and_clean(find_datasets(course))[1]
    noise = np.where(np.arange(100) < 60, noise, 0) if np.isnan(noise).any() else noise
    assert not is_like_any(find_datasets(table("noisy", draw(5) + noise))[0], clean)


def test_the_same_data_count_once(course):
    rounded = [
        column
        for name in ("clean_1", "clean_2")
        for column in table(f"tables.{name}", draw(int(name[-1])).round(4), "kernel")
    ]
    split = [
        Column("kernel", "", "", "x_train", X[:80]),
        Column("kernel", "", "", "y_train", draw(1)[:80]),
    ]
    twice = [
        Column("kernel", "", "both", "x", np.tile(X, 2)),
        Column("kernel", "", "both", "y", np.concatenate([draw(2), draw(3)])),
    ]
    predicted = [Column("kernel", "", "", "x", X), Column("kernel", "", "", "y_pred", 1.01 * X)]
    found = find_datasets([*course, *rounded, *split, *twice, *predicted])
    assert [one.name for one in found] == ["clean_1", "clean_2", "clean_3", "noisy"]


def test_a_line_fits_the_data_it_was_trained_on(course):
    clean = noisy_and_clean(find_datasets(course))[1]
    assert fits((0.0, 1.0), clean[0])
    assert not fits((1.0, 1.0), clean[0])
    assert not fits((0.0, 1.0, 1.0), clean[0])


def test_swaps_do_what_they_say(course):
    datasets = find_datasets(course)
    noisy, clean = noisy_and_clean(datasets)
    mended = np.array(clean_for_noisy(noisy, clean, datasets)[0]["new"])
    assert np.abs(mended - X)[STRETCH].max() < 1.2
    spoilt = np.array(noisy_for_clean(clean[1], noisy[0], clean, datasets)[0]["new"])
    assert np.abs(spoilt - X)[STRETCH].max() > 3
    assert np.abs(spoilt - X)[50:].max() < 1.2
    for swap in hardly_changed(datasets):
        assert 0 < np.abs(np.array(swap["new"]) - swap["old"]).max() < 1e-3


def test_a_part_of_a_dataset_is_swapped_and_other_data_stay():
    old, new = (np.arange(20) + 0.5).tolist(), (np.arange(20) * 10.0).tolist()
    swaps = [{"old": old, "new": new, "elsewhere": {float(i) + 0.5 for i in range(12)}}]
    assert swapped(np.array(old[5:19]), swaps).tolist() == new[5:19]
    assert swapped(np.array(old[:12]), swaps) is None  # it may be another dataset's
    assert swapped(np.arange(20.0), swaps) is None


def test_columns_are_found_and_overwritten_wherever_they_stand():
    array, numbers = np.arange(20.0), list(range(20))
    read_only = np.arange(20.0)
    read_only.flags.writeable = False
    found = list(columns("all", {"a": (array, array * 2), "b": numbers, "c": read_only, "d": "text"}))
    assert [(one[0], one[1]) for one in found] == [
        ("", "all.a.x"),
        ("", "all.a.y"),
        ("", "all.b"),
        ("", "all.c"),
    ]
    for _, _, values, put in found:
        put(values + 1)
    assert array[0] == read_only[0] == numbers[0] == 1


def test_a_line_is_told_by_what_it_predicts():
    class Straight:
        n_features_in_ = 1

        def predict(self, points: np.ndarray) -> np.ndarray:
            return 3 + 2 * points[:, 0]

    class Curved(Straight):
        def predict(self, points: np.ndarray) -> np.ndarray:
            return points[:, 0] ** 2

    assert list(lines("model", Straight())) == [[3.0, 2.0]]
    assert list(lines("model", Curved())) == []


FORGED = [
    "",
    "no JSON",
    "[" * 100_000,
    '{"memory": [1, {"columns": 3}, {"columns": [{"numbers": ["x"]}]}, {"lines": "a", "scalars": [1]}]}',
    json.dumps({"memory": [{"where": "kernel", "columns": [{"name": "y", "numbers": [1e300] * 20}]}]}),
    json.dumps({"memory": [{"columns": [{"name": "y", "numbers": [10**400] * 20}]}], "tests": [[], [{}]]}),
]


@pytest.mark.parametrize("stdout", FORGED)
def test_what_was_forged_is_no_error_of_the_grader(stdout, tmp_path):
    seen = read_seen(Run((), 0, "", stdout, "", 0.0, ()), tmp_path, frozenset())
    assert find_datasets(seen.columns) == []
    assert seen.lines == ()


def test_outcomes_are_read_a_line_each():
    told = [
        {"what": "start", "args": ["-q"], "folder": "/submission", "inside": False},
        {"what": "test", "name": "t.py::test_a[1]", "outcome": "passed"},
        {"what": "test", "name": "t.py::test_a[2]", "outcome": "error"},
        {"what": "test", "name": "t.py::test_b", "outcome": "skipped"},
    ]
    session = read_session(told)
    assert session.summary == [("test_a", "failed"), ("test_a", "passed")]
    assert (session.skipped, session.code) == (1, None)
    assert read_session([*told, {"what": "end", "code": 1, "swapped": 2}]).code == 1
