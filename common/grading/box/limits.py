"""The limits of one run, and the part of them that the kernel keeps for each process."""

from dataclasses import dataclass

THREADS_PER_PROCESS = 4  # the kernel counts threads; numerical libraries start one for each core
CPU_GRACE_S = 5  # between the signal that a process may handle and the one that it may not


@dataclass(frozen=True)
class Limits:
    """What a run may use; memory, processes, disk and files are those of all its processes together."""

    wall_s: float = 300.0
    cpu_s: int = 900  # of each process
    memory_mb: int = 4096  # with what its files occupy: the work folder, /tmp and /dev/shm live in memory
    processes: int = 256
    file_mb: int = 1024  # one file
    disk_mb: int = 2048  # the work folder
    files: int = 100_000
    output_mb: int = 8  # stdout and stderr each

    def prlimit(self, *, own_user: bool) -> list[str]:
        """Return the command before a command that sets its limits.

        The number of threads is limited where the user id is the box's own: elsewhere it would count
        everything else that the grader's user runs.
        """
        threads = self.processes * THREADS_PER_PROCESS
        return [
            "/usr/bin/prlimit",
            f"--cpu={self.cpu_s}:{self.cpu_s + CPU_GRACE_S}",
            f"--data={self.memory_mb * 1024**2}",  # not --as: libraries reserve far more than they use
            f"--fsize={self.file_mb * 1024**2}",
            "--core=0",
            *([f"--nproc={threads}"] if own_user else []),
            "--",
        ]
