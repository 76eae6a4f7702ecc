"""Grades every attack by a service: each gets what its work deserves, and the grader stays as it was."""

import json
from pathlib import Path

import pytest

from common.tests.attacks.service import ATTACKS
from common.tests.boxes import CANARY, leftovers, processes_with
from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.tools import ROOT, hash_files, list_repository

ESCAPED = Path("/tmp/workbook-escaped")  # noqa: S108  made by what gets out: never there afterwards
TAKE_ALL = ("never_answers", "never_ends", "goes_on", "slow", "endless_build", "flood")
TIME_LIMIT = ("--time-limit", "5")


@pytest.fixture(scope="module")
def repository_before():
    return hash_files(ROOT, list_repository())


@pytest.fixture(scope="module")
def graded(request, repository_before, tmp_path_factory):  # noqa: ARG001  its hashes are from before
    """Grade the selected attacks, several at a time."""
    folder = tmp_path_factory.mktemp("attacks")
    names = selected(request)
    attacks = {name: ATTACKS[name].write(folder / f"submission-{i}") for i, name in enumerate(names)}
    return grade_all(attacks, folder, dict.fromkeys(TAKE_ALL, TIME_LIMIT), "lab3")


@pytest.mark.parametrize("name", parameters(ATTACKS, one_of_each(ATTACKS)))
def test_attack_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == ATTACKS[name].points, result.lost
    assert result.exit_code == 1
    assert "error of the grader" not in result.stdout + result.stderr
    assert CANARY not in json.dumps(result.report)
    # The report is the grader's own, about this submission.
    assert result.report["complete"]
    assert sum(check["possible"] for check in result.checks.values()) == 20
    assert processes_with(f"workbook-{result.pid}-") == []
    assert leftovers(result.pid) == []
    assert not ESCAPED.exists()


def test_repository_is_as_before(graded, repository_before):  # noqa: ARG001  after all of them
    assert hash_files(ROOT, list_repository()) == repository_before
