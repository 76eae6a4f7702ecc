"""The pytest plugin that makes a rubric out of tests: `-p common.grading.plugin`.

Here are only the hooks; what they decide is in grading.py, how a grading ends in ending.py.
"""

import signal
import sys
from collections.abc import Generator

import pytest

from common.grading.session import options as command_line
from common.grading.session.ending import EXIT_BUG, conclude
from common.grading.session.fixtures import box, engine, submission, verdict  # noqa: F401  found by name
from common.grading.session.grading import GRADING, Grading, Refusal, say
from common.grading.texts import LONG, shown, speak, text
from common.stage import LabError

EXIT_USAGE = 2
MARKERS = (
    "points(n, depends=[...]): a check of a rubric, worth n points, not run when one of `depends` got none",
    "rubric(lab): the lab that a file's checks belong to, where its name test_labN.py does not say it",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    command_line.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    speak(command_line.asked_language(early_config))
    command_line.refuse_misspelt(parser.parse_known_and_unknown_args(args)[1])
    command_line.refuse_foreign_tests(early_config)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Show wrong usage as one line with exit code 2, where pytest has 4."""
    try:
        return (yield)
    except pytest.UsageError as error:
        if GRADING in config.stash and not config.stash[GRADING].is_foreign:
            raise
        for line in error.args:
            say(shown(line, LONG))
        return EXIT_USAGE


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    try:
        grading = Grading(command_line.read_options(config))
    except LabError as error:
        raise pytest.UsageError(str(error)) from None
    if config.getoption("numprocesses", None) or config.getoption("tx", None):
        raise pytest.UsageError(text("checks build on each other and run one after another: leave out -n"))
    config.stash[GRADING] = grading
    command_line.place_junit(config)
    if grading.is_foreign:
        config.option.verbose -= 2  # progress is ours, on stderr; -vv brings pytest's back
        config.option.no_header = True
        config.option.reportchars = config.option.reportchars or "N"  # no list of failures: the table is one
        if not config.option.fulltrace:
            config.pluginmanager.register(QuietErrors())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    grading = config.stash[GRADING]
    grading.collect(items)
    if grading.is_foreign:
        ordinary = [item for item in items if item.nodeid not in grading.checks]
        items[:] = [item for item in items if item.nodeid in grading.checks]
        config.hook.pytest_deselected(items=ordinary)
    yield
    grading.order(items)
    options, labs = grading.options, sorted({check.lab for check in grading.selected})
    wanted = grading.is_foreign or options.report_json or options.report_html or options.report_md
    if wanted and not labs and not session.testsfailed:
        raise pytest.UsageError(text("no check was selected: name a rubric, as in bash common/test.sh lab1"))
    if options.requirements and len(labs) > 1:
        raise pytest.UsageError(
            text("--requirements is for one lab, each has its own: name one of {labs}", labs=", ".join(labs))
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """End a grading that is interrupted or refused as an ordinary one, so that its report is written."""
    grading = session.config.stash[GRADING]
    if session.config.option.collectonly:
        return (yield)

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the report is being written
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        return (yield)
    except session.Interrupted:  # not a person's Ctrl-C, though it inherits from it: a rubric did not load
        raise
    except Refusal as refusal:
        grading.refusal = str(refusal)
    except KeyboardInterrupt:
        grading.interrupted = True
        if not grading.is_foreign:
            raise
    finally:
        if not grading.interrupted:
            signal.signal(signal.SIGTERM, before)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Show what runs and what became of it, one line a check."""
    grading = item.config.stash[GRADING]
    if not grading.is_foreign:
        return (yield)
    check, selected = grading.checks[item.nodeid], grading.selected
    line = f"[{selected.index(check) + 1}/{len(selected)}] {check.title}"
    if sys.stderr.isatty():  # who watches sees what is running; a log gets whole lines
        say(line, end="")
    try:
        return (yield)
    except Refusal:
        check = None
        raise
    finally:
        say("\r\x1b[K" if sys.stderr.isatty() else "", end="")
        if check:
            took = text("{seconds:.2f} s", seconds=check.seconds)
            say(f"{line}  {took}  {text(check.outcome or 'not run')}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    grading = item.config.stash[GRADING]
    blocker = grading.blocker(item) if item.nodeid in grading.checks else None
    if blocker:
        pytest.skip(
            text(
                "it builds on '{title}', which is: {outcome}",
                title=blocker.title,
                outcome=text(blocker.outcome),
            )
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    grading = item.config.stash[GRADING]
    if item.nodeid in grading.checks:
        grading.judge(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    return config.stash[GRADING].status(report)


def _bug(error: str) -> str:
    return text(
        "an error of the grader, not of the submission: {error}; --full-trace shows where", error=error
    )


class GraderError(pytest.exit.Exception):
    """Ends the session with one line; pytest shows this class's name before it."""


class QuietErrors:
    """Registered for a foreign submission only: a bug is told in one line, not in INTERNALERROR pages."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo) -> None:
        raise GraderError(_bug(excinfo.exconly()), EXIT_BUG)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Write the verdict: last, after every fixture has let go of what the submission left running."""
    grading = session.config.stash[GRADING]
    try:
        return (yield)
    except (Exception, KeyboardInterrupt) as error:
        if not grading.is_foreign:
            raise
        grading.interrupted |= isinstance(error, KeyboardInterrupt)
        if isinstance(error, Exception):
            say(_bug(f"{type(error).__name__}: {error}"))
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
    finally:
        conclude(session, grading)
