"""Grades every attack on lab 5's rubric: each gets what its work deserves, and nothing gets out."""

from pathlib import Path

import pytest

from common.tests.attacks.notebook import ATTACKS
from common.tests.attacks.rubric import MARK
from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions.lab5 import EXAMPLES


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Grade the selected attacks, several at a time."""
    folder = tmp_path_factory.mktemp("attacks")
    names = selected(request)
    return grade_all({name: ATTACKS[name].write(folder / name) for name in names}, folder, lab="lab5")


@pytest.mark.parametrize("name", parameters(ATTACKS, one_of_each(EXAMPLES | ATTACKS)))
def test_attack_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == ATTACKS[name].points, result.lost
    assert result.exit_code == 1
    assert "error of the grader" not in result.stdout + result.stderr
    assert not Path(MARK).exists()
