"""A command without a box, for a submission that the grader trusts: limits for each process, and no more."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class Trusted:
    """A command that runs in the host's work folder, in a process group of its own; a context manager."""

    is_ready = True

    def __init__(self, line: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            line,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def begin(self) -> None:
        """There is nothing to fill: it has begun."""

    def broken_limit(self) -> str:
        return ""

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def bring_back(self) -> tuple[str, ...]:
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        with self.process:  # closes its pipes and waits
            pass
