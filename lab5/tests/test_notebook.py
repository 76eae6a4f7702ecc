"""The notebook as a whole: its one line, the same outputs every time, and the numbers it shows."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from common.tests.pages import assert_shown
from common.tests.tools import ROOT, hash_files

COMMITTED = ROOT / "lab5" / "lab5.ipynb"
PLAIN_FILE = ROOT / "lab5" / "tests" / "test_datasets.py"
SAME_PICTURE = 0.01  # mean difference of pixels from 0 to 1: another build of the font library moves edges
PICTURES = ("data-picture", "null-picture", "power-picture", "verdict-picture")


def read_cells(path: Path) -> dict[str, dict]:
    return {cell["id"]: cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}


def text_of(cell: dict) -> str:
    """Return what a cell shows as text: printed lines, tables as text and as HTML."""
    shown = []
    for output in cell.get("outputs", []):
        data = output.get("data", {"text": output.get("text", [])})
        shown += ["".join(value) for kind, value in sorted(data.items()) if kind != "image/png"]
    return "\n".join(shown)


def picture_of(cell: dict) -> np.ndarray:
    data = [
        output["data"]["image/png"] for output in cell["outputs"] if "image/png" in output.get("data", {})
    ]
    return image.imread(io.BytesIO(base64.b64decode(data[0])), format="png")


@pytest.fixture(scope="module")
def executed(notebook_run):
    return read_cells(notebook_run.folder / "data" / "lab5.ipynb")


def assert_output(run):
    assert (run.ended.code, run.ended.out) == (0, "Model test R2 is: 0.963\n")
    lines = [line for line in run.ended.err.splitlines() if not line.startswith("environment: ")]
    assert [re.sub(r"\d+\.\d\d s", "S", line) for line in lines] == ["[1/1] run_notebook  S"]


def test_stdout_is_exactly_the_metric_and_stderr_has_the_progress_and_no_warning(notebook_run):
    assert_output(notebook_run)


@pytest.mark.thorough
def test_other_settings_and_two_runs_at_once_change_no_output(two_others):
    for run in two_others:
        assert_output(run)


def test_the_pages_show_what_it_prints(notebook_run):
    assert_shown("bash lab5/pipeline.sh", notebook_run.ended)


@pytest.mark.thorough
def test_two_runs_side_by_side_elsewhere_give_the_same_bytes(notebook_run, two_others):
    hashes = [hash_files(run.folder) for run in (notebook_run, *two_others)]
    assert hashes[0] == hashes[1] == hashes[2]
    names = ["clean_1.csv", "clean_2.csv", "clean_3.csv", "lab5.ipynb", "model.json", "noisy.csv"]
    assert list(hashes[0]) == [f"data/{name}" for name in names]


@pytest.mark.thorough
def test_a_run_leaves_nothing_in_the_home_folder(two_others):
    assert list((two_others[0].folder.parent / "home").iterdir()) == []


def test_the_committed_notebook_shows_what_a_run_shows(executed):
    committed = read_cells(COMMITTED)
    assert list(committed) == list(executed)
    for name, cell in committed.items():
        assert cell["source"] == executed[name]["source"]
        assert cell.get("execution_count") == executed[name].get("execution_count")
        assert text_of(cell) == text_of(executed[name])


@pytest.mark.parametrize("name", PICTURES)
def test_the_committed_pictures_are_those_of_a_run(executed, name):
    committed, fresh = picture_of(read_cells(COMMITTED)[name]), picture_of(executed[name])
    assert committed.shape == fresh.shape
    assert np.abs(committed - fresh).mean() < SAME_PICTURE


def test_the_committed_notebook_is_small_and_says_nothing_of_a_machine():
    text = COMMITTED.read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    assert json.loads(text)["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert not re.search(r"/home/|/root/|/tmp/|site-packages|\d+\.\d+s\b", text)


def test_the_plain_test_file_is_the_one_that_the_notebook_writes():
    first, _, written = "".join(read_cells(COMMITTED)["tests"]["source"]).partition("\n")
    assert first == "%%writefile tests/test_datasets.py"
    assert written + "\n" == PLAIN_FILE.read_text(encoding="utf-8")


def test_the_error_rates_are_those_promised(executed):
    shown = text_of(executed["rates"])
    false_alarms, found = (int(number) for number in re.findall(r": (\d+) of 1000", shown))
    assert false_alarms <= 10
    assert found >= 999


def test_the_ten_false_alarm_rates_add_up_to_less_than_one_percent(executed):
    shown = text_of(executed["null"])
    total = float(re.search(r"sum of the ten: (\S+) %", shown)[1])
    joint = float(re.search(r"at least one of the ten: (\S+) %", shown)[1])
    assert 0 < joint <= total <= 0.6  # 0.5 promised; 50,000 draws know it to 0.03


def test_the_notebook_names_what_no_test_of_unequal_noise_can_see(executed):
    rows = re.findall(
        r"^(breusch_pagan|goldfeld_quandt) +[\d.]+ +([\d.]+)", text_of(executed["finds"]), re.MULTILINE
    )
    assert len(rows) == 2
    assert all(float(larger_noise) < 5 for _, larger_noise in rows)
    assert "invisible" in "".join(executed["finds-text"]["source"])


def test_the_notebook_counts_the_failures_of_the_noisy_data(executed):
    assert text_of(executed["verdict"]) == (
        "9 tests failed, as expected, all on the noisy data; 35 passed.\n"
    )
    assert text_of(executed["run"]).count("FAILED ") == text_of(executed["run"]).count("[noisy-") == 9
