"""Sends one HTTP request into a box and reads the answer, with limits on its time and its size."""

import http.client
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from common.grading.service.machine import Port, Way
from common.grading.texts import text

ANSWER_S = 20.0  # a model that is loaded with the first request takes its time
ANSWER_BYTES = 1 << 20
BOUNDARY = "workbook-part-of-a-form"
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Part:
    """A file in a form."""

    name: str
    content: bytes
    type: str


@dataclass(frozen=True)
class Request:
    """`how` says what `body` is: "json", "form", "multipart", "raw", or "" for none."""

    method: str
    path: str
    body: Any = None
    how: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        query = urlencode(dict(self.query), doseq=True)
        return f"{self.path}?{query}" if query else self.path

    def content(self) -> tuple[bytes | None, dict[str, str]]:
        if self.how == "json":
            return json.dumps(self.body).encode(), {"Content-Type": "application/json"}
        if self.how == "form":
            return urlencode(self.body, doseq=True).encode(), {
                "Content-Type": "application/x-www-form-urlencoded"
            }
        if self.how == "multipart":
            return _multipart(self.body), {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        if self.how == "raw":
            return self.body, {"Content-Type": "application/json"}
        return None, {}


@dataclass(frozen=True)
class Answer:
    """`status` is 0 when there was no answer; `problem` says why."""

    status: int
    type: str = ""
    body: bytes = b""
    location: str = ""
    problem: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return what it says as JSON, or None."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Client:
    """Asks one port; each request has a connection of its own, as each visitor has."""

    def __init__(self, doorway: Way, port: Port, answer_s: float = ANSWER_S) -> None:
        self.doorway, self.port, self.answer_s = doorway, port, answer_s

    def get(self, path: str) -> Answer:
        return self.ask(Request("GET", path))

    def ask(self, request: Request) -> Answer:
        """Return the answer, after one redirect within the service if it asks for it."""
        answer = self._once(request)
        if answer.status in REDIRECTS and answer.location.startswith("/"):
            moved = Request(
                "GET" if answer.status in (302, 303) else request.method,
                answer.location,
                *((None, "") if answer.status in (302, 303) else (request.body, request.how)),
            )
            return self._once(moved)
        return answer

    def _once(self, request: Request) -> Answer:
        try:
            connection = self.doorway.connect(self.port.number, self.port.version)
        except OSError:
            return Answer(0, problem="it takes no connection")
        # Whatever it sends and however slowly, after this the connection is over.
        timer = threading.Timer(self.answer_s, _hang_up, [connection])
        timer.start()
        exchange = http.client.HTTPConnection("localhost", self.port.number)
        exchange.sock = connection
        try:
            body, headers = request.content()
            exchange.request(request.method, request.target, body, {**headers, "Connection": "close"})
            response = exchange.getresponse()
            content = response.read(ANSWER_BYTES + 1)
            kind, location = response.headers.get_content_type(), response.headers.get("Location") or ""
        except (http.client.HTTPException, OSError, ValueError, TypeError, AttributeError) as error:
            late = not timer.is_alive()
            problem = (
                text("no answer within {seconds:.0f} s", seconds=self.answer_s)
                if late
                else text("no answer: {error}", error=type(error).__name__)
            )
            return Answer(0, problem=problem)
        finally:
            timer.cancel()
            exchange.close()
            connection.close()
        if len(content) > ANSWER_BYTES:
            return Answer(0, problem=text("an answer of more than {limit} MB", limit=ANSWER_BYTES >> 20))
        if not timer.is_alive() and not content:
            return Answer(0, problem=text("no answer within {seconds:.0f} s", seconds=self.answer_s))
        return Answer(response.status, kind, content, _path(location))


def _hang_up(connection: Any) -> None:
    with suppress(OSError):
        connection.shutdown(2)


def _path(location: str) -> str:
    """Return the path of a redirect, without the name of the host before it."""
    if "://" in location:
        location = "/" + location.split("://", 1)[1].partition("/")[2]
    return location if location.isascii() and location.isprintable() and " " not in location else ""


def _multipart(fields: Mapping[str, Any]) -> bytes:
    parts = []
    for name, value in fields.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, Part):
            head += f'; filename="{value.name}"\r\nContent-Type: {value.type}'
            content = value.content
        else:
            content = str(value).encode()
        parts.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
