"""What a check decided: `Check` is its record, `Verdict` what the check itself may say, once."""

from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from common.grading.texts import LONG, shown, text

PASSED, PARTIAL, FAILED, NOT_RUN = "passed", "partial", "failed", "not run"


@dataclass
class Check:
    """One criterion of a lab. `outcome` is None until the check has been judged."""

    id: str
    lab: str
    title: str
    possible: int
    depends: tuple[str, ...] = ()
    selected: bool = True
    outcome: str | None = None
    points: int = 0
    expected: str = ""
    found: str = ""
    help: str = ""
    seconds: float = 0.0
    broken: bool = False  # the check itself failed, not the submission
    advice: list[str] = field(default_factory=list)

    def judge(self, outcome: str, points: int, expected: str = "", found: str = "", help: str = "") -> None:  # noqa: A002
        self.outcome, self.points = outcome, points
        self.expected, self.found, self.help = (shown(part, LONG) for part in (expected, found, help))

    def judge_passed(self) -> None:
        self.judge(PASSED, self.possible)

    def judge_broken(self, error: str) -> None:
        """Record that the check itself failed: no points, since nothing was seen to deserve them."""
        self.broken = True
        self.judge(
            FAILED,
            0,
            text("the check comes to its end"),
            text("an error of the grader, not of the submission: {error}", error=error),
            text("show this line to whoever looks after the grader"),
        )


class PointsLost(pytest.fail.Exception):
    """Ends a check. Not an Exception, so that no `except Exception` of a check can swallow it."""


class Verdict:
    """The fixture `verdict`: each of its methods but `advice` ends the check."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def fail(self, *, expected: object, found: object, help: object) -> NoReturn:  # noqa: A002
        self._lose(FAILED, 0, expected, found, help)

    def partial(self, points: int, *, expected: object, found: object, help: object) -> NoReturn:  # noqa: A002
        """Give `points`, which must be more than none and less than all."""
        if type(points) is not int or not 0 < points < self._check.possible:
            raise ValueError(
                f"partial({points}) of {self._check.possible} points: use fail, or end the check"
            )
        self._lose(PARTIAL, points, expected, found, help)

    def not_run(self, reason: object) -> NoReturn:
        self._check.judge(NOT_RUN, 0, found=reason)
        pytest.skip(self._check.found)

    def advice(self, message: object) -> None:
        """Show `message` beside the criterion; it costs nothing."""
        self._check.advice.append(shown(message, LONG))

    def _lose(self, outcome: str, points: int, expected: object, found: object, help: object) -> NoReturn:  # noqa: A002
        check = self._check
        check.judge(outcome, points, expected, found, help)
        lines = f"expected: {check.expected}\nfound: {check.found}\nto mend: {check.help}"
        raise PointsLost(lines, pytrace=False)
