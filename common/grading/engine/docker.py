"""A Docker engine on this machine, for one grading: its commands with limits, its network, its cleaning up.

Only the docker program is spoken to. Everything that is made has a label of this grading's own, whose name
nobody can guess, by which it is found and removed.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from common.grading.box.limits import THREADS_PER_PROCESS, Limits
from common.grading.box.watch import watch
from common.grading.engine import cleaner
from common.grading.journal import Journal
from common.grading.sandbox import Run
from common.grading.texts import text
from common.stage import LabError

COMMAND_S = 60  # of the engine's own commands
DISK_MB = 16 * 1024  # that a run may take of the engine's disk: images with their libraries are large
MOST_CPUS = 2
DIE_WITH_PARENT = ("setpriv", "--pdeathsig=KILL")  # a client of a killed grader would wait for ever


class Engine:
    """A context manager; LabError where no engine on this machine answers."""

    def __init__(self, limits: Limits, *, network: bool = False, journal: Journal | None = None) -> None:
        self.limits, self.network, self.journal = limits, network, journal
        self.notes: list[str] = []
        self.cpus = min(MOST_CPUS, os.cpu_count() or 1)
        if shutil.which("docker") is None:
            raise LabError(
                text("--engine needs 'docker', which is not installed: run sudo apt-get install docker.io")
            )
        token = secrets.token_hex(8)
        self.label, self.name = f"mlops-workbook.{token}", f"workbook-{token}"
        folder = tempfile.mkdtemp(prefix=f"workbook-{os.getpid()}-engine-")
        # An empty configuration: the person's logins to registries and proxies are not the submission's.
        self.env = {**os.environ, "DOCKER_CONFIG": folder, "DOCKER_BUILDKIT": "0", "DOCKER_CLI_HINTS": "0"}
        try:
            self.root = Path(self._look())
            self.cleaner = subprocess.Popen(
                [sys.executable, "-I", cleaner.__file__, self.label, folder],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that Ctrl-C does not reach it
            )
        except LabError:
            shutil.rmtree(folder)
            raise
        try:
            self._make_network(f"wb{token[:12]}")
            self._limit_build_steps()
        except BaseException:
            self._clean()
            raise

    def _look(self) -> str:
        """Return the engine's folder."""
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        answer = self.ask("info", "--format", "{{.OSType}} {{.DockerRootDir}}")
        system, _, root = answer.stdout.strip().partition(" ")
        if answer.returncode or not root:
            raise LabError(
                text(
                    "no Docker engine answers at '{host}': run sudo systemctl start docker, "
                    "or set DOCKER_HOST to where one listens",
                    host=host,
                )
            )
        if system != "linux":
            raise LabError(
                text("the Docker engine at '{host}' runs no Linux containers: start one that does", host=host)
            )
        return root

    def _make_network(self, device: str) -> None:
        options = ["--label", self.label, "--opt", f"com.docker.network.bridge.name={device}"]
        made = self.ask("network", "create", *([] if self.network else ["--internal"]), *options, self.name)
        if made.returncode:
            raise LabError(text("the Docker engine makes no network: {reason}", reason=_last(made.stderr)))
        shown = self.ask(
            "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", self.name
        )
        with socket.socket() as ours:
            try:
                ours.bind((shown.stdout.strip(), 0))
            except OSError:
                host = os.environ.get("DOCKER_HOST", "")
                raise LabError(
                    text(
                        "the Docker engine at '{host}' has its network elsewhere than on this machine: "
                        "grade where it runs, as root",
                        host=host or "unix:///var/run/docker.sock",
                    )
                ) from None
        if self.network:
            return
        try:
            subprocess.run(cleaner.rule("-I", device), capture_output=True, timeout=COMMAND_S, check=True)
        except (OSError, subprocess.SubprocessError):
            self.notes.append(
                text("services could reach what listens on all addresses of this machine: root can forbid it")
            )
        else:
            self.remove_later(f"rule {device}")

    def _limit_build_steps(self) -> None:
        """Limit the processes of each step of a build, which `docker build` itself cannot."""
        wanted = ("type=container", "event=create", "event=start", f"label={self.label}")
        filters = [f"--filter={one}" for one in wanted]
        self.events = events = subprocess.Popen(
            [*DIE_WITH_PARENT, "docker", "events", "--format", "{{.ID}}", *filters],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

        def follow() -> None:
            assert events.stdout  # noqa: S101
            for line in events.stdout:
                self.ask("update", f"--pids-limit={self.threads}", line.strip())

        self._following = Thread(target=follow, daemon=True)
        self._following.start()

    @property
    def threads(self) -> int:
        return self.limits.processes * THREADS_PER_PROCESS

    @property
    def memory(self) -> list[str]:
        """Return the options that limit memory, without swap."""
        return [f"--memory={self.limits.memory_mb}m", f"--memory-swap={self.limits.memory_mb}m"]

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Let the engine do something of ours, which is quick."""
        try:
            return subprocess.run(
                ["docker", *words],
                env=self.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=COMMAND_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(
                words, 1, "", text("no answer within {seconds:.0f} s", seconds=COMMAND_S)
            )

    def remove_later(self, line: str) -> None:
        assert self.cleaner.stdin  # noqa: S101
        self.cleaner.stdin.write(f"{line}\n".encode())
        self.cleaner.stdin.flush()

    def end_containers(self) -> None:
        """End and remove every container of this grading."""
        ids = self.ask("ps", "--all", "--quiet", "--filter", f"label={self.label}").stdout.split()
        if ids:
            self.ask("rm", "--force", "--volumes", *ids)

    def close(self) -> None:
        """Remove all that was made."""
        self.events.kill()
        self._following.join()
        with self.events:  # closes its pipe
            pass
        self._clean()

    def _clean(self) -> None:
        assert self.cleaner.stdin  # noqa: S101
        self.cleaner.stdin.close()
        self.cleaner.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Attached:
    """A docker command that shows what a container or a build says, until that ends; a context manager."""

    is_ready = True

    def __init__(self, engine: Engine, words: Sequence[str], end: Callable[[], None]) -> None:
        """Start it; `end` ends what it shows. Not from a thread, with whose end it would be killed."""
        self.engine, self.words, self.end = engine, words, end
        self.free = shutil.disk_usage(engine.root).free if engine.root.is_dir() else 0
        self.process = subprocess.Popen(
            [*DIE_WITH_PARENT, "docker", *words],
            env=engine.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def begin(self) -> None:
        """There is nothing to fill: it has begun."""

    def broken_limit(self) -> str:
        if not self.free:
            return ""
        taken = self.free - shutil.disk_usage(self.engine.root).free
        return "disk" if taken > DISK_MB * 1024**2 else ""

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def follow(self, wall_s: float) -> Run:
        """Return what became of it; it ends at the latest after `wall_s`."""
        reading, writing = os.pipe()  # nothing says anything here
        try:
            seen = watch(self, reading, replace(self.engine.limits, wall_s=wall_s))
        finally:
            os.close(reading)
            os.close(writing)
        stdout, stderr = (output.decode("utf-8", "replace") for output in (seen.stdout, seen.stderr))
        return Run(("docker", *self.words), seen.exit_code, seen.stopped, stdout, stderr, seen.seconds, ())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()
        with self.process, suppress(OSError):
            pass


def _last(output: str) -> str:
    return (output.strip().splitlines() or ["?"])[-1]
