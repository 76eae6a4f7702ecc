"""Lab 3's rubric is right about services of many styles: each gets exactly the points that it deserves."""

import pytest

from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions import lab3_flaws, lab3_styles

EXAMPLES = lab3_styles.EXAMPLES | lab3_flaws.EXAMPLES
OPTIONS = {"never_listens": ("--time-limit", "8")}  # for what takes all of it


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Grade the selected examples, several at a time."""
    folder = tmp_path_factory.mktemp("examples")
    names = selected(request)
    return grade_all({name: EXAMPLES[name].write(folder / name) for name in names}, folder, OPTIONS, "lab3")


@pytest.mark.parametrize("name", parameters(EXAMPLES, one_of_each(EXAMPLES)))
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == EXAMPLES[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)
    assert "error of the grader" not in result.stdout


SAID = {
    "gradio": ("service_starts", "it needs 'gradio', which is not on this machine: use --requirements"),
    "missing_package": ("service_starts", "nothing installs numpy"),
    "loopback": ("service_starts", "it listens on 127.0.0.1 alone, which is inside of its container"),
    "lost_model": ("dockerfile", "there is no 'model.pkl' to copy"),
    "never_listens": ("service_starts", "it did not listen within its time"),
    "no_version": ("dockerfile", "FROM python has no version; port 5000 is not exposed"),
    "misspelt": ("dockerfile", "Dockerfile: line 2: there is no instruction 'WORKDIRECTORY'"),
    "careless": ("bad_input", "no word about words where numbers belong, a request of nothing"),
    "unknown_package": ("service_starts", "it ended: ModuleNotFoundError: No module named 'no_such_library'"),
}


@pytest.mark.parametrize("name", parameters(SAID, one_of_each(EXAMPLES)))
def test_what_was_found_is_said(name, graded):
    check, found = SAID[name]
    assert graded[name].checks[check]["found"] == found


def test_a_model_made_first_is_said(tmp_path):
    submission = EXAMPLES["forgotten_model"].write(tmp_path / "submission")
    (submission / "lab3" / "Dockerfile").write_text(
        "FROM python:3.11\nCOPY model.json *.py /\nEXPOSE 8000\n"
        "RUN pip install fastapi uvicorn\nCMD uvicorn main:app --host 0.0.0.0\n"
    )
    result = grade_all({"made": submission}, tmp_path, lab="lab3")["made"]
    assert result.points == 20, result.lost
    said = "what it copies was made first, by train.py: say so in a README"
    assert result.checks["dockerfile"]["advice"] == [said]
