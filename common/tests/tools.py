"""What several tests use: the repository's place, optional system parts, stages run as a user runs them."""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from common.warm import start_fork, warm_up

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test that misses an optional part of the system; where all of them are required, fail."""
    if os.environ.get("WORKBOOK_REQUIRE"):
        pytest.fail(reason)
    pytest.skip(reason)


def require(tool: str) -> str:
    """Return the path of an optional system part, without which the test is no use."""
    return shutil.which(tool) or skip_or_fail(f"{tool} is not installed; .ci/run installs it")


def require_browser() -> str:
    """Return the path of Chromium, or of Chrome, which is the same for a test."""
    return shutil.which("chromium") or shutil.which("google-chrome") or require("chromium")


def run_stage(capfd: pytest.CaptureFixture[str], script: Path, *options: object) -> Ended:
    """Run a script as `python script options` does, forked from the warm test process."""
    capfd.readouterr()
    warm_up(script)
    pid = start_fork(script, [str(option) for option in options], is_last=True)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return Ended(code, *capfd.readouterr())


def run_command(*command: object, **options: object) -> Ended:
    """Run a command as a user types it, from another folder than the repository's."""
    ended = subprocess.run(
        [str(word) for word in command],
        **{"cwd": "/", "capture_output": True, "encoding": "utf-8", "timeout": 300} | options,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def wait_until(
    is_so: Callable[[], object], limit_s: float = 60, not_yet: tuple[type[Exception], ...] = ()
) -> None:
    """Wait until something is so; an exception of `not_yet` says that it is not."""
    until = time.monotonic() + limit_s
    while True:
        with suppress(*not_yet):
            if is_so():
                return
        assert time.monotonic() < until
        time.sleep(0.02)


def list_repository() -> list[Path]:
    """Return what a clone would have, with this working tree's changes: paths relative to ROOT."""
    listed = run_command("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [Path(name) for name in listed.out.split("\0") if name and (ROOT / name).is_file()]


def copy_repository(folder: Path) -> Path:
    for path in list_repository():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder


def hash_files(folder: Path, paths: list[Path] | None = None) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder, or of these relative to it, by its relative path."""
    found = [folder / path for path in paths] if paths is not None else sorted(folder.rglob("*"))
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if path.is_file()
    }
