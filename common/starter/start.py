"""Makes the empty workbook that a student works in: the tasks, and scripts without their solutions.

    bash common/start.sh ../my-labs

The directory is new or empty. It becomes a git repository of its own with a first commit, which is the same
for everybody; nothing in it needs this repository until the work is graded.
"""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from common.atomic import replace_folder
from common.stage import LabError, run
from common.starter.contents import ROOT, empty_workbook

LANGUAGES = {"en": ("en",), "ru": ("en", "ru")}
SUBJECT = "Start from the empty workbook"
PERSON, ADDRESS = "MLOps Workbook", "workbook@example.invalid"  # of this commit alone, not in the settings
WHEN = "2026-01-01T00:00:00Z"  # a constant, so that the same files are the same commit


def main(arguments: argparse.Namespace) -> None:
    try:
        directory = arguments.directory.resolve()
        refuse(arguments.directory, directory)
        files = empty_workbook(LANGUAGES[arguments.lang])
        with replace_folder(directory) as draft:
            for name, text in files.items():
                path = draft / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            commit(draft)
            if directory.exists():
                directory.rmdir()  # by now it may have something in it: then this fails
    except OSError as error:
        raise LabError(
            f"'{arguments.directory}' cannot be made: {error.strerror}: mend that, or name another folder"
        ) from error
    print(f"{arguments.directory}: {len(files)} files in a first commit; begin with README.md")


def refuse(given: Path, directory: Path) -> None:
    """Raise a LabError where the empty workbook cannot be made."""
    if directory.is_relative_to(ROOT):
        raise LabError(f"'{given}' is inside of this repository: name one beside it: '{ROOT.parent}/my-labs'")
    if not directory.parent.is_dir():
        raise LabError(f"'{given}' cannot be made: there is no folder '{directory.parent}', make that first")
    if directory.exists() and not directory.is_dir():
        raise LabError(f"'{given}' is a file: name a new folder")
    if directory == Path.cwd():
        raise LabError(f"'{given}' is the folder that you are in: leave it, and name it from above")
    if directory.is_dir() and any(directory.iterdir()):
        raise LabError(f"'{given}' is not empty: name a new folder")
    if shutil.which("git") is None:
        raise LabError("git is missing: type  sudo apt-get install git")


def commit(folder: Path) -> None:
    """Make a git repository with one commit, whatever the settings of this machine and its user are."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": PERSON, f"GIT_{who}_EMAIL": ADDRESS, f"GIT_{who}_DATE": WHEN}
    for words in (
        ["init", "--quiet", "--template=", "--initial-branch=main"],
        ["-c", f"core.attributesFile={os.devnull}", "add", "--all", "--force"],
        ["commit", "--quiet", f"--message={SUBJECT}"],
    ):
        ended = subprocess.run(
            ["git", *words], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
        )
        if ended.returncode:
            said = (ended.stderr.splitlines() or [f"exit code {ended.returncode}"])[-1]
            raise LabError(f"git cannot make the first commit: '{said}': mend that and start again")


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="start.sh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "directory", type=Path, metavar="DIRECTORY", help="where it is made: a new or an empty folder"
    )
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default="en",
        help="ru: the pages in Russian too, as README.ru.md (default: en)",
    )
    return parser


if __name__ == "__main__":
    run(main, options())
