"""The fixtures of a rubric: `submission`, `box`, `engine` and `verdict`."""

import os
import tempfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.grading.session.grading import GRADING, Grading, Refusal, say
from common.grading.session.repository import copy_tracked
from common.grading.texts import text
from common.grading.verdict import Verdict
from common.stage import EXIT_LAB_ERROR, LabError

# The box and the opener are imported where they are used: pytest loads this module on every run.
if TYPE_CHECKING:
    from common.grading.engine.docker import Engine
    from common.grading.sandbox import Box, Limits
    from common.grading.submission import Submission


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> Verdict:
    check = request.config.stash[GRADING].checks.get(request.node.nodeid)
    if check is None:
        raise LookupError(f"{request.node.name} asks for a verdict: give it @pytest.mark.points(n)")
    return Verdict(check)


@pytest.fixture(scope="session")
def submission(pytestconfig: pytest.Config) -> "Generator[Submission]":
    """The work to grade, as a private copy; without --submission, this repository's tracked files."""
    from common.grading.submission import Submission, open_submission

    grading = pytestconfig.stash[GRADING]
    # Not pytest's tmp_path, which keeps the last three: submissions are large and not ours.
    with tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True) as folder:
        if grading.is_foreign:
            with refusing():
                opened = open_submission(grading.options.submission, Path(folder))
        else:
            root = copy_tracked(pytestconfig.rootpath, Path(folder) / "repository")
            opened = Submission(path=pytestconfig.rootpath, root=root, notes=())
        grading.notes += opened.notes
        yield opened


@pytest.fixture(scope="session")
def box(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> "Box":
    """Where the submission runs, with the limits of the command line."""
    from common.grading.journal import Journal
    from common.grading.sandbox import Box

    grading = pytestconfig.stash[GRADING]
    options = grading.options
    if options.conditions:
        grading.notes.append(text("graded with {options}", options=options.conditions))
    with refusing():
        given = {}
        if options.requirements:
            given["python"] = _environment(request)
        if options.keep_runs:
            given["journal"] = Journal(options.keep_runs)
        try:
            return Box(
                _limits(grading), network=options.allow_network, trusted=options.trust_submission, **given
            )
        except LabError:
            # This repository's own labs need no box, unless a conveyor says that everything is installed.
            if grading.is_foreign or os.environ.get("WORKBOOK_REQUIRE"):
                raise
            grading.notes.append(text("no box on this machine: this repository's own labs ran without one"))
            return Box(_limits(grading), network=options.allow_network, trusted=True, **given)


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config, box: "Box") -> "Generator[Engine | None]":
    """The Docker engine that builds and runs images; None without --engine."""
    grading = pytestconfig.stash[GRADING]
    if not grading.options.engine:
        yield None
        return
    from common.grading.engine.docker import Engine

    with refusing():
        opened = Engine(box.limits, network=box.network, journal=box.journal)
    with opened:
        grading.notes += opened.notes
        yield opened


class refusing:  # noqa: N801  reads as `with refusing():`
    """Turn a LabError inside a fixture into the end of the grading; a check could not mend it."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, LabError):
            raise Refusal(str(error), EXIT_LAB_ERROR) from None


def _limits(grading: Grading) -> "Limits":
    from common.grading.sandbox import Limits

    given = {"wall_s": grading.options.time_limit_s, "memory_mb": grading.options.memory_limit_mb}
    return replace(Limits(), **{name: value for name, value in given.items() if value is not None})


def _environment(request: pytest.FixtureRequest) -> Path:
    from common.grading.cache import cache_folder
    from common.grading.requirements import build_environment, read_requirements
    from common.grading.submission import find_lab

    grading, submission = request.config.stash[GRADING], request.getfixturevalue("submission")
    (lab,) = {check.lab for check in grading.selected}
    folder = find_lab(submission.root, lab) or submission.root
    wanted = read_requirements(folder, submission.root)
    grading.notes += wanted.notes
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        say(
            text("{file}: building or finding its environment", file=wanted.file.relative_to(submission.root))
        )
    return build_environment(folder, submission.root, cache_folder() / "environments")
