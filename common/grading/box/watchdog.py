"""Looks into a running box from outside and says which limit its processes have broken together.

The kernel limits each process and each file system; what it does not limit without a cgroup is the sum:
many processes that each allocate, memory that is in no process (a memfd), the number of files.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from common.grading.box.cgroup import MemoryGroup

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 1024**2
READ_BYTES = 4096  # more than any of the files has
HOST_RESERVE = 0.05  # of all memory; below this the host itself is in danger, whoever uses it
LOOKS_PER_FULL_LOOK = 10  # a full look opens every process's list of files


class Watchdog:
    """`first` is the process id, on the host, of the box's first process."""

    def __init__(self, first: int, work: str, group: MemoryGroup | None) -> None:
        root = Path(f"/proc/{first}/root")
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        # the box's own /proc lists its processes, and no others
        self.processes = os.open(root / "proc", flags)
        self.work = os.open(root / work.lstrip("/"), flags)
        self.file_systems = [self.work, *(os.open(root / name, flags) for name in ("tmp", "dev/shm"))]
        self.group = group
        self.looks = 0

    def close(self) -> None:
        for descriptor in (self.processes, *self.file_systems):
            os.close(descriptor)

    def broken_limit(self, memory_mb: int, processes: int, files: int) -> str:
        """Return "memory", "processes", "files", "disk", or "" when all is well."""
        self.looks += 1
        states = [os.fstatvfs(descriptor) for descriptor in self.file_systems]
        if sum(state.f_files - state.f_ffree for state in states) > files:
            return "files"
        if states[0].f_bavail == 0:
            return "disk"
        running = [name for name in os.listdir(self.processes) if name.isdigit()]  # noqa: PTH208
        if len(running) > processes:
            return "processes"
        if self.group is not None:
            return "memory" if self.group.was_exceeded() else ""
        in_files = sum((state.f_blocks - state.f_bfree) * state.f_frsize for state in states)
        limit = memory_mb * MIB
        is_full_look = self.looks % LOOKS_PER_FULL_LOOK == 0
        if is_full_look:
            in_files += sum(self._memfd_bytes(running).values())
            if _available_share() < HOST_RESERVE:
                return "memory"
        # Resident pages are cheap to read, but count shared pages once for each process that has them:
        # only when they look like too much, the true shares are asked for.
        if in_files + sum(map(self._resident_bytes, running)) <= limit:
            return ""
        return "memory" if in_files + sum(map(self._own_bytes, running)) > limit else ""

    def _read(self, name: str) -> str:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.processes)
        try:
            return os.read(descriptor, READ_BYTES).decode("ascii", "replace")
        finally:
            os.close(descriptor)

    def _resident_bytes(self, process: str) -> int:
        try:
            return int(self._read(f"{process}/statm").split()[1]) * PAGE_BYTES
        except (OSError, IndexError):
            return 0  # it has ended

    def _own_bytes(self, process: str) -> int:
        """Return its share of pages that are not in files: a page of two processes is half of each."""
        try:
            lines = self._read(f"{process}/smaps_rollup").splitlines()
        except OSError:
            return self._resident_bytes(process)
        shares = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(shares))

    def _memfd_bytes(self, running: list[str]) -> dict[int, int]:
        return {inode: size for process in running for inode, size in self._memfds(process)}

    def _memfds(self, process: str) -> Iterator[tuple[int, int]]:
        with suppress(OSError):
            folder = os.open(f"{process}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
            try:
                for name in os.listdir(folder):  # noqa: PTH208
                    if os.readlink(name, dir_fd=folder).startswith("/memfd:"):
                        state = os.stat(name, dir_fd=folder)
                        yield state.st_ino, state.st_blocks * 512
            finally:
                os.close(folder)


def _available_share() -> float:
    lines = Path("/proc/meminfo").read_text().splitlines()
    size_kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return size_kib["MemAvailable"] / size_kib["MemTotal"]
