"""A command in its box: starts it, takes hold of it from outside, kills it, brings its work folder back."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from common.grading.box.bubblewrap import WORK
from common.grading.box.cgroup import MemoryGroup
from common.grading.box.handback import bring_back
from common.grading.box.kit import Kit
from common.grading.box.limits import Limits
from common.grading.box.syscalls import open_filter
from common.grading.box.watchdog import Watchdog

# Sorted, so that the box lists folders in the same order every time; with holes as holes.
PACK = ("tar", "--sort=name", "--sparse", "--format=posix", "-cf", "-", ".")
GONE_S = 10.0
CLOCK_REALTIME_COARSE = 5  # of Linux: the clock that stamps files, in ticks of 1 to 10 ms
TICK_S = 0.001


class Boxed:
    """A command in its box, from the filling of its work folder to the bringing back; a context manager."""

    def __init__(
        self,
        line: Callable[[int, int], list[str]],
        work: Path,
        kit: Kit,
        limits: Limits,
        group: MemoryGroup | None,
        on_begin: Callable[[int], None],
    ) -> None:
        """Start `line(info, seccomp)`: open files to which bwrap tells of process 1, and with its filter."""
        self.work, self.kit, self.limits, self.group = work, kit, limits, group
        self.on_begin = on_begin
        self.is_ready = False
        self.watchdog: Watchdog | None = None
        self.first = -1  # handle of process 1: with it, all others of the box die
        with ExitStack() as stack:
            # No pipe: were the grader killed, bwrap would die of writing to it, and its child wait for ever.
            self.info = stack.enter_context(tempfile.TemporaryFile())
            seccomp = open_filter()
            pack = stack.enter_context(
                subprocess.Popen(
                    PACK,
                    cwd=work,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(pack.kill)
            self.process = stack.enter_context(
                subprocess.Popen(
                    line(self.info.fileno(), seccomp),
                    cwd="/",
                    stdin=pack.stdout,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=[self.info.fileno(), seccomp],
                )
            )
            stack.callback(self.process.kill)
            os.close(seccomp)
            assert pack.stdout  # noqa: S101
            pack.stdout.close()  # so that `pack` ends when the box does
            self.stack = stack.pop_all()

    def begin(self) -> None:
        """Take hold of the box, now that it stands, and give its first process the word to go on."""
        first = int(json.loads(os.pread(self.info.fileno(), 4096, 0))["child-pid"])
        self.first = os.pidfd_open(first)
        self.stack.callback(os.close, self.first)
        self.watchdog = Watchdog(first, WORK, self.group)
        self.stack.callback(self.watchdog.close)
        self.stack.callback(self.kill)
        self.is_ready = True
        self.begun_ns = _next_tick_ns()
        self.on_begin(first)
        os.write(self.kit.go, b"go\n")

    def broken_limit(self) -> str:
        assert self.watchdog  # noqa: S101
        limits = self.limits
        return self.watchdog.broken_limit(limits.memory_mb, limits.processes, limits.files)

    def kill(self) -> None:
        """Kill every process of the box and wait until they are gone."""
        if self.first < 0:
            self.process.kill()
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        select.select([self.first], [], [], GONE_S)

    def bring_back(self) -> tuple[str, ...]:
        if self.watchdog is None:
            return ()
        self.kill()
        return bring_back(self.watchdog.work, self.work, WORK, since_ns=self.begun_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stack.close()


def _next_tick_ns() -> int:
    """Wait for the next tick of the clock that stamps files: a filled file is older, a changed one is not."""
    now_ns = last_ns = time.clock_gettime_ns(CLOCK_REALTIME_COARSE)
    while now_ns == last_ns:
        time.sleep(TICK_S)
        now_ns = time.clock_gettime_ns(CLOCK_REALTIME_COARSE)
    return now_ns
