"""One row a student: of several attempts the one that counts, its points per criterion and lab, the mark."""

from collections.abc import Sequence
from itertools import groupby

from common.grading.book.entries import Attempt
from common.grading.book.points import weigh
from common.grading.book.rubrics import Criterion
from common.grading.report import LAB_POINTS, LABS, mark

COUNTS = ("best", "last")


def as_row(attempt: Attempt, result: dict, criteria: Sequence[Criterion]) -> dict:
    """Return the plain values of one attempt: these, not its report, are what a long run keeps in memory."""
    checks = weigh(result["labs"], criteria)
    labs: dict[str, float] = {}
    for one in criteria:
        labs[one.lab] = round(labs.get(one.lab, 0) + checks[one.column], 2)
    total = round(sum(labs.values()), 2)
    return {
        "student": attempt.student,
        "attempt": attempt.label,
        "folder": attempt.folder.as_posix(),
        "labs": labs,
        "checks": checks,
        "total": total,
        "mark": mark(total, full_points(criteria)),
        "seconds": result["seconds"],
        "error": result["error"],
        "graded": bool(result["labs"]),
    }


def full_points(criteria: Sequence[Criterion]) -> int:
    """Return what the whole course can give: of a lab that is not graded the usual points."""
    graded = {one.lab for one in criteria}
    return sum(one.possible for one in criteria) + LAB_POINTS * sum(lab not in graded for lab in LABS)


def choose(rows: Sequence[dict], counts: str) -> list[dict]:
    """Return one row a student, its best or its last; `rows` are in order of students, then of attempts."""
    chosen = []
    for _, of_student in groupby(rows, key=lambda row: row["student"]):
        attempts = list(of_student)
        # of two equally good the later: it is what the student stands by
        best = max(enumerate(attempts), key=lambda item: (item[1]["total"], item[0]))[1]
        chosen.append((best if counts == "best" else attempts[-1]) | {"attempts": len(attempts)})
    return chosen
