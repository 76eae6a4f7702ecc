"""The gradebook as one page: a table that sorts, with links to the reports, and what was hard."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import jinja2

from common.atomic import replace_file
from common.grading.book.rubrics import Criterion
from common.grading.book.store import writing
from common.grading.book.tables import lab_points
from common.grading.texts import counted, number, shown, spoken, text

HERE = Path(__file__).parent
MARKS = (5, 4, 3, 2)


def write_page(
    folder: Path, rows: Sequence[dict], criteria: Sequence[Criterion], pairs: Sequence[tuple[str, str, float]]
) -> None:
    script = (HERE / "page.js").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"link": lambda path: quote(path), "number": number, "shown": shown}
    page = environment.from_string((HERE / "page.html.jinja").read_text("utf-8")).render(
        rows=rows,
        labs=lab_points(criteria),
        chart=how_hard(rows, criteria),
        marks={mark: sum(row["mark"] == mark for row in rows) for mark in MARKS},
        pairs=pairs,
        script=jinja2.utils.markupsafe.Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        text=text,
        counted=counted,
        language=spoken(),
    )
    with writing(folder), replace_file(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def how_hard(rows: Sequence[dict], criteria: Sequence[Criterion]) -> list[dict]:
    """Return, for each criterion the share of its points that the class got (0 to 1)."""
    graded = [row for row in rows if row["graded"] and not row["error"]]
    return [
        {
            "lab": one.lab,
            "title": one.title,
            "share": sum(row["checks"][one.column] for row in graded) / (len(graded) * one.possible),
            "possible": one.possible,
        }
        for one in criteria
        if graded
    ]
