"""The lab's own git + DVC repository: git without your settings, DVC's API, what they complain of."""

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from common.stage import LabError

DATASET = Path("data") / "titanic.csv"
POINTER = DATASET.with_name("titanic.csv.dvc")
# Signing would ask for a passphrase, hooks would run, and a personal ignore list could hide the data.
GIT_SETTINGS = {
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.autocrlf": "false",
    "advice.detachedHead": "false",
}
ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
)
NOBODY = {"user.name": "Lab Four", "user.email": "lab4@workbook.invalid"}
LOGGERS = ("dvc", "dvc_data", "dvc_objects")


def prepare_process(folder: Path) -> None:
    """Keep git and DVC of this process, and what they start, to the repositories that they are told."""
    for name in ELSEWHERE:  # set where git itself started us, as from a hook
        os.environ.pop(name, None)
    # DVC's index of files, which is else in /var/tmp for all, and its global settings, such as a shared cache
    os.environ["DVC_SITE_CACHE_DIR"] = str(folder / ".dvc-site")
    os.environ["DVC_GLOBAL_CONFIG_DIR"] = os.environ["DVC_SYSTEM_CONFIG_DIR"] = str(folder / ".dvc-site")
    os.environ.setdefault("AWS_MAX_ATTEMPTS", "2")  # an S3 that is not there is known after the second
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def git(repository: Path, *words: str | Path, date: str = "") -> str:
    """Run a git command in a repository and return what it prints; `date` is a commit's or tag's."""
    settings = [part for name, value in GIT_SETTINGS.items() for part in ("-c", f"{name}={value}")]
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    try:
        ended = subprocess.run(
            ["git", "-C", repository, *settings, *words],
            env=os.environ | dates,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise LabError("git is not installed: type  sudo apt-get install git") from None
    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"git {words[0]} failed in '{repository}' ({reason}): mend that, and run this again")
    return ended.stdout


def ensure_identity(repository: Path) -> None:
    """Name an author in this repository alone, where git knows none: without one nobody can commit."""
    for setting, value in NOBODY.items():
        try:
            git(repository, "config", setting)
        except LabError:
            git(repository, "config", "--local", setting, value)


@contextmanager
def open_repository(folder: Path) -> Iterator[Any]:
    """Give DVC's Repo of a folder, as if one stood in it; what it and its stages print goes to stderr."""
    repo_class = dvc_class()
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        with chdir(folder), repo_class() as repository:
            yield repository
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)


def dvc_class() -> Any:
    try:
        from dvc.repo import Repo  # here, so that a Python without DVC gets one line and no traceback
    except ModuleNotFoundError as error:
        raise LabError(
            f"'{error.name}' is missing in '{sys.executable}': unset WORKBOOK_PYTHON, or install dvc there"
        ) from None
    for name in LOGGERS:
        logging.getLogger(name).handlers = [logging.NullHandler()]  # DVC's own print to stdout
    return Repo


class _Reasons(logging.Handler):
    """Keeps why a transfer failed: DVC logs that, and raises only how many files failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.errors.append(record.exc_info[1])


@contextmanager
def dvc_errors(doing: str, hint: str) -> Iterator[None]:
    """Turn whatever DVC raises into a LabError that says what was being done and why it failed.

    Whatever: each kind of remote comes with a library whose errors have no class in common.
    """
    dvc_class()
    from dvc.lock import LockError

    reasons = _Reasons()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(reasons)
    try:
        yield
    except LabError:
        raise
    except LockError as error:
        raise LabError(
            f"{doing} has to wait: another DVC command is running there; run this again when it has ended"
        ) from error
    except Exception as error:
        reason = _root(reasons.errors[-1] if reasons.errors else error)
        line = " ".join(str(reason).split()) or type(reason).__name__
        raise LabError(f"{doing} failed ({line}): {_advice(reason) or hint}") from error
    finally:
        for logger in loggers:
            logger.removeHandler(reasons)


def _root(error: BaseException) -> BaseException:
    while error.__cause__ and not isinstance(error, ImportError):  # its own words say what to install
        error = error.__cause__
    return error


def _advice(reason: BaseException) -> str:
    if isinstance(reason, ImportError):
        return "install it in .venv by pip, and run this again"
    match getattr(reason, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return "free some space, and run this again"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return "make it writable, or choose another one by --remote"
    return ""
