"""Follows a running command: collects what it says, keeps the limits, and sees it end."""

import os
import selectors
import subprocess
import time
from dataclasses import dataclass, field
from typing import Protocol

from common.grading.box.kit import END
from common.grading.box.limits import Limits
from common.grading.texts import text
from common.stage import LabError

LOOK_S = 0.02  # between two looks at the limits that the kernel does not keep: some 80 MB of allocation
LOOK_SHARE = 0.05  # of one core that the looks may cost
FILL_S = 120.0  # to fill the work folder before the command starts
KILL_S = 10.0  # to be gone after SIGKILL
CHANNEL_MB = 1  # some ten thousand processes
READ_BYTES = 1 << 16


class Running(Protocol):
    """A command that runs, in a box or without one."""

    process: subprocess.Popen[bytes]
    is_ready: bool  # False: it must say on the channel that its work folder is filled

    def begin(self) -> None: ...
    def broken_limit(self) -> str: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Observed:
    """What the parent saw of it."""

    exit_code: int
    stopped: str
    stdout: bytes
    stderr: bytes
    channel: bytes
    seconds: float


@dataclass
class _Stream:
    """A pipe of which the first `limit` bytes are kept; the rest is read and dropped."""

    descriptor: int
    limit: int
    kept: bytearray = field(default_factory=bytearray)
    is_over: bool = False

    def read(self) -> bool:
        """Read once; False when there is nothing to be had now or ever."""
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return False
        room = self.limit - len(self.kept)
        self.kept += data[:room]
        self.is_over = self.is_over or len(data) > room
        return bool(data)


def watch(running: Running, channel_fd: int, limits: Limits) -> Observed:
    """Follow the command to its end, which comes at the latest with its time limit.

    LabError when it could not be started at all.
    """
    process = running.process
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    size = limits.output_mb * 1024**2
    stdout, stderr = _Stream(process.stdout.fileno(), size), _Stream(process.stderr.fileno(), size)
    channel = _Stream(channel_fd, CHANNEL_MB * 1024**2)
    streams = (stdout, stderr, channel)
    ended = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                os.set_blocking(stream.descriptor, False)
                selector.register(stream.descriptor, selectors.EVENT_READ, stream)
            selector.register(ended, selectors.EVENT_READ)
            stopped, seconds = _follow(running, selector, streams, limits)
        process.wait()
    finally:
        os.close(ended)
    for stream in streams:  # what was still in the pipes
        while not stream.is_over and stream.read():
            pass
    if not running.is_ready and not stopped:
        reason = stderr.kept.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise LabError(
            text("the box did not start: '{reason}': try again with --trust-submission", reason=reason[-1])
        )
    code = process.returncode
    exit_code = 128 - code if code < 0 else code
    return Observed(exit_code, stopped, bytes(stdout.kept), bytes(stderr.kept), bytes(channel.kept), seconds)


def _follow(
    running: Running, selector: selectors.BaseSelector, streams: tuple[_Stream, ...], limits: Limits
) -> tuple[str, float]:
    """Return the limit that was broken, or "", and the seconds that the command ran."""
    channel = streams[-1]
    begun = time.monotonic()
    deadline = begun + (limits.wall_s if running.is_ready else FILL_S)
    next_look, stopped = begun, ""
    while True:
        wait_s = max(0.0, min(deadline, next_look) - time.monotonic())
        for key, _ in selector.select(wait_s):
            if key.data is None:
                return stopped, time.monotonic() - begun
            if not key.data.read():
                selector.unregister(key.fd)
        now = time.monotonic()
        if stopped:
            if now > deadline:  # it should be long dead: what is left of it is the process we started
                running.process.kill()
            next_look = deadline
            continue
        if not running.is_ready and END.encode() in channel.kept:
            if channel.kept.startswith(b"=ready"):
                running.begin()
                begun = now = time.monotonic()
                deadline = begun + limits.wall_s
            else:
                stopped = "disk"
        if any(stream.is_over for stream in streams):
            stopped = "output"
        elif now >= deadline:
            stopped = "time"
        elif now >= next_look and running.is_ready and not stopped:
            stopped = running.broken_limit()
            next_look = now + max(LOOK_S, (time.monotonic() - now) / LOOK_SHARE)
        elif now >= next_look:
            next_look = now + LOOK_S
        if stopped:
            running.kill()
            deadline = now + KILL_S
