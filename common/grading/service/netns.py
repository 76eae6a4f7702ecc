"""Opens TCP connections inside the network of a running box, from outside of it.

A box has a network of its own with nothing but a loopback. Nothing of ours runs in the box: a small helper on
the host enters its network (and only that), connects, and hands each connection through a pipe to whoever
asked. What comes over a connection is what the service says, and never more than data.

The helper is this file: python netns.py PID FD
"""

import array
import ctypes
import fcntl
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
NS_GET_USERNS = 0xB701  # linux/nsfs.h: the user namespace to which a network belongs
FIRST_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")  # a container's root may take port 80
CONNECT_S = 5.0
HOSTS = {"4": "127.0.0.1", "6": "::1"}


class Doorway:
    """Connections into the network of process `pid`; of this machine's own network for None."""

    def __init__(self, pid: int | None) -> None:
        self.helper: subprocess.Popen[bytes] | None = None
        if pid is None:
            return
        self.ours, theirs = socket.socketpair()
        with theirs:
            self.helper = subprocess.Popen(
                [sys.executable, "-I", __file__, str(pid), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        if self.ours.recv(1) != b"y":
            reason = (self.helper.communicate()[1].decode("utf-8", "replace").splitlines() or ["?"])[-1]
            self.close()
            raise ConnectionError(f"the box's network cannot be entered: {reason}")

    def connect(self, port: int, version: str = "4") -> socket.socket:
        """Return a connection to a port in there; OSError when nobody takes it."""
        if self.helper is None:
            connection = socket.create_connection((HOSTS[version], port), timeout=CONNECT_S)
            connection.setblocking(True)
            return connection
        self.ours.sendall(f"{version}{port:5}".encode())
        answer, descriptors, _, _ = socket.recv_fds(self.ours, 1, 1)
        if answer != b"y" or not descriptors:
            raise ConnectionRefusedError(f"port {port} takes no connection")
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(True)  # the helper's time limit made it non-blocking
        return connection

    def close(self) -> None:
        if self.helper is not None:
            self.ours.close()
            self.helper.kill()
            self.helper.wait()
            assert self.helper.stderr  # noqa: S101
            self.helper.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _enter(pid: int) -> None:
    """Enter the network of a process; without root's rights by way of the user namespace that owns it."""
    libc = ctypes.CDLL(None, use_errno=True)

    def set_namespace(descriptor: int, kind: int) -> None:
        if libc.setns(descriptor, kind):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        set_namespace(network, CLONE_NEWNET)
    except PermissionError:
        set_namespace(fcntl.ioctl(network, NS_GET_USERNS), CLONE_NEWUSER)
        set_namespace(network, CLONE_NEWNET)


def _serve(control: socket.socket) -> None:
    while wanted := control.recv(6):
        version, port = wanted[:1].decode(), int(wanted[1:])
        try:
            with socket.create_connection((HOSTS[version], port), timeout=CONNECT_S) as connection:
                rights = array.array("i", [connection.fileno()])
                control.sendmsg([b"y"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError:
            control.sendall(b"n")


def main() -> None:
    pid, descriptor = map(int, sys.argv[1:])
    _enter(pid)
    with suppress(OSError):
        FIRST_PORT.write_text("0")
    control = socket.socket(fileno=descriptor)
    control.sendall(b"y")
    _serve(control)


if __name__ == "__main__":
    main()
