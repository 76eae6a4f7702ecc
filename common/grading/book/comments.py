"""One Markdown comment a student, ready to send: the points of each criterion, and what to mend."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2

from common.atomic import replace_file
from common.grading.book.rubrics import Criterion
from common.grading.book.store import writing
from common.grading.book.tables import lab_points
from common.grading.texts import LONG, shown, text

TEMPLATE = Path(__file__).with_name("comment.md.jinja")
UNSEEN = {"outcome": "", "advice": []}  # of a check that a report does not have


def write_comment(folder: Path, row: dict, labs: dict, criteria: Sequence[Criterion]) -> None:
    """Write folder/comment.md for the attempt that counts; `labs` as its report has them."""
    environment = jinja2.Environment(  # noqa: S701  Markdown: `plain` escapes it
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["plain"] = plain
    seen = {f"{lab}.{check['id']}": check for lab, found in labs.items() for check in found["checks"]}
    comment = environment.from_string(TEMPLATE.read_text("utf-8")).render(
        row=row,
        possible=sum(one.possible for one in criteria),
        most=lab_points(criteria),
        criteria=criteria,
        checks={one.column: seen.get(one.column, UNSEEN) for one in criteria},
        text=text,
    )
    with writing(folder), replace_file(folder / "comment.md") as temporary:
        temporary.write_text(comment.rstrip() + "\n", encoding="utf-8")


def plain(value: str) -> str:
    """Return text that Markdown shows as it stands: a submission may have written it."""
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", shown(value, LONG))
