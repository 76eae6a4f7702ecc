"""The table at the end of a grading: each criterion, what it cost and why, and the total."""

import textwrap
from typing import Protocol

from common.grading.report import TOTAL, partial_words
from common.grading.texts import counted, text
from common.grading.verdict import FAILED, NOT_RUN, PARTIAL, PASSED

WIDTH = 100  # columns; longer lines are hard to read
COLOURS = {PASSED: "green", PARTIAL: "yellow", FAILED: "red", NOT_RUN: "cyan"}
NOTES = 5  # the reports have all of them
LABEL = 10  # columns of "expected" and its kind, with the space after


class Terminal(Protocol):
    """What pytest's terminal writer offers; it colours only on a terminal."""

    fullwidth: int

    def line(self, line: str = "", **markup: bool) -> None: ...


def print_summary(report: dict, terminal: Terminal) -> None:
    width = min(terminal.fullwidth, WIDTH)
    graded = report["submission"] if report["submission"] != "." else ""
    for name, lab in report["labs"].items():
        terminal.line(graded)
        graded = ""
        terminal.line(name, bold=True)
        for check in lab["checks"]:
            _print_check(check, width, terminal)
        terminal.line(_row(text("{lab} in all", lab=name), _score(lab), width), bold=True)
    terminal.line()
    if not report["complete"]:
        warning = text("This result is partial: not every check of the rubric was run.")
        terminal.line(textwrap.fill(warning, width), yellow=True)
    notes = report["notes"][:NOTES]
    if more := len(report["notes"]) - len(notes):
        notes.append(
            counted(
                "{count} more note is in the reports: --report-html FILE",
                "{count} more notes are in the reports: --report-html FILE",
                more,
            )
        )
    for note in notes:
        terminal.line(textwrap.fill(text("note: {note}", note=note), width))
    line = text(
        "total {points} of {total}, mark {mark}", points=report["points"], total=TOTAL, mark=report["mark"]
    )
    words = partial_words(report)
    terminal.line(textwrap.fill(f"{line} ({words})" if words else line, width), bold=True)


def _print_check(check: dict, width: int, terminal: Terminal) -> None:
    outcome = check["outcome"]
    score = _score(check) if outcome == PASSED else f"{text(outcome)}, {_score(check)}"
    terminal.line(_row(f"  {check['title']}", score, width), **{COLOURS[outcome]: True})
    for label, line in _lines(check):
        opening = f"      {label:<{LABEL}}"
        terminal.line(
            textwrap.fill(
                line,
                width,
                initial_indent=opening,
                subsequent_indent=" " * len(opening),
                break_on_hyphens=False,
            )
        )


def _lines(check: dict) -> list[tuple[str, str]]:
    advice = [(text("advice"), line) for line in check["advice"]]
    if check["outcome"] == PASSED:
        return advice
    if check["outcome"] == NOT_RUN:
        return [(text("why"), check["found"]), *advice]
    return [
        (text("expected"), check["expected"]),
        (text("found"), check["found"]),
        (text("to mend"), check["help"]),
        *advice,
    ]


def _score(part: dict) -> str:
    return text("{points} of {possible}", points=part["points"], possible=part["possible"])


def _row(left: str, right: str, width: int) -> str:
    """Return `left` and `right` at the two ends of a line, or of two lines when they do not fit."""
    lines = textwrap.wrap(left, width - len(right) - 2, subsequent_indent="    ", drop_whitespace=True)
    indent = " " * (len(left) - len(left.lstrip()))
    lines[0] = indent + lines[0].lstrip()
    return "\n".join([*lines[:-1], f"{lines[-1]:<{width - len(right)}}{right}"])
