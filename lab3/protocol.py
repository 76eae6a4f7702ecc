"""uvicorn's HTTP with patience that ends: slow or endless requests, slow readers, too many connections."""

from typing import Any, ClassVar, NamedTuple

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from problems import MEDIA_TYPE, ProblemError, write_problem

LARGEST_HEAD_BYTES = 65_536  # request line and headers


class Limits(NamedTuple):
    connections: int
    request_timeout_s: float
    refuse: Any  # the ASGI application of the connections that are too many


class PatientProtocol(HttpToolsProtocol):
    """One connection. `sweep` is called about once a second: a timer a request would cost more."""

    limits: ClassVar[Limits]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.head_bytes = 0
        self.reading_head = True
        self.waiting_since_s: float | None = self.loop.time()  # for the rest of a request
        self.writing_since_s: float | None = None  # to a client that does not read
        if len(self.connections) > self.limits.connections:
            self.app = self.limits.refuse
            if len(self.connections) > 2 * self.limits.connections:
                transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.reading_head:  # still: what came is head and nothing but head
            self.head_bytes += len(data)
            if self.head_bytes > LARGEST_HEAD_BYTES and not self.transport.is_closing():
                self.end_with(
                    ProblemError(431, f"the headers have more than {LARGEST_HEAD_BYTES:,} bytes: send fewer")
                )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_bytes = 0
        self.reading_head = True
        self.waiting_since_s = self.loop.time()

    def on_headers_complete(self) -> None:
        self.reading_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.waiting_since_s = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002, uvicorn's words are not ours
        self.end_with(ProblemError(400, "this is not HTTP/1.1"))

    def sweep(self, now_s: float) -> None:
        """End a connection that has kept us waiting for too long."""
        patience_s = self.limits.request_timeout_s
        if self.transport.get_write_buffer_size() == 0:
            self.writing_since_s = None
        elif self.writing_since_s is None:
            self.writing_since_s = now_s
        elif now_s - self.writing_since_s > patience_s:
            self.transport.abort()
            return
        if self.waiting_since_s is not None and now_s - self.waiting_since_s > patience_s:
            self.waiting_since_s = None
            if self.scope is not None:
                self.scope["timed_out"] = True
            self.end_with(ProblemError(408, f"the request was not whole after {patience_s:g} s"))

    def end_with(self, problem: ProblemError) -> None:
        """Write a problem where no answer has begun, and close the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            body = write_problem(problem)
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[problem.status] + head.encode() + body)
        self.transport.close()
