"""The grader's command line: what `--submission` and its companions mean, checked before anything runs."""

import difflib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.grading.report import LABS
from common.grading.texts import LANGUAGES, language_of, text
from common.stage import LabError

ONE_LINE_HELP = {
    "--submission": ("PATH", "grade this folder or .zip instead of this repository"),
    "--report-json": ("FILE", "write the result as JSON (report.schema.json)"),
    "--report-html": ("FILE", "write the result as one self-contained page"),
    "--report-md": ("FILE", "write the result as Markdown, for a comment or the summary of a job"),
    "--keep-runs": ("DIR", "write each run's command, exit code, output and files to this folder"),
    "--time-limit": ("S", "seconds that one run may take"),
    "--memory-limit": ("MB", "memory that one run may take"),
}
LANGUAGE_HELP = "language of titles and texts: en or ru (default: that of LANG, where it is one of them)"
SWITCHES = {
    "--allow-network": "let the submission use the network",
    "--trust-submission": "run the submission without a box",
    "--requirements": "grade in an environment of the versions that the submission pins",
    "--engine": "build and run the images of lab 3 by a Docker engine",
}


@dataclass(frozen=True)
class Options:
    name: str  # of what is graded, as the person typed it
    submission: Path | None
    report_json: Path | None
    report_html: Path | None
    report_md: Path | None
    keep_runs: Path | None
    time_limit_s: float | None
    memory_limit_mb: int | None
    allow_network: bool
    trust_submission: bool
    requirements: bool
    engine: bool
    language: str

    @property
    def conditions(self) -> str:
        """Return the options, as they are typed, that may change the points."""
        given = {
            "--time-limit": self.time_limit_s,
            "--memory-limit": self.memory_limit_mb,
            "--allow-network": self.allow_network or None,
            "--trust-submission": self.trust_submission or None,
            "--requirements": self.requirements or None,
            "--engine": self.engine or None,
        }
        words = {name: "" if value is True else f" {value:g}" for name, value in given.items() if value}
        return " ".join(name + word for name, word in words.items())


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("grading", "grading a submission")
    for name, (metavar, what) in ONE_LINE_HELP.items():
        # A missing value is our error to report (exit code 2, one line), not the parser's: hence "?".
        group.addoption(name, nargs="?", const="", default=None, metavar=metavar, help=what)
    group.addoption("--lang", nargs="?", const="", default=None, metavar="LANG", help=LANGUAGE_HELP)
    for name, what in SWITCHES.items():
        group.addoption(name, action="store_true", help=what)


def read_options(config: pytest.Config) -> Options:
    """Return the options, or raise LabError for a value that means nothing."""
    base = _typed_in(config)

    def value(name: str) -> str | None:
        given = config.getoption(name)
        if given == "":
            metavar, what = ONE_LINE_HELP[name]
            raise LabError(
                text(
                    "{name} needs a value: {name} {metavar}, {what}",
                    name=name,
                    metavar=metavar,
                    what=text(what),
                )
            )
        return given

    def path(name: str) -> Path | None:
        given = value(name)
        return None if given is None else base / given

    time_limit, memory_limit = value("--time-limit"), value("--memory-limit")
    return Options(
        name=value("--submission") or ".",
        submission=path("--submission"),
        report_json=path("--report-json"),
        report_html=path("--report-html"),
        report_md=path("--report-md"),
        keep_runs=path("--keep-runs"),
        time_limit_s=None if time_limit is None else _number("--time-limit", time_limit, "300"),
        memory_limit_mb=None
        if memory_limit is None
        else int(_number("--memory-limit", memory_limit, "4096")),
        allow_network=config.getoption("--allow-network"),
        trust_submission=config.getoption("--trust-submission"),
        requirements=config.getoption("--requirements"),
        engine=config.getoption("--engine"),
        language=_language(config),
    )


def asked_language(config: pytest.Config) -> str:
    """Return the language of what is said before the options are checked; English where it is none."""
    given = config.known_args_namespace
    # This repository's own tests are in English wherever they run.
    asked = given.lang or (language_of(os.environ) if given.submission else LANGUAGES[0])
    return asked if asked in LANGUAGES else LANGUAGES[0]


def refuse_misspelt(unknown: list[str]) -> None:
    """Raise UsageError for an option that looks like one of the grader's."""
    for word in unknown:
        name = word.partition("=")[0]
        if near := difflib.get_close_matches(name, [*ONE_LINE_HELP, "--lang", *SWITCHES], n=1, cutoff=0.8):
            raise pytest.UsageError(
                text("there is no option {name}: did you mean {near}?", name=name, near=near[0])
            )


def refuse_foreign_tests(config: pytest.Config) -> None:
    """Raise UsageError before pytest imports a conftest.py or a test of the submission."""
    given, root = config.known_args_namespace, config.rootpath.resolve()
    # Without --submission all that is not the grader's is somebody's.
    submission = (_typed_in(config) / given.submission).resolve() if given.submission else None
    for name in given.file_or_dir:
        path = (config.invocation_params.dir / name.partition("::")[0]).resolve()
        is_theirs = not path.is_relative_to(root)
        if submission and not root.is_relative_to(submission):  # else the grader grades itself
            is_theirs |= path.is_relative_to(submission) or submission.is_relative_to(path)
        if is_theirs or (not path.exists() and (_typed_in(config) / name).exists()):
            raise pytest.UsageError(
                text(
                    "'{name}' is not a rubric of the grader: name one, as in lab1 --submission {path}",
                    name=name,
                    path=given.submission or name,
                )
            )
        if not path.exists() and re.fullmatch(r"lab\d+", path.name):
            there = [lab for lab in LABS if (root / lab / f"test_{lab}.py").is_file()]
            raise pytest.UsageError(
                text(
                    "there is no rubric for '{name}' yet: name one of {labs}",
                    name=name,
                    labs=", ".join(there),
                )
            )


def place_junit(config: pytest.Config) -> None:
    """Let pytest's own report, too, land where the person typed the command."""
    if config.getoption("xmlpath", None):
        config.option.xmlpath = str(_typed_in(config) / config.option.xmlpath)


def _language(config: pytest.Config) -> str:
    asked = config.getoption("--lang")
    if asked is not None and asked not in LANGUAGES:
        raise LabError(
            text(
                "--lang '{asked}' is not spoken: give one of {known}", asked=asked, known=", ".join(LANGUAGES)
            )
        )
    return asked_language(config)


def _typed_in(config: pytest.Config) -> Path:
    """Return the folder in which the person typed the command; common/test.sh runs pytest in another."""
    return Path(os.environ.get("WORKBOOK_CWD") or config.invocation_params.dir)


def _number(name: str, given: str, example: str) -> float:
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 1):
        raise LabError(
            text(
                "{name} '{given}' is not a number of 1 or more: write {name} {example}",
                name=name,
                given=given,
                example=example,
            )
        )
    return number
