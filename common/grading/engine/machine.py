"""Starts services together as containers of an engine, and sees on what they listen."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from threading import Thread
from types import TracebackType
from typing import Self

from common.grading.box.watch import KILL_S
from common.grading.engine.docker import Attached, Engine
from common.grading.runs import how_it_ended
from common.grading.sandbox import Run
from common.grading.service.launch import Launch
from common.grading.service.machine import ASK_S, LOOK_S, START_S, Port, Way, listening, wait_for_ports
from common.grading.service.netns import CONNECT_S, Doorway
from common.stage import LabError

NAME_SERVER = frozenset({"0B00007F"})  # 127.0.0.11, where the engine answers for the names of services
# No name server but the engine's own: it would ask this machine's, also from a network without a way out.
NO_NAMES = ["--dns=127.0.0.1", "--dns-opt=timeout:1", "--dns-opt=attempts:1"]
FORBIDDEN = ["--cap-drop=ALL", "--security-opt=no-new-privileges"]
LOW_PORTS = "--sysctl=net.ipv4.ip_unprivileged_port_start=0"  # port 80 needs no right
ENGINES_OWN = ("Run 'docker run --help'", "See 'docker run --help'", "WARNING: Localhost DNS")
LOOK = "{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@dataclass(frozen=True)
class Container(Launch):
    """A launch whose image an engine has built."""

    identity: str = ""  # of the image
    given: dict[str, str] = field(default_factory=dict)  # variables that the image has not

    def words(self) -> list[str]:
        """Return the options, the image and the command of docker run, as its files say."""
        env = [f"--env={name}={value}" for name, value in self.given.items() if _is_variable(name, value)]
        options = [*env, *([f"--workdir=/{self.folder}"] if self.service.folder else [])]
        entrypoint, command = self.service.entrypoint, list(self.service.command or [])
        if entrypoint is not None:
            first, *rest = [*entrypoint, ""]
            options.append(f"--entrypoint={first}")
            command = [*rest[:-1], *command]
        return [*options, "--", self.identity, *command]


@dataclass(frozen=True)
class Address:
    """The way to a container of this machine: its address."""

    host: str

    def connect(self, port: int, version: str = "4") -> socket.socket:  # noqa: ARG002  it has one address
        connection = socket.create_connection((self.host, port), timeout=CONNECT_S)
        connection.setblocking(True)
        return connection


class Hosted:
    """One container, attached."""

    def __init__(self, engine: Engine, container: Container, number: int, wall_s: float) -> None:
        self.engine, self.container = engine, container
        self.name = f"{engine.name}-{number}"
        self.run: Run | None = None
        self.error: LabError | None = None
        self.pid, self.address = 0, ""
        options = [f"--name={self.name}", f"--label={engine.label}", f"--network={engine.name}"]
        options += [f"--network-alias={container.name}", *([] if engine.network else NO_NAMES)]
        options += [*FORBIDDEN, LOW_PORTS, *engine.memory, f"--cpus={engine.cpus}"]
        options += [f"--pids-limit={engine.threads}", "--ulimit=core=0", "--log-driver=none"]
        options += ["--no-healthcheck", "--pull=never"]
        self.attached = Attached(engine, ["run", *options, *container.words()], self.end)
        self._thread = Thread(target=self._follow, args=[wall_s], daemon=True)
        self._thread.start()

    def _follow(self, wall_s: float) -> None:
        try:
            self.run = self.attached.follow(wall_s)
        except LabError as error:
            self.error = error

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    @property
    def has_failed(self) -> bool:
        return bool(not self.is_running and self.run and self.run.exit_code)

    def ports(self) -> Iterator[Port]:
        if not self.pid:
            state = self.engine.ask("inspect", "--format", LOOK, self.name).stdout.split()
            if len(state) == 2:  # else it does not stand yet
                self.pid, self.address = int(state[0]), state[1]
        for port in listening(self.pid, NAME_SERVER) if self.pid and self.is_running else ():
            yield Port(port.number, port.is_loopback, port.version, self.container.name)

    def say_limit(self) -> None:
        """Add the limit that ended it, if one did, to what it said."""
        assert self.run  # noqa: S101
        state = self.engine.ask("inspect", "--format", "{{.State.OOMKilled}}", self.name)
        stopped = "memory" if state.stdout.strip() == "true" else self.run.stopped
        if stopped:
            run = replace(self.run, stopped=stopped)
            self.run = replace(run, stderr=f"{run.stderr}\n{how_it_ended(run)}\n")

    def end(self) -> None:
        self.engine.ask("rm", "--force", "--volumes", self.name)

    def stop(self) -> None:
        until = time.monotonic() + KILL_S
        with self.attached:
            while self.is_running:  # it may not stand yet
                self.end()
                self._thread.join(LOOK_S)
                if time.monotonic() > until:
                    self.attached.process.kill()


class EngineMachine:
    """The services, running; a context manager that ends them."""

    started = 0  # containers of all machines, for their names
    taken: frozenset[int] = frozenset()  # every container has all ports for itself

    def __init__(self, engine: Engine, launches: Sequence[Launch]) -> None:
        self.engine, self.launches = engine, list(launches)
        self.failed = ""  # the service whose end ended the others
        self.stack = ExitStack()
        self.hosted: list[Hosted] = []
        for launch in self.launches:
            assert isinstance(launch, Container)  # noqa: S101
            EngineMachine.started += 1
            one = Hosted(engine, launch, EngineMachine.started, self.start_s + ASK_S)
            self.hosted.append(one)
            self.stack.callback(one.stop)

    @property
    def start_s(self) -> float:
        return min(START_S, self.engine.limits.wall_s)

    @property
    def wanted(self) -> set[tuple[str, int]]:
        return {(launch.name, port) for launch in self.launches for port in launch.ports}

    @property
    def is_running(self) -> bool:
        failed = any(one.has_failed or one.error for one in self.hosted)
        return not failed and any(one.is_running for one in self.hosted)

    @property
    def ports(self) -> list[Port]:
        """Return where they listen now, each number once for each service, reachable ones first."""
        found = sorted(
            (port for one in self.hosted for port in one.ports()), key=lambda port: (port.is_loopback, port)
        )
        return list({(port.service, port.number): port for port in reversed(found)}.values())[::-1]

    def wait(self) -> list[Port]:
        """Wait until they listen as their files say, or have ended, or are late; return the ports."""
        wait_for_ports(self)
        return self.ports if self.is_running else []

    @property
    def error(self) -> LabError | None:
        return next((one.error for one in self.hosted if one.error), None)

    def open(self, port: Port) -> Way:
        """Return the way to a port: the container's address, but for what listens inside of it alone."""
        one = next(one for one in self.hosted if one.container.name == port.service)
        if port.is_loopback:
            with suppress(OSError):  # only root may enter
                return self.stack.enter_context(Doorway(one.pid))
        return Address(one.address)

    def stop(self) -> Run | None:
        """End them, and return what they printed."""
        if failed := [one for one in self.hosted if one.has_failed]:
            self.failed = failed[0].container.name
            failed[0].say_limit()
        self.stack.close()
        runs = {one.container.name: one.run for one in self.hosted if one.run}
        if not runs:
            return None
        last = runs.get(self.failed) or next(iter(runs.values()))
        whole = Run(
            command=last.command,
            exit_code=last.exit_code,
            stopped=last.stopped,
            stdout="".join(run.stdout for run in runs.values()),
            stderr="".join(_without_engines(run.stderr) for run in _last_one_last(runs, self.failed)),
            seconds=max(run.seconds for run in runs.values()),
            started=(),
        )
        if self.engine.journal:
            self.engine.journal.keep(whole, ".", [])
        return whole

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stack.close()


def _last_one_last(runs: dict[str, Run], name: str) -> list[Run]:
    return [run for _, run in sorted(runs.items(), key=lambda pair: pair[0] == name)]


def _without_engines(output: str) -> str:
    lines = [line for line in output.splitlines() if not line.startswith(ENGINES_OWN)]
    return "\n".join(lines) + "\n" if lines else ""


def _is_variable(name: str, value: str) -> bool:
    return bool(name) and "=" not in name and "\0" not in name + value
