"""One Markdown comment a student, ready to send: the points of each criterion, and what to mend."""

from collections.abc import Sequence
from pathlib import Path

from common.atomic import replace_file
from common.grading.book.rubrics import Criterion
from common.grading.book.store import writing
from common.grading.book.tables import lab_points
from common.grading.markdown import as_markdown
from common.grading.texts import text

UNSEEN = {"outcome": "", "advice": []}  # of a check that a report does not have


def write_comment(folder: Path, row: dict, labs: dict, criteria: Sequence[Criterion]) -> None:
    """Write folder/comment.md for the attempt that counts; `labs` as its report has them."""
    seen = {f"{lab}.{check['id']}": check for lab, found in labs.items() for check in found["checks"]}
    weighed = {
        lab: {
            "points": row["labs"][lab],
            "possible": most,
            "checks": [
                seen.get(one.column, UNSEEN)
                | {"title": text(one.title), "points": row["checks"][one.column], "possible": one.possible}
                for one in criteria
                if one.lab == lab
            ],
        }
        for lab, most in lab_points(criteria).items()
    }
    total = text(
        "{points} of {possible} points, mark {mark}",
        points=row["total"],
        possible=sum(one.possible for one in criteria),
        mark=row["mark"],
    )
    not_graded = text("Not graded")  # not in the f-string: the catalogue is not read from there
    warning = f"{not_graded}: {row['error']}" if row["error"] else ""
    comment = as_markdown(row["student"], total, weighed, warning=warning)
    with writing(folder), replace_file(folder / "comment.md") as temporary:
        temporary.write_text(comment, encoding="utf-8")
