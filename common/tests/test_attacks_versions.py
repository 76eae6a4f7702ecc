"""Grades every attack by a repository: each gets what its honest part deserves and reaches nothing."""

from pathlib import Path

import pytest

from common.tests.attacks.rubric import MARK
from common.tests.boxes import leftovers, processes_with
from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions.lab4.attacks import ATTACKS
from common.tests.submissions.lab4.build import build_all

ALWAYS = one_of_each(ATTACKS)


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Build and grade the selected attacks, several at a time."""
    folder = tmp_path_factory.mktemp("attacks")
    names = selected(request)
    return grade_all(build_all(names, folder), folder, lab="lab4")


@pytest.mark.parametrize("name", parameters(ATTACKS, ALWAYS))
def test_attack_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == ATTACKS[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)
    assert "error of the grader" not in result.stdout + result.stderr
    assert result.report["complete"]
    assert "\x1b" not in result.stdout + result.stderr
    assert not Path(MARK).exists()
    assert processes_with(f"workbook-{result.pid}-") == []
    assert leftovers(result.pid) == []


FOUND = {  # attack: criterion, and what the student reads
    "pointers_out": ("versions_are_in_history", "none"),
    "remote_of_this_machine": ("versions_can_be_switched", "'/etc' cannot be reached from here"),
    "replaced": ("versions_are_in_history", "cfcd2084"),
    "linked_remote": ("versions_can_be_switched", "no data for v1, v2, v3"),
    "listing_leads_out": ("versions_can_be_switched", "another content for "),
    "yaml_bombs": ("dag_or_experiments", "neither"),
}


@pytest.mark.parametrize("name", parameters(FOUND, ALWAYS))
def test_what_an_attack_reads(name, graded):
    criterion, found = FOUND[name]
    assert found in graded[name].checks[criterion]["found"]


UNREADABLE = {
    "long_history": "only the newest commits were looked at: there are too many",
    "alternates": "git complains: there is no commit that it can read",
}


@pytest.mark.parametrize("name", parameters(UNREADABLE, ALWAYS))
def test_what_git_cannot_read_is_said(name, graded):
    assert UNREADABLE[name] in graded[name].checks["dvc_is_set_up"]["advice"]
