"""A memory cgroup for one run, where the machine lets us make one (v1 or v2)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from common.grading.scratch import left_behind

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
MIB = 1024**2
REMOVE_TRIES, REMOVE_WAIT_S = 20, 0.01
# the limit, the limit of swap, and what happened
V1_FILES = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control")
V2_FILES = ("memory.max", "memory.swap.max", "memory.events")


@dataclass(frozen=True)
class MemoryGroup:
    """A cgroup folder whose processes may use so much memory together, and no swap."""

    folder: Path
    events: Path  # the file with a line "oom_kill N"

    def was_exceeded(self) -> bool:
        try:
            lines = self.events.read_text().splitlines()
        except OSError:
            return False
        return any(line.startswith("oom_kill ") and not line.endswith(" 0") for line in lines)


def find_parent(root: Path = ROOT, membership: Path = MEMBERSHIP) -> Path | None:
    """Return a folder below which a memory cgroup can be made, or None.

    v1: our own cgroup. v2: the nearest one upwards that hands the memory controller down to its children;
    our own cannot, because it has processes.
    """
    try:
        lines = [line.split(":", 2) for line in membership.read_text().splitlines()]
    except OSError:
        return None
    for _, controllers, path in lines:
        if "memory" in controllers.split(","):
            folder = root / "memory" / path.lstrip("/")
            return folder if os.access(folder, os.W_OK) else None
    for _, controllers, path in lines:
        own = root / path.lstrip("/")
        for folder in (own, *own.parents) if not controllers else ():
            if not folder.is_relative_to(root):
                break
            with suppress(OSError):
                handed_down = (folder / "cgroup.subtree_control").read_text().split()
                # Moving a process needs the right to write to the common ancestor, too.
                if "memory" in handed_down and os.access(folder / "cgroup.procs", os.W_OK):
                    return folder
    return None


@contextmanager
def memory_group(limit_mb: int) -> Iterator[MemoryGroup | None]:
    """Yield a new cgroup with this limit, or None where none can be made; it is removed afterwards."""
    parent = find_parent()
    if parent is not None:
        _remove_leftovers(parent)
    group = None if parent is None else _make(parent, limit_mb)
    try:
        yield group
    finally:
        if group is not None:
            _remove(group.folder)


def _remove_leftovers(parent: Path) -> None:
    """Remove the groups of graders that were killed; one with processes in it cannot be removed."""
    for folder in left_behind(parent, "workbook-*-*"):
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a group; its last processes may be dead and not yet out of it."""
    for _ in range(REMOVE_TRIES):
        with suppress(OSError):
            folder.rmdir()
        if not folder.exists():
            return
        time.sleep(REMOVE_WAIT_S)


def _make(parent: Path, limit_mb: int) -> MemoryGroup | None:
    try:
        folder = Path(mkdtemp(prefix=f"workbook-{os.getpid()}-", dir=parent))
    except OSError:
        return None
    v2 = (folder / "memory.max").exists()
    limit, swap, events = V2_FILES if v2 else V1_FILES
    try:
        (folder / limit).write_text(str(limit_mb * MIB))
        with suppress(OSError):  # a kernel that does not account swap
            # v1 limits memory and swap together, v2 swap alone
            (folder / swap).write_text("0" if v2 else str(limit_mb * MIB))
    except OSError:
        folder.rmdir()
        return None
    return MemoryGroup(folder, folder / events)
