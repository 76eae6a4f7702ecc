"""The gradebook as tables: gradebook.csv for people, moodle.csv and canvas.csv for learning platforms."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from common.atomic import replace_file
from common.grading.book.rubrics import Criterion
from common.grading.book.store import writing
from common.grading.texts import shown

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # a spreadsheet computes a cell that begins so (OWASP, CSV injection)


def write_tables(folder: Path, rows: Sequence[dict], criteria: Sequence[Criterion]) -> None:
    _write(folder / "gradebook.csv", gradebook_lines(rows, criteria))
    _write(folder / "moodle.csv", moodle_lines(rows, criteria))
    _write(folder / "canvas.csv", canvas_lines(rows, criteria))


def gradebook_lines(rows: Sequence[dict], criteria: Sequence[Criterion]) -> Iterable[list]:
    columns, labs = [one.column for one in criteria], lab_points(criteria)
    yield ["student", "attempt", "attempts", *labs, *columns, "total", "mark", "seconds", "error"]
    for row in rows:
        points = [row["labs"][lab] for lab in labs] + [row["checks"][column] for column in columns]
        yield [
            row["student"],
            row["attempt"],
            row["attempts"],
            *points,
            *(row[name] for name in ("total", "mark", "seconds", "error")),
        ]


def moodle_lines(rows: Sequence[dict], criteria: Sequence[Criterion]) -> Iterable[list]:
    """Yield what Moodle's "Import grades from CSV" maps: who, by user name, then a column an assignment."""
    labs = lab_points(criteria)
    yield ["Username", *labs]
    for row in rows:
        yield [row["student"], *(row["labs"][lab] for lab in labs)]


def canvas_lines(rows: Sequence[dict], criteria: Sequence[Criterion]) -> Iterable[list]:
    """Yield what Canvas imports into its gradebook: five columns of its own, and a second row of maxima."""
    labs = lab_points(criteria)
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *labs]
    yield ["    Points Possible", "", "", "", "", *labs.values()]
    for row in rows:
        yield [row["student"], "", "", row["student"], "", *(row["labs"][lab] for lab in labs)]


def lab_points(criteria: Sequence[Criterion]) -> dict[str, int]:
    """Return what each lab can give."""
    return {
        lab: sum(one.possible for one in criteria if one.lab == lab)
        for lab in dict.fromkeys(one.lab for one in criteria)
    }


def _write(file: Path, lines: Iterable[list]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell(value) for value in line] for line in lines)
    with writing(file.parent), replace_file(file) as temporary:
        # with its mark: without it a spreadsheet takes UTF-8 for the system's own encoding
        temporary.write_text(text.getvalue(), encoding="utf-8-sig")


def cell(value: object) -> object:
    """Return a value that a spreadsheet takes as what it is."""
    if isinstance(value, int | float):
        return value
    safe = shown(value) if not str(value).startswith("    ") else str(value)
    return f"'{safe}" if safe.startswith(FORMULA) else safe
