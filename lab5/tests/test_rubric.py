"""Lab 5's rubric is right about notebooks of many styles: each gets exactly the points that it deserves."""

import pytest

from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions.lab5 import EXAMPLES

TIME_LIMIT_S = {"never_ends": "30"}  # the others have all the time that they need


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Grade the selected examples, several at a time."""
    folder = tmp_path_factory.mktemp("examples")
    names = selected(request)
    options = {name: ("--time-limit", limit) for name, limit in TIME_LIMIT_S.items()}
    written = {name: EXAMPLES[name].write(folder / name) for name in names}
    return grade_all(written, folder, options, lab="lab5")


@pytest.mark.parametrize("name", parameters(EXAMPLES, one_of_each(EXAMPLES)))
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == EXAMPLES[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)
