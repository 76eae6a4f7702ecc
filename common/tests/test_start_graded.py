"""The empty workbook, graded: next to nothing as it is, and each lab's points once that lab is done."""

import shutil
from pathlib import Path

import pytest

from common.tests.graded import grade_all
from common.tests.starters import LABS, STAGES, git, start
from common.tests.submissions import EXAMPLES as LAB_1
from common.tests.submissions import lab3_styles
from common.tests.submissions.example import Example
from common.tests.submissions.lab2 import EXAMPLES as LAB_2
from common.tests.submissions.lab4.build import build_all
from common.tests.submissions.lab5 import EXAMPLES as LAB_5
from common.tests.tools import require

pytestmark = pytest.mark.thorough  # a dozen gradings
FREE = {"lab1": 2, "lab2": 2, "lab3": 0, "lab4": 1, "lab5": 0}  # names of scripts; a page that names DVC
SOLUTIONS = {
    "lab1": LAB_1["one_dataset_split"],
    "lab2": LAB_2["declarative"],
    "lab3": lab3_styles.EXAMPLES["fastapi"],
    "lab5": LAB_5["quick"],
}


def solve(started: Path, lab: str, place: Path, built: Path) -> Path:
    """Return a copy of the empty workbook with one lab done."""
    shutil.copytree(started, place)
    if lab != "lab4":
        return SOLUTIONS[lab].write(place)
    git(place, "fetch", "-q", "--tags", built, "main")  # a history of versions, made by git and DVC
    git(place, "merge", "-q", "--allow-unrelated-histories", "-X", "theirs", "-m", "lab 4", "FETCH_HEAD")
    shutil.copytree(built / "storage", place / "storage")  # its remote
    return place


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade it as it is; with each lab done, this lab and others; and lab 1 as its stages are written."""
    require("groovy")
    folder = tmp_path_factory.mktemp("graded")
    started = folder / "started"
    assert start(started).code == 0
    built = build_all(["tags"], folder / "built")["tags"]
    submissions, others = {"nothing": started}, {"nothing": LABS[1:]}
    for number, lab in enumerate(LABS):
        submissions[lab] = solve(started, lab, folder / lab, built)
        beside = {"lab1", "lab2", "lab3", LABS[(number + 1) % 5]}  # the others take longer, and say no more
        others[lab] = tuple(sorted({lab, *beside} - {"lab1"}))
    files = SOLUTIONS["lab1"].files
    for count in (1, 3):
        done = {f"lab1/{stage}.py": files[f"lab1/{stage}.py"] for stage in STAGES[:count]}
        place = shutil.copytree(started, folder / f"{count} stages")
        submissions[f"{count} stages"] = Example("a part of lab 1", 0, done).write(place)
        others[f"{count} stages"] = ()
    rubrics = {name: tuple(f"{lab}/test_{lab}.py" for lab in labs) for name, labs in others.items()}
    results = grade_all(submissions, folder, rubrics)
    return {
        name: {lab: found["points"] for lab, found in result.report["labs"].items()}
        for name, result in results.items()
    }


def test_as_it_is_it_gets_next_to_nothing(graded):
    assert graded["nothing"] == FREE
    assert sum(graded["nothing"].values()) <= 5


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_that_is_done_gets_its_points_and_the_others_stay_as_they_were(lab, graded):
    assert len(graded[lab]) >= 3
    assert graded[lab] == {other: 20 if other == lab else FREE[other] for other in graded[lab]}


def test_points_come_as_the_stages_of_lab_1_are_written(graded):
    assert graded["1 stages"] == {"lab1": 5}  # 3 more for train and test data
    assert graded["3 stages"] == {"lab1": 10}  # 3 more for the scaling, 2 for the model
