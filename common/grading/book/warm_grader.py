"""Starts gradings from one warm process, which has imported what they import (see forking.py).

To start Python, pytest and the rubrics anew takes longer than to grade many a submission. A grading still
has a process of its own, with session, environment and end; it dies with the warm one, and that one with its
owner.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from common.grading.book.hashing import ROOT

COMMAND = (sys.executable, "-P", "-m", "common.grading.book.forking")
GONE_S = 60  # a process that was killed is gone long before, if the kernel still answers


class Grading:
    """One grading: its process id, and its end."""

    def __init__(self, pid: int, end: int) -> None:
        self.pid, self._end = pid, end
        self.code: int | None = None  # once it has ended; -9 where it was killed
        self._lock = threading.Lock()  # who waits and who kills may be two threads

    def __del__(self) -> None:
        os.close(self._end)

    def wait(self, limit_s: float) -> int:
        """Return its exit code; TimeoutError where it takes longer."""
        if not select.select([self._end], [], [], limit_s)[0]:
            raise TimeoutError
        with self._lock:
            if self.code is None:
                told = os.read(self._end, 16)
                self.code = int(told) if told else -signal.SIGKILL  # it could not even say how it ended
            return self.code

    def kill(self) -> None:
        """End it with everything that it has started, unless it has ended."""
        with suppress(TimeoutError):
            self.wait(0)
        if self.code is None:
            for kill in (os.kill, os.killpg):  # it may not lead its group yet
                with suppress(ProcessLookupError):
                    kill(self.pid, signal.SIGKILL)
            self.wait(GONE_S)


class WarmGrader:
    """Starts gradings, also for several threads. Where the process behind it was killed, another begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._channel: socket.socket | None = None
        self._stop: Callable[[], object] = lambda: None

    def begin(self) -> None:
        """Start the process now, unless it runs: it has much to import."""
        with self._lock:
            self._begin()

    def start(
        self,
        labs: Sequence[str],
        options: Sequence[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
    ) -> Grading:
        """Start pytest on these labs' rubrics, with this environment and these open files.

        ChildProcessError where it cannot be started; gradings that run are not touched by that.
        """
        with self._lock, tempfile.TemporaryFile() as request:
            self._begin()
            request.write(json.dumps([[*labs], [*options], {**environment}]).encode())
            request.flush()
            end, told = os.pipe()
            try:
                socket.send_fds(self._channel, [b"grade"], [request.fileno(), stdout, stderr, told])
                answer = self._channel.recv(16)
            except OSError:
                answer = b""
            finally:
                os.close(told)
            if not answer or int(answer) < 0:
                os.close(end)
                raise ChildProcessError("no process could be started" if answer else "the grader was killed")
            return Grading(int(answer), end)

    def close(self) -> None:
        """End the process, and with it every grading that has not ended."""
        with self._lock:
            self._stop()

    def _begin(self) -> None:
        if self._process and self._process.poll() is None:
            return
        self._stop()  # its end of the channel, where it was killed
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno())],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C is its owner's
            )
        # At the latest when the owner ends.
        self._stop = weakref.finalize(self, _stop, self._process, self._channel)


def _stop(process: subprocess.Popen, channel: socket.socket) -> None:
    channel.close()
    process.kill()
    process.wait()
