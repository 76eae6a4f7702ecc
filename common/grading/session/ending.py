"""The end of a grading: the table, the reports, the exit code; in this order, whatever happened before."""

import signal

import pytest

from common.grading.report import write_html, write_json, write_markdown
from common.grading.session.grading import Grading, say
from common.grading.session.options import Options
from common.grading.summary import print_summary
from common.grading.texts import LONG, shown
from common.stage import EXIT_INTERRUPTED, EXIT_LAB_ERROR, LabError

EXIT_BUG = 3  # an error of the grader itself, as pytest has it


def conclude(session: pytest.Session, grading: Grading) -> None:
    not_graded = session.config.option.collectonly or session.exitstatus == pytest.ExitCode.USAGE_ERROR
    if not_graded or not (grading.checks or grading.is_foreign):
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        report = grading.report()
        if grading.reached:
            print_summary(report, session.config.get_terminal_writer())
        if grading.refusal:
            say(shown(grading.refusal, LONG))
        session.exitstatus = _exit_code(session.exitstatus, grading, report)
        if not _write_reports(report, grading.options):
            session.exitstatus = session.exitstatus or EXIT_LAB_ERROR
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_reports(report: dict, options: Options) -> bool:
    """Write what was asked for; False when a file could not be, which is said."""
    written = True
    for file, write in (
        (options.report_json, write_json),
        (options.report_html, write_html),
        (options.report_md, write_markdown),
    ):
        try:
            if file:
                write(report, file)
        except LabError as error:
            say(str(error))
            written = False
    return written


def _exit_code(status: int, grading: Grading, report: dict) -> int:
    """Return 0 for full marks alone; in this repository's own tests, of the checks that were selected."""
    if grading.refusal:
        return EXIT_LAB_ERROR
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return EXIT_BUG if grading.is_foreign else status
    if grading.interrupted:
        return EXIT_INTERRUPTED
    lost = any(check.points < check.possible for check in grading.selected)
    partial = grading.is_foreign and not report["complete"]
    return EXIT_LAB_ERROR if lost or partial else status
