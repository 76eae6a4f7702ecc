"""Lab 1's rubric is right about labs of many styles: each gets exactly the points that it deserves."""

import pytest

from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions import EXAMPLES

# scikit-learn in each of its fourteen runs: for a thorough one
ALWAYS = one_of_each(EXAMPLES) - {"textbook"}


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Grade the selected examples, several at a time."""
    folder = tmp_path_factory.mktemp("examples")
    names = selected(request)
    return grade_all({name: EXAMPLES[name].write(folder / name) for name in names}, folder)


@pytest.mark.parametrize("name", parameters(EXAMPLES, ALWAYS))
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == EXAMPLES[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)


ADVISED = {"own_folder_only": True, "one_dataset_split": False, "textbook": False}


@pytest.mark.parametrize("name", parameters(ADVISED, set(ADVISED) - {"textbook"}))
def test_an_advice_is_given_that_costs_nothing(name, graded):
    advice = ['it runs from one folder only: begin it with cd "$(dirname "$0")"']
    assert graded[name].checks["pipeline_finishes"]["advice"] == (advice if ADVISED[name] else [])
    assert graded[name].points == 20
