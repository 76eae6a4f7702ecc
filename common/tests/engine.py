"""A Docker engine with a Python image for tests that build: the machine's own, or one started for them."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common.tests.tools import Ended, require, run_command, skip_or_fail

BASE = "python:3.11-slim"
# A stand-in for the base where no registry can be reached: Debian's Python, and this machine's trust.
PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
TRUST = "/etc/ssl/certs/ca-certificates.crt"
HOOKS = (
    f'cp {TRUST} "$1{TRUST}"',
    'rm -f "$1"/usr/lib/python3.*/EXTERNALLY-MANAGED',
    'for name in python python3; do ln -sf /usr/bin/python3 "$1/usr/local/bin/$name"; done',
    f'printf "[global]\\ncert = {TRUST}\\n" > "$1/etc/pip.conf"',
    'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*',
)
START_S = 30


@functools.cache
def shared_engine() -> "Engine":
    """Return one engine for all tests of a session: to start it and to make its base takes a minute."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(engine())


class Engine:
    def __init__(self, host: str) -> None:
        self.env = os.environ | ({"DOCKER_HOST": host} if host else {})

    def run(self, *command: object, **options: object) -> Ended:
        """Run a command beside this engine; a build may take minutes."""
        return run_command(*command, **{"env": self.env, "timeout": 900} | options)

    def docker(self, *words: object) -> str:
        ended = self.run("docker", *words)
        assert ended.code == 0, ended.err
        return ended.out.strip()

    def compose(self, *words: object, **env: str) -> Ended:
        """Run Compose, whichever of its two programs is there."""
        return self.run(*compose_program(), *words, env=self.env | env)


def compose_program() -> list[str]:
    return ["docker-compose"] if shutil.which("docker-compose") else [require("docker"), "compose"]


@contextmanager
def engine() -> Iterator[Engine]:
    """Give an engine that has BASE; skip where none can be had."""
    if not shutil.which("docker"):
        skip_or_fail("docker is not installed; .ci/run installs it")
    with ExitStack() as stack:
        found = Engine("")
        if found.run("docker", "info").code:
            found = stack.enter_context(_started())
        if (
            found.run("docker", "image", "inspect", BASE).code
            and found.run("docker", "pull", "--quiet", BASE).code
        ):
            _import_base(found)
        yield found


@contextmanager
def _started() -> Iterator[Engine]:
    if os.geteuid() or not shutil.which("dockerd"):
        skip_or_fail("no Docker engine answers, and none can be started: that needs root and dockerd")
    owner = os.getpid()
    # In /tmp itself: the path of a socket may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="docker-", dir="/tmp"))
    options = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            ["dockerd", f"--host=unix://{folder}/docker.sock", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        started = Engine(f"unix://{folder}/docker.sock")
        until = time.monotonic() + START_S
        while started.run("docker", "info").code:
            if daemon.poll() is not None or time.monotonic() > until:
                skip_or_fail(f"dockerd does not start: {(folder / 'log').read_text()[-300:]}")
            time.sleep(0.2)
        yield started
    finally:
        if os.getpid() == owner:  # other tests fork stages from this process: each cleans up at its end
            daemon.terminate()
            daemon.wait(60)
            shutil.rmtree(folder, ignore_errors=True)


def _import_base(engine: Engine) -> None:
    if not shutil.which("mmdebstrap"):
        skip_or_fail(f"no registry gives {BASE}, and mmdebstrap, which makes one like it, is not installed")
    with tempfile.TemporaryDirectory() as folder:
        hooks = [f"--customize-hook={hook}" for hook in HOOKS]
        made = engine.run(
            "mmdebstrap",
            "--variant=minbase",
            f"--include={PACKAGES}",
            *hooks,
            "bookworm",
            f"{folder}/base.tar",
        )
        if made.code:
            skip_or_fail(f"no base image can be made: {made.err[-300:]}")
        trust = f"ENV SSL_CERT_FILE={TRUST} PIP_ROOT_USER_ACTION=ignore"
        engine.docker("import", "--change", 'CMD ["python3"]', "--change", trust, f"{folder}/base.tar", BASE)
