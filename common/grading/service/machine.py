"""Starts services together in one box, as the containers of one machine, and sees on what they listen.

The host watches from outside: the kernel's table of the box's sockets says who listens, and a connection into
the box's network is how it talks to them.
"""

import os
import re
import shlex
import signal
import socket
import threading
import time
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from common.grading.box.places import places
from common.grading.sandbox import WORK, Box, Run, Setting
from common.grading.service.launch import Launch
from common.grading.service.netns import Doorway
from common.stage import LabError

START_S = 120.0  # to listen; who trains a model at the start may take as long
ASK_S = 300.0  # to be asked, afterwards
LOOK_S = 0.05
SETTLE_S = 3.0  # after the first port: others follow, or the one that was announced
LISTENS = "0A"  # linux/tcp_states.h: TCP_LISTEN
ENDED = "service-ended:"

# Starts all of them; ends with the code of the first that fails, or when all have ended.
WAIT = r"""
while [ ${#names[@]} -gt 0 ]; do
    wait -n -p pid; code=$?
    printf '\n%s %s %s\n' "$mark" "${names[$pid]}" "$code" >&2
    unset "names[$pid]"
    [ "$code" -eq 0 ] || exit "$code"
done
"""


@dataclass(frozen=True, order=True)
class Port:
    number: int
    is_loopback: bool  # only from inside of its own container
    version: str  # of IP: "4" or "6"
    service: str = ""  # whose it is, where each has a network of its own


class Running(Protocol):
    """Services that were started together, wherever that is."""

    launches: list[Launch]
    failed: str  # the service whose end ended the others, or ""
    error: LabError | None

    @property
    def taken(self) -> Set[int]: ...
    @property
    def start_s(self) -> float: ...
    @property
    def wanted(self) -> set[tuple[str, int]]: ...
    @property
    def ports(self) -> list[Port]: ...
    @property
    def is_running(self) -> bool: ...
    def wait(self) -> list[Port]: ...
    def open(self, port: Port) -> "Way": ...
    def stop(self) -> Run | None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Way(Protocol):
    """How a port is reached."""

    def connect(self, port: int, version: str = "4") -> socket.socket: ...


