"""Lab 2's rubric is right about conveyors of many styles, and about those that cheat."""

from pathlib import Path

import pytest

from common.tests.attacks.rubric import MARK
from common.tests.boxes import processes_with
from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions.lab2 import ATTACKS, EXAMPLES
from common.tests.submissions.lab2.attacks import TAKES_ALL_TIME
from common.tests.tools import require

ALWAYS = one_of_each(EXAMPLES | ATTACKS)
SHORT_S = "6"  # for what takes all of its time; a second of it is Java's start


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Grade the selected examples and attacks, several at a time."""
    require("groovy")
    folder = tmp_path_factory.mktemp("examples")
    names = selected(request)
    all_of_them = EXAMPLES | ATTACKS
    places = {name: folder / f"submission-{number}" for number, name in enumerate(names)}
    return grade_all(
        {name: all_of_them[name].write(place) for name, place in places.items()},
        folder,
        {name: ("--time-limit", SHORT_S) for name in names if name in TAKES_ALL_TIME},
        lab="lab2",
    )


@pytest.mark.parametrize("name", parameters(EXAMPLES, ALWAYS))
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == EXAMPLES[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)


@pytest.mark.parametrize("name", parameters(ATTACKS, ALWAYS))
def test_attack_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == ATTACKS[name].points, result.lost
    assert "error of the grader" not in result.stdout + result.stderr
    assert result.report["complete"]
    assert processes_with(f"workbook-{result.pid}-") == []
    assert not Path(MARK).exists()
