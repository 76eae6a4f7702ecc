"""Grades every attack on the rubric: each gets what its work deserves, and the grader stays as it was."""

from pathlib import Path

import pytest

from common.tests.attacks.bluff import BLUFF
from common.tests.attacks.feint import FEINT
from common.tests.attacks.flood import FLOOD
from common.tests.attacks.forge import FORGE
from common.tests.attacks.rubric import MARK, RubricAttack
from common.tests.attacks.tamper import TAMPER
from common.tests.boxes import leftovers, processes_with
from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.tools import ROOT, hash_files, list_repository

ALL = FORGE | TAMPER | BLUFF | FEINT | FLOOD
TIME_LIMIT_S = "3"  # for those that take it all


def grow(attack: RubricAttack, root: Path) -> Path:
    for path, content in attack.submission().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def options(attack: RubricAttack) -> tuple[str, ...]:
    time_limit = ("--time-limit", TIME_LIMIT_S) if attack.runs_out_of_time else ()
    return (*time_limit, *(("--memory-limit", str(attack.memory_mb)) if attack.memory_mb else ()))


@pytest.fixture(scope="module")
def repository_before():
    return hash_files(ROOT, list_repository())


@pytest.fixture(scope="module")
def graded(request, repository_before, tmp_path_factory):  # noqa: ARG001  its hashes are from before
    """Grade the selected attacks, several at a time."""
    folder = tmp_path_factory.mktemp("attacks")
    names = selected(request)
    attacks = {name: grow(ALL[name], folder / f"submission-{i}") for i, name in enumerate(names)}
    return grade_all(attacks, folder, {name: options(ALL[name]) for name in names})


@pytest.mark.parametrize("name", parameters(ALL, one_of_each(ALL)))
def test_attack_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == ALL[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)
    assert "error of the grader" not in result.stdout + result.stderr
    # The report is the grader's own, about this submission.
    assert result.report["complete"]
    assert Path(result.report["submission"]).name.startswith("submission-")
    assert sum(check["possible"] for check in result.checks.values()) == 20
    assert processes_with(f"workbook-{result.pid}-") == []
    assert leftovers(result.pid) == []


def test_nothing_of_them_reached_the_grader(graded, repository_before):  # noqa: ARG001  after them all
    assert not Path(MARK).exists()
    assert hash_files(ROOT, list_repository()) == repository_before


@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.thorough)])
def test_honest_submission_gets_the_same_each_time(times, tmp_path):
    submission = grow(RubricAttack(), tmp_path / "honest")
    results = grade_all({str(number): submission for number in range(times)}, tmp_path)
    assert [result.points for result in results.values()] == [20] * times
    lines = {
        tuple((check["outcome"], check["found"]) for check in one.checks.values()) for one in results.values()
    }
    assert len(lines) == 1
