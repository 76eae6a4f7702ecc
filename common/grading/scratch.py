"""Temporary folders that the next of their kind removes, where the process that made them was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def scratch_folder(kind: str, place: Path | None = None) -> Iterator[Path]:
    """Yield a new folder in `place`, by default where temporary files go, and remove it afterwards.

    Its name has this process's number and its kind. It is locked until it is removed, or its process ends.
    """
    place = place or Path(tempfile.gettempdir())
    _remove_leftovers(kind, place)
    folder = Path(tempfile.mkdtemp(prefix=f"workbook-{os.getpid()}-{kind}-", dir=place))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def left_behind(place: Path, names: str) -> Iterator[Path]:
    """Yield the folders `workbook-<process id>-…` of these names whose process is not there any more."""
    for folder in place.glob(names):
        if not Path("/proc", folder.name.split("-")[1]).exists():
            yield folder


def _remove_leftovers(kind: str, place: Path) -> None:
    """Remove the folders of dead processes; one alive in another container has no number here, but a lock."""
    for folder in left_behind(place, f"workbook-*-{kind}-*"):
        with suppress(OSError):  # locked, another user's, or no folder
            lock = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)
