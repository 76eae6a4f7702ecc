"""Runs the stage scripts of a lab in order and stops at the first that fails, with its exit code.

    python -m common.pipeline data_creation.py data_preprocessing.py model_preparation.py model_testing.py

Importing pandas and scikit-learn costs more than what a stage does with them. So this process imports
what the scripts import, and forks a child for each script; while one runs, it already imports what the
next one needs. Only the last script writes to stdout: what the others print is shown on stderr.
Options after the scripts go to the first script, --folder to all of them.
"""

import argparse
import fcntl
import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from common.warm import start_fork, warm_up

# BLAS with several threads may sum in another order, and a model's bytes would depend on the cores.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the pipeline to stop. Not an Exception: nothing may swallow it."""


def start_plain(script: Path, options: list[str], is_last: bool) -> int:
    """Start a script as a process of its own, where fork is not safe (macOS) or not wanted."""
    return subprocess.Popen(
        [sys.executable, str(script), *options],
        stdin=subprocess.DEVNULL,
        stdout=None if is_last else sys.stderr.fileno(),
        process_group=0,
    ).pid


def wait(pid: int) -> int:
    """Return how a stage ended, as a shell would: its exit code, or 128 + the signal that killed it."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def describe(code: int) -> str:
    with suppress(ValueError):
        if code > 128:
            return f"was killed by {signal.Signals(code - 128).name}"
    return f"ended with exit code {code}"


def run(scripts: list[Path], options: list[str], shared: list[str], *, warm: bool) -> int:
    """Run the scripts in order; return 0, or the code of the one that failed.

    `options` go to the first script, `shared` to all.
    """
    start = start_fork if warm else start_plain
    ended_s = 0.0

    def note_end(*_: object) -> None:  # a stage may end while the next one's imports are still loading
        nonlocal ended_s
        ended_s = time.perf_counter()

    signal.signal(signal.SIGCHLD, note_end)
    running = 0
    try:
        if warm:
            gc.disable()  # modules are kept, so looking for garbage among them only costs time
            warm_up(scripts[0])
        for index, script in enumerate(scripts):
            began_s = time.perf_counter()
            running = start(script, shared if index else [*options, *shared], script is scripts[-1])
            for following in scripts[index + 1 : index + 2] if warm else ():
                warm_up(following)
            code, running = wait(running), 0
            title, seconds = f"[{index + 1}/{len(scripts)}] {script.stem}", ended_s - began_s
            if code:
                print(f"{title}  {describe(code)} after {seconds:.2f} s: the pipeline stops", file=sys.stderr)
                return code
            print(f"{title}  {seconds:.2f} s", file=sys.stderr)
    finally:
        if running:  # stopped by a signal; files are renamed when whole, so nothing is half-written
            os.killpg(running, signal.SIGKILL)
            os.waitpid(running, 0)
    return 0


def hold(folder: Path) -> int:
    """Lock a lab's folder until the process ends, so that two pipelines do not mix their files."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"waiting for the pipeline that is running in '{folder}'", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def main() -> int:
    usage = argparse.ArgumentParser(
        prog="python -m common.pipeline",
        usage="%(prog)s [--plain] [--folder DIR] SCRIPT [SCRIPT ...] [options of the first script]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,  # --help is the first script's
    )
    usage.add_argument("--plain", action="store_true", help="start a process of its own for each script")
    usage.add_argument(
        "--folder", type=Path, help="where data/ and model/ are (default: the scripts' folder)"
    )
    usage.add_argument("scripts", nargs="*", type=Path, metavar="SCRIPT")
    arguments, options = usage.parse_known_args()
    asks_for_help = not {"-h", "--help"}.isdisjoint(options)
    if asks_for_help and not arguments.scripts:
        usage.print_help()
        return 0
    scripts = [script.resolve() for script in arguments.scripts][: 1 if asks_for_help else None]
    if not scripts:
        usage.error("no script was named")
    for script in scripts:
        if not script.is_file():
            usage.error(f"there is no script '{script}'")

    folder, shared = scripts[0].parent, []
    if arguments.folder:
        folder = arguments.folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        shared = ["--folder", str(folder)]
    for number in STOPPING_SIGNALS:
        signal.signal(number, stop)
    os.environ.update(ONE_THREAD)
    try:
        hold(folder)
        return run(scripts, options, shared, warm=sys.platform == "linux" and not arguments.plain)
    except Stopped as stopped:
        return 128 + stopped.args[0]


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking down pandas and scikit-learn in order takes longer than a stage
