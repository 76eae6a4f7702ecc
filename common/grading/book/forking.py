"""The process behind a warm grader: imports pytest and the grader once, and forks a grading for each request.

    python -m common.grading.book.forking CHANNEL

CHANNEL is the number of an open socket. A request hands over four open files: what is asked for as JSON,
stdout, stderr, and where the grading's exit code goes; the answer is its process id, -1 where the system has
no process left for it.
"""

import ctypes
import functools
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.config import get_config

from common.grading.book.hashing import ROOT
from common.grading.box.interpreter import look_at
from common.grading.report import page_template
from common.warm import finish_child, warm_up

PYTEST = ("-p", "no:cacheprovider", "-c", "pyproject.toml")
NO_PROCESS = -1
PR_SET_PDEATHSIG = 1  # linux/prctl.h
# What the fixtures of a rubric import when they are asked for.
LATE = ("sandbox", "submission", "journal", "summary", "catalogue")

_warm_up = functools.cache(warm_up)  # it reads the rubric, which each request names again


def serve(channel: socket.socket) -> None:
    """Fork a grading for each request, until nobody holds the other end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them: their owner hears of their end
    owner = os.getpid()
    while True:
        _, files, _, _ = socket.recv_fds(channel, 16, 4)
        if not files:
            return
        asked, *others = files
        with os.fdopen(asked, "rb") as file:
            file.seek(0)
            labs, options, environment = json.load(file)
        rubrics = [f"{lab}/test_{lab}.py" for lab in labs]
        for rubric in rubrics:
            _warm_up(ROOT / rubric)
        gc.freeze()  # the child's collector leaves the modules alone, so their memory stays shared
        try:
            pid = os.fork()
        except OSError:  # of one grading: the others go on
            pid = NO_PROCESS
        if pid == 0:
            channel.close()
            _grade(owner, [*PYTEST, *rubrics, *options], environment, *others)
        for file in others:
            os.close(file)
        channel.send(str(pid).encode())


def _grade(
    owner: int, words: list[str], environment: dict[str, str], stdout: int, stderr: int, told: int
) -> NoReturn:
    """Run pytest as its command does, and end the process without returning to the caller."""
    code = 1
    try:
        os.setsid()
        _die_with(owner)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for file, number in ((stdout, 1), (stderr, 2)):
            os.dup2(file, number)
            os.close(file)
        os.set_inheritable(told, False)
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # TMPDIR is another now
        os.chdir(ROOT)
        code = int(pytest.main(words))
    except BaseException:
        traceback.print_exc()
    finally:
        finish_child()
        os.write(told, str(code).encode())
        os._exit(code)


def _die_with(owner: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != owner:  # it died before this was asked for
        os._exit(1)


def _import_grader() -> None:
    get_config()  # pytest's own plugins, for which it has no public name
    for name in LATE:
        importlib.import_module(f"common.grading.{name}")
    # What is asked once a process, and is the same for each.
    page_template()
    look_at(Path(sys.executable))


if __name__ == "__main__":
    _import_grader()
    serve(socket.socket(fileno=int(sys.argv[1])))
