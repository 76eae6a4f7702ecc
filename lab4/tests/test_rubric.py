"""Lab 4's rubric is right about repositories of many styles: each gets exactly what it deserves."""

import re

import pytest

from common.tests.graded import grade_all, one_of_each, parameters, selected
from common.tests.submissions.lab4 import HONEST
from common.tests.submissions.lab4.build import build_all

ALWAYS = one_of_each(HONEST) | {"secret"}


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Build and grade the selected examples, several at a time."""
    folder = tmp_path_factory.mktemp("examples")
    names = selected(request)
    return grade_all(build_all(names, folder), folder, lab="lab4")


@pytest.mark.parametrize("name", parameters(HONEST, ALWAYS))
def test_example_gets_what_it_deserves(name, graded):
    result = graded[name]
    assert result.points == HONEST[name].points, result.lost
    assert result.exit_code == (0 if result.points == 20 else 1)
    assert "error of the grader" not in result.stdout + result.stderr


MD5 = "[0-9a-f]{8}"
TOLD = {  # example: criterion, its points, and what the student reads
    "shallow": ("versions_are_in_history", 2, f"v2 {MD5}, v3 {MD5}, in a shallow clone"),
    "no_default": ("report_names_what_was_configured", 0, "no report"),
    "github_zip": (
        "versions_are_in_history",
        0,
        r"there is no \.git: hand in the folder itself, or a zip with \.git in it",
    ),
    "secret": ("remote_is_configured", 0, r"gdrive_client_secret = GO\*{3} in \.dvc/config"),
    "withdrawn_secret": ("remote_is_configured", 0, r"url = hu\*{3} in \.dvc/config"),
    "data_in_git": ("data_is_not_in_git", 0, "in git: lab4/data/titanic.csv"),
    "store_in_git": ("data_is_not_in_git", 1, "in git: (storage/files/md5/../[0-9a-f]{30}(, )?){3}"),
    "same_data": ("versions_are_in_history", 0, f"v1 {MD5}"),
    "lost": ("versions_can_be_switched", 2, "no data for [0-9a-f]{7}"),
    "dropped": (
        "versions_mean_what_they_should",
        2,
        "in the data there is not a version with the gaps filled",
    ),
    "corrupted": ("versions_can_be_switched", 1, "another content for v2"),
    "failing": ("scripts_run", 0, "python lab4/make.py ended with exit code 1: no such luck"),
    "said_alone": ("versions_mean_what_they_should", 1, "only what the commits and tags say"),
    "uncommitted": ("remote_is_configured", 1, "one that is not committed: nobody else can pull"),
    "subfolder": (
        "versions_can_be_switched",
        2,
        r"no data for .{7}, .{7}, .{7}: 'gdrive://\w+' cannot be reached from here",
    ),
}


@pytest.mark.parametrize("name", parameters(TOLD, ALWAYS))
def test_a_loss_is_told(name, graded):
    criterion, points, found = TOLD[name]
    check = graded[name].checks[criterion]
    assert re.fullmatch(found, check["found"])
    assert check["points"] == points


ADVISED = {
    "no_default": ("remote_is_configured", "no default remote: dvc remote default storage"),
    "built": ("dvc_is_set_up", "judged: the repository in 'lab4/workspace/', which the lab made"),
    "catboost": (
        "scripts_run",
        "catboost.titanic() gave this grader's own list: the box has no network",
    ),
    "folders": (
        "versions_are_in_history",
        "each version has a name of its own: with one name, git checkout switches",
    ),
}


@pytest.mark.parametrize("name", parameters(ADVISED, ALWAYS))
def test_what_costs_nothing_is_advised(name, graded):
    criterion, advice = ADVISED[name]
    assert graded[name].checks[criterion]["advice"] == [advice]


SECRETS = {"secret": "GOCSPX-abcdefghijk", "withdrawn_secret": "hunter22"}


@pytest.mark.parametrize("name", parameters(SECRETS, ALWAYS))
def test_a_secret_is_never_shown_whole(name, graded):
    assert SECRETS[name] not in graded[name].stdout + graded[name].stderr + str(graded[name].report)


def test_it_gets_the_same_each_time_and_without_a_box(tmp_path):
    (built,) = build_all(["merges"], tmp_path).values()
    results = grade_all(
        dict.fromkeys("abc", built) | {"trusted": built},
        tmp_path,
        {"trusted": ("--trust-submission",)},
        "lab4",
    )
    assert [result.points for result in results.values()] == [20] * 4
    lines = {
        tuple((one["outcome"], one["found"]) for one in result.checks.values()) for result in results.values()
    }
    assert len(lines) == 1
