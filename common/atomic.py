"""Files and folders that are replaced whole or not at all.

The new one is written under a temporary name in the same folder and renamed. Whoever is killed leaves the
old one as it was; the next write clears what the dead process left behind.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it becomes `path` when the block ends without an error."""
    temporary = _temporary(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        _remove(temporary)


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Give a new, empty folder beside `folder`; it takes the old one's place when the block ends well."""
    temporary = _temporary(folder)
    temporary.mkdir()
    try:
        yield temporary
        if folder.exists():
            folder.rename(_temporary(folder, suffix="-old"))
        temporary.rename(folder)
    finally:
        _remove(temporary)
        _remove(_temporary(folder, suffix="-old"))


def _temporary(path: Path, suffix: str = "") -> Path:
    """Return this process's temporary name for `path`, after clearing those of processes that died."""
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name}.tmp-"
    for leftover in path.parent.glob(f"{prefix}*"):
        pid = leftover.name.removeprefix(prefix).removesuffix("-old")
        if not _is_alive(pid):
            _remove(leftover)
    return path.with_name(f"{prefix}{os.getpid()}{suffix}")


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass  # somebody else's process
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
