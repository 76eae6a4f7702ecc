"""The result of a grading as plain data, and that data as a JSON file, an HTML page or Markdown."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from common.atomic import replace_file
from common.grading.markdown import as_markdown
from common.grading.texts import shown, spoken, text
from common.grading.verdict import NOT_RUN, Check
from common.stage import LabError

if TYPE_CHECKING:
    import jinja2

LAB_POINTS = 20  # every rubric adds up to this
LABS = ("lab1", "lab2", "lab3", "lab4", "lab5")  # the course: one more is one more name here
TOTAL = LAB_POINTS * len(LABS)
MARKS = ((85, 5), (65, 4), (45, 3))  # hundredths of the course and the mark they give; below the last it is 2
LOWEST_MARK = 2
TEMPLATE = Path(__file__).with_name("report.html.jinja")


def mark(points: float, total: float = TOTAL) -> int:
    return next((given for needed, given in MARKS if 100 * points >= needed * total), LOWEST_MARK)


def as_report(
    checks: Sequence[Check], *, submission: str, seconds: float, complete: bool, notes: Sequence[str] = ()
) -> dict:
    """Return what report.schema.json describes.

    `complete` says that every check was reached; a report also needs the whole of each lab's points.
    """
    labs = {lab: _lab([check for check in checks if check.lab == lab]) for lab in _labs(checks)}
    points = sum(lab["points"] for lab in labs.values())
    return {
        "submission": shown(submission),
        "complete": complete and bool(labs) and all(lab["possible"] == LAB_POINTS for lab in labs.values()),
        "points": points,
        "possible": sum(lab["possible"] for lab in labs.values()),
        "mark": mark(points),
        "seconds": round(seconds, 3),
        "notes": [shown(note) for note in notes],
        "labs": labs,
    }


def partial_words(report: dict) -> str:
    """Return what to know about the total and the mark, or "" when all labs were graded."""
    missing = [lab for lab in LABS if lab not in report["labs"]]
    if not missing:
        return ""
    return text("{labs} not graded, counted as 0", labs=", ".join(missing))


def write_json(report: dict, file: Path) -> None:
    _write(json.dumps(report, indent=2, ensure_ascii=False) + "\n", file)


def write_html(report: dict, file: Path) -> None:
    _write(
        page_template().render(
            report=report,
            total=TOTAL,
            words=partial_words(report),
            text=text,
            language=spoken(),
        ),
        file,
    )


@functools.cache  # to compile it takes longer than the rest of a small grading's end
def page_template() -> "jinja2.Template":
    import jinja2  # here, because every run of pytest imports this module and few write a page

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def write_markdown(report: dict, file: Path) -> None:
    total = text(
        "Total {points} of {total}, mark {mark}",
        points=report["points"],
        total=LAB_POINTS * len(LABS),
        mark=report["mark"],
    )
    words, warning = partial_words(report), ""
    if not report["complete"]:
        warning = text("This report is partial: not every check of the rubric was run.")
    page = as_markdown(
        report["submission"],
        f"{total} ({words})" if words else total,
        report["labs"],
        warning=warning,
        notes=report["notes"],
    )
    _write(page, file)


def _labs(checks: Sequence[Check]) -> list[str]:
    return sorted({check.lab for check in checks})


def _lab(checks: Sequence[Check]) -> dict:
    return {
        "points": sum(check.points for check in checks),
        "possible": sum(check.possible for check in checks),
        "checks": [_check(check) for check in checks],
    }


def _check(check: Check) -> dict:
    return {
        "id": check.id,
        "title": check.title,
        "outcome": check.outcome or NOT_RUN,
        "points": check.points,
        "possible": check.possible,
        "expected": check.expected,
        "found": check.found,
        "help": check.help,
        "advice": check.advice,
        "seconds": round(check.seconds, 3),
    }


def _write(content: str, file: Path) -> None:
    try:
        with replace_file(file) as temporary:
            temporary.write_text(content, encoding="utf-8")
    except OSError as error:
        raise LabError(
            text(
                "the report '{file}' cannot be written ({why}): name a file in a folder you may write to",
                file=file,
                why=error.strerror or error,
            )
        ) from None
