"""The warm interpreter: imports what scripts import once, and forks a fresh child for each script.

A script still runs as `python script` runs it: __main__, its own arguments, working directory, exit code
and traceback. What differs: modules that were imported before it keep the settings they were imported with.
"""

import ast
import atexit
import gc
import importlib
import os
import runpy
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn


def third_party_imports(script: Path, seen: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Yield the modules a script imports at its top; of one that stands beside it, what that imports.

    `seen` are the modules on the way to this one.
    """
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # the stage itself will say what is wrong with it
    for name in _imported(tree):
        top = name.partition(".")[0]
        beside = script.with_name(f"{top}.py")
        if beside.exists():
            if beside not in seen:  # modules may import each other
                yield from third_party_imports(beside, seen | {script, beside})
        elif not script.with_name(top).is_dir():
            yield name


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def warm_up(script: Path) -> None:
    """Import what a script will import. What cannot be imported is left for the stage to complain about."""
    for name in third_party_imports(script):
        parent, _, attribute = name.rpartition(".")
        if parent and hasattr(sys.modules.get(parent), attribute):
            continue  # `from sklearn.svm import SVC`: a class, not a module
        with suppress(Exception, SystemExit):
            importlib.import_module(name)


def start_fork(script: Path, options: list[str], is_last: bool) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # the child's collector leaves the modules alone, so their memory stays shared
    pid = os.fork()
    if pid == 0:
        _run_in_child(script, options, is_last)
    with suppress(OSError):
        os.setpgid(pid, pid)  # the child does it too: whoever comes first
    return pid


def _run_in_child(script: Path, options: list[str], is_last: bool) -> NoReturn:
    """Run a script as `python script` would, and end the process without returning to the caller."""
    code = 1
    try:
        gc.enable()
        for finalizer in list(weakref.finalize._registry):
            finalizer.detach()  # temporary folders and the like of the parent, which is to clean them itself
        os.setpgid(0, 0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if not is_last:
            os.dup2(2, 1)
        sys.argv = [str(script), *options]
        sys.path.insert(0, str(script.parent))
        runpy.run_path(str(script), run_name="__main__")
        code = 0
    except SystemExit as stop:
        code = _exit_code(stop)
    except BaseException as error:
        traceback.print_exception(error.with_traceback(_from_script(error, script)))
    finally:
        finish_child()
        os._exit(code)


def finish_child() -> None:
    """Do in a forked child what the end of a program does: its threads, its atexit functions, its output."""
    with suppress(BaseException):
        threading._shutdown()  # waits for the child's own threads
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _from_script(error: BaseException, script: Path) -> TracebackType | None:
    """Return the part of a traceback that starts in the script: the frames before it are ours."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != str(script):
        frames = frames.tb_next
    return frames
