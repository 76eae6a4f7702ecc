"""Points as a course wants them: a points.toml that gives checks other points, or leaves some out.

[lab1]
stdout_is_the_metric = 5     # instead of 3; half of the points stays half of them
scripts_are_there = 0        # left out: neither shown nor counted
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from common.grading.book.rubrics import Criterion
from common.grading.texts import text
from common.stage import LabError

MOST = 100  # points of one check


def read_points(file: Path, criteria: Sequence[Criterion]) -> list[Criterion]:
    """Return the criteria with the points that the file gives them, without those that it leaves out."""
    try:
        labs = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LabError(text("the points file '{file}' cannot be read: {why}", file=file, why=why)) from None
    points = {}
    for lab, checks in labs.items():
        if not isinstance(checks, dict):
            raise LabError(text("'{name}' in '{file}' is not a lab: write [lab1]", name=lab, file=file))
        points |= {f"{lab}.{check}": value for check, value in checks.items()}
    _refuse_unknown(points, criteria, file)
    changed = [replace(one, possible=points.get(one.column, one.possible)) for one in criteria]
    return [one for one in changed if one.possible]


def _refuse_unknown(points: Mapping[str, object], criteria: Sequence[Criterion], file: Path) -> None:
    graded = {one.lab for one in criteria}
    for name, value in points.items():
        lab = name.partition(".")[0]
        known = [one.check for one in criteria if one.lab == lab]
        if lab in graded and name.partition(".")[2] not in known:
            raise LabError(
                text(
                    "'{file}' names the check '{name}': {lab} has {known}",
                    file=file,
                    name=name,
                    lab=lab,
                    known=", ".join(known),
                )
            )
        if type(value) is not int or not 0 <= value <= MOST:
            raise LabError(
                text(
                    "'{name} = {value}' in '{file}' is not points: give a whole number from 0 to {most}",
                    name=name,
                    value=str(value),
                    file=file,
                    most=MOST,
                )
            )


def weigh(labs: Mapping[str, dict], criteria: Sequence[Criterion]) -> dict[str, float]:
    """Return the points of each criterion, 0 where a report has it not, with at most two decimals."""
    seen = {f"{lab}.{check['id']}": check for lab, found in labs.items() for check in found["checks"]}
    return {one.column: _weigh(seen.get(one.column), one.possible) for one in criteria}


def _weigh(check: dict | None, possible: int) -> float:
    given = round(check["points"] * possible / check["possible"], 2) if check else 0
    return int(given) if given == int(given) else given