class Machine:
    """The services, running; a context manager that ends them."""

    def __init__(self, box: Box, launches: Sequence[Launch], work: Path) -> None:
        """Start them. `work` is a new folder, to which the trees of the images are moved."""
        self.box, self.launches = box, list(launches)
        self.run: Run | None = None  # when it has ended
        self.error: LabError | None = None
        self.pid = 0
        self.doorway: Doorway | None = None
        self._has_begun = threading.Event()
        self._handle = -1
        home = str(work) if box.trusted else WORK
        hosts = tuple(launch.service.name for launch in self.launches)
        links: dict[str, str] = {}
        lines = [f"mark={shlex.quote(ENDED)}", "declare -A names"]
        for number, launch in enumerate(self.launches):
            here = f"{home}/{launch.name}"
            tree = work / launch.name
            launch.image.tree.rename(tree)
            launch = replace(launch, image=replace(launch.image, tree=tree))
            shown = {} if box.trusted else places(tree, here, box.python.folders)
            if box.trusted or shown.keys() & links.keys():
                launch = launch.at(here)
            if box.trusted:
                launch = launch.calling(hosts)
            links = shown | links
            self.launches[number] = launch
            lines += [f"( {launch.script(here)} ) &", f"names[$!]={shlex.quote(launch.name)}"]
        self.before = self._listening() if self._is_shared else frozenset()
        limits = replace(box.limits, wall_s=self.start_s + ASK_S)
        setting = Setting(links, hosts, self._begin)
        script = "\n".join(lines) + WAIT

        def follow() -> None:
            try:
                self.run = box.run(["bash", "-c", script], work, limits=limits, setting=setting)
            except LabError as error:
                self.error = error
            finally:
                self._has_begun.set()

        self._thread = threading.Thread(target=follow, daemon=True)
        self._thread.start()

    @property
    def start_s(self) -> float:
        return min(START_S, self.box.limits.wall_s)

    @property
    def _is_shared(self) -> bool:
        """Whether its network is this machine's own."""
        return self.box.trusted or self.box.network

    def _begin(self, pid: int) -> None:
        self.pid = pid
        with suppress(OSError):  # open() tries again, and says why
            self.doorway = Doorway(None if self._is_shared else pid)
        with suppress(OSError):
            self._handle = os.pidfd_open(pid)
        self._has_begun.set()

    def _listening(self) -> frozenset[Port]:
        return listening("self" if self._is_shared else self.pid)

    @property
    def taken(self) -> set[int]:
        """Return the ports that its services want and that somebody else has."""
        return {port.number for port in self.before} & {number for _, number in self.wanted}

    @property
    def wanted(self) -> set[tuple[str, int]]:
        return {("", port) for launch in self.launches for port in launch.ports}

    @property
    def ports(self) -> list[Port]:
        """Return where it listens now, each number once, reachable ones first."""
        ports = sorted(self._listening() - self.before, key=lambda port: (port.is_loopback, port))
        return list({port.number: port for port in reversed(ports)}.values())[::-1]

    def wait(self) -> list[Port]:
        """Wait until it listens as its files say, or it has ended, or its time is over; return its ports."""
        self._has_begun.wait()
        wait_for_ports(self)
        if not self.is_running:
            self._thread.join()
        return self.ports if self.is_running else []

    @property
    def is_running(self) -> bool:
        return self.run is None and self.error is None and self._thread.is_alive()

    def open(self, port: Port) -> Doorway:  # noqa: ARG002  one way leads to all of its ports
        """Return the way in, which is kept until the end."""
        if self.doorway is None:
            self.doorway = Doorway(None if self._is_shared else self.pid)
        return self.doorway

    def stop(self) -> Run | None:
        """End it, and return what it printed; None when it never began."""
        self._has_begun.wait()
        if self.doorway is not None:
            self.doorway.close()
            self.doorway = None
        if self._handle >= 0:
            with suppress(ProcessLookupError):
                if self.box.trusted:
                    os.killpg(self.pid, signal.SIGKILL)
                else:
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            os.close(self._handle)
            self._handle = -1
        self._thread.join()
        return self.run

    @property
    def failed(self) -> str:
        """Return the name of the service whose end ended the others, or ""."""
        return failed_one(self.run) if self.run else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def listening(process: int | str, besides: frozenset[str] = frozenset()) -> frozenset[Port]:
    """Return where somebody listens in the network of a process; not at these addresses of the kernel's."""
    ports = set()
    for table, version in (("tcp", "4"), ("tcp6", "6")):
        with suppress(OSError):
            rows = Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
            for words in map(str.split, rows[:1000]):
                if words[3] == LISTENS and words[1].partition(":")[0] not in besides:
                    ports.add(_port(words[1], version))
    return frozenset(ports)


def wait_for_ports(running: Running) -> None:
    """Wait until services listen as their files say, or have ended, or their time is over."""
    deadline = time.monotonic() + running.start_s
    settled = None
    while running.is_running and time.monotonic() < deadline:
        ports = running.ports
        wanted = running.wanted
        if wanted and wanted <= {(port.service, port.number) for port in ports}:
            return
        if len(ports) >= len(running.launches):
            settled = settled or time.monotonic() + SETTLE_S
            if time.monotonic() >= settled:
                return
        time.sleep(LOOK_S)


def failed_one(run: Run) -> str:
    """Return the name of the service whose end ended the others, or ""."""
    ends = re.findall(rf"^{re.escape(ENDED)} (\S+) (\d+)$", run.stderr, re.M)
    return ends[-1][0] if ends and ends[-1][1] != "0" else ""


def last_words(run: Run) -> str:
    """Return the last line of what the services said on stderr, or on stdout."""
    for output in (run.stderr, run.stdout):
        lines = [line for line in output.splitlines() if line.strip() and ENDED not in line]
        if lines:
            return lines[-1]
    return ""


def _port(address: str, version: str) -> Port:
    """Read '0100007F:1F40' or its longer sister: words of four bytes, each in the machine's own order."""
    host, _, number = address.partition(":")
    raw = b"".join(bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    mapped = raw[-4:] if version == "6" and raw[:12] == b"\0" * 10 + b"\xff\xff" else raw
    is_loopback = mapped[0] == 127 if len(mapped) == 4 else raw == b"\0" * 15 + b"\1"
    return Port(int(number, 16), is_loopback, version)
