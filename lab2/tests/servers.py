"""Real servers on loopback for the tests of lab 2: HTTP that misbehaves as asked, and PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

from common.tests.tools import skip_or_fail

STARTS_IN_S = 20
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
PASSWORD = "s3cret%41word"  # noqa: S105 - of a server that lives as long as the tests


@dataclass
class Answer:
    """What the server does once: the status and headers it sends, how much of the body, how slowly."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None  # breaks the connection after so many bytes
    pause_s: float = 0.0  # before each byte
    resumes: bool = False  # sends what is asked for by Range, if If-Range has its ETag

    def rest(self, start: int) -> "Answer":
        said = {"Content-Range": f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"}
        return Answer(206, self.body[start:], self.headers | said)


@dataclass
class Web:
    """An HTTP server; `answers` are given one after the other, the last one for ever."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)  # the headers of each
    stopped: threading.Event = field(default_factory=threading.Event)

    def take(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serve_web() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.requests.append(dict(self.headers))
            answer = web.take()
            if answer.resumes and self.headers["If-Range"] == answer.headers["ETag"]:
                answer = answer.rest(int(self.headers["Range"].removeprefix("bytes=").removesuffix("-")))
            self.send_response(answer.status)
            has_length = {"Content-Length", "Transfer-Encoding"} & answer.headers.keys()
            length = {} if has_length else {"Content-Length": str(len(answer.body))}
            for name, value in (answer.headers | length).items():
                self.send_header(name, value)
            self.send_header("Connection", "close")  # else a redirect may go into one that closes
            self.end_headers()
            body = answer.body[: answer.cut]
            for byte in [body] if not answer.pause_s else body:
                if answer.pause_s and web.stopped.wait(answer.pause_s):
                    break
                try:
                    self.wfile.write(body if not answer.pause_s else bytes([byte]))
                except OSError:
                    break  # the client had enough
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        web.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve_postgres(folder: Path) -> Iterator[str]:
    """Start PostgreSQL with the user lab and its PASSWORD; yield HOST:PORT/DATABASE of its URL."""
    if not POSTGRES:
        skip_or_fail("postgresql is not installed; .ci/run installs it")
    as_user = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data, port, bin_folder = folder / "data", free_port(), POSTGRES[-1].parent
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    initdb = [bin_folder / "initdb", "--pgdata", data, "--username=lab", "--pwfile", secret]
    initdb += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **as_user)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    command = [
        bin_folder / "postgres",
        "-D",
        data,
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **as_user)
        try:
            wait_for_postgres(port, server)
            yield f"127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(subprocess.signal.SIGINT)  # ends its connections too
            server.wait(STARTS_IN_S)
            shutil.rmtree(data, ignore_errors=True)


def wait_for_postgres(port: int, server: subprocess.Popen) -> None:
    end_s = time.monotonic() + STARTS_IN_S
    while True:
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=lab dbname=postgres", password=PASSWORD).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end_s:
                raise
            time.sleep(0.05)
        else:
            return
