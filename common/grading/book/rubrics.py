"""The checks of the rubrics, read from their sources: what the columns of a gradebook are."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from common.grading.book.hashing import ROOT
from common.grading.report import LABS
from common.grading.texts import text
from common.stage import LabError


@dataclass(frozen=True)
class Criterion:
    lab: str
    check: str  # the test function's name without test_
    title: str
    possible: int

    @property
    def column(self) -> str:
        return f"{self.lab}.{self.check}"


def known_labs() -> list[str]:
    return [lab for lab in LABS if rubric_file(lab).is_file()]


def rubric_file(lab: str) -> Path:
    return ROOT / lab / f"test_{lab}.py"


def read_rubrics(labs: Iterable[str]) -> list[Criterion]:
    """Return the checks of these labs in order; LabError for a lab that has no rubric."""
    criteria = []
    for lab in labs:
        if lab not in known_labs():
            known = ", ".join(known_labs())
            raise LabError(text("there is no rubric for '{lab}': name some of {known}", lab=lab, known=known))
        tests = ast.parse(rubric_file(lab).read_text("utf-8")).body
        criteria += [
            Criterion(lab, test.name.removeprefix("test_"), _title(test), mark.args[0].value)
            for test in tests
            if isinstance(test, ast.FunctionDef)
            for mark in test.decorator_list
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.points"
        ]
    return criteria


def _title(test: ast.FunctionDef) -> str:
    return (ast.get_docstring(test) or test.name).splitlines()[0].removesuffix(".")
