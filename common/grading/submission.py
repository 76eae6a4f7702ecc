"""Opens a submission, a folder or a .zip, as a private copy that cannot reach out of itself."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from common.grading.opening.entries import folder_entries, zip_entries
from common.grading.opening.finding import find_lab, is_lab_name
from common.grading.opening.gitfolder import disarm
from common.grading.opening.unpack import unpack
from common.grading.texts import counted, text
from common.stage import LabError

__all__ = ["Submission", "find_lab", "open_submission", "scratch_copy"]

NOTES = 100  # a page; a hostile zip could ask for thousands
NOT_WRAPPERS = {"src", "scripts", ".git"}


@dataclass(frozen=True)
class Submission:
    path: Path  # as given
    root: Path  # the private copy, without the folders that only wrap it
    notes: tuple[str, ...]  # what was left out and why, one line each


def open_submission(path: Path, into: Path) -> Submission:
    """Copy the folder or .zip `path` to a new folder in `into`; LabError when that cannot be done."""
    into.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix="submission-", dir=into))
    copy.chmod(0o755)  # the box runs as another user
    try:
        if path.is_dir():
            notes = unpack(path, folder_entries(path, skip=into), copy)
        elif path.suffix.lower() == ".zip" and path.is_file():
            with zip_entries(path) as entries:
                notes = unpack(path, entries, copy)
        elif path.exists():
            raise LabError(
                text("'{path}' is not a folder or a .zip: unpack it and give its folder", path=path)
            )
        else:
            raise LabError(text("there is no '{path}': give a folder or a .zip", path=path))
        notes += disarm(copy)
    except OSError as error:
        shutil.rmtree(copy, ignore_errors=True)
        raise LabError(
            text("'{path}' cannot be opened: {reason}", path=path, reason=error.strerror or error)
        ) from error
    except LabError:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    if len(notes) > NOTES:
        notes[NOTES:] = [
            counted("and {count} more of these", "and {count} more of these", len(notes) - NOTES)
        ]
    return Submission(path=path, root=_unwrapped(copy), notes=tuple(notes))


def _unwrapped(root: Path) -> Path:
    """Return the folder below those that hold nothing but one folder; the name of a lab's folder matters."""
    items = list(root.iterdir())
    if len(items) != 1 or not items[0].is_dir() or items[0].is_symlink():
        return root
    name = items[0].name
    return root if name in NOT_WRAPPERS or is_lab_name(name) else _unwrapped(items[0])


def scratch_copy(root: Path, into: Path) -> Path:
    """Return a fresh copy of `root` for one run, in a new folder in `into`; modes, times and links stay.

    By cp, which keeps holes as holes and one file with many names one file: a copy takes no more disk.
    """
    into.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix="run-", dir=into))
    subprocess.run(["cp", "-a", "--", f"{root}/.", copy], check=True, capture_output=True)
    return copy
