"""One uvicorn server in one process: stops on SIGTERM after answering, and tells slow clients goodbye."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from common.stage import EXIT_INTERRUPTED, LabError

from log import log_event
from protocol import Limits, PatientProtocol
from settings import Settings

TICKS_A_SWEEP = 5  # uvicorn ticks ten times a second
BACKLOG = 2048  # connections that the system keeps until we take them


class Server(uvicorn.Server):
    """uvicorn's, but for its end: exit 0 after SIGTERM and 130 after Ctrl-C, not killed by its own signal."""

    def __init__(self, settings: Settings) -> None:
        config = uvicorn.Config(
            app="",  # it is built around this server, and given when that begins to serve
            http=PatientProtocol,
            ws="none",
            loop="auto",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=settings.grace_s,
            backlog=BACKLOG,
        )
        super().__init__(config)
        self._settings = settings
        self._stopped_by: int | None = None

    def serve_until_stopped(self, app: Any, refuse: Any) -> int:
        """Serve until a signal; return the exit code. `refuse` answers connections that are too many."""
        self.config.app = app
        listener = listen(self._settings)
        PatientProtocol.limits = Limits(self._settings.connections, self._settings.request_timeout_s, refuse)
        host, port, *_ = listener.getsockname()
        log_event("listening", host=host, port=port)
        self.run(sockets=[listener])
        log_event("stopped", signal=signal.Signals(self._stopped_by).name if self._stopped_by else None)
        return EXIT_INTERRUPTED if self._stopped_by == signal.SIGINT else 0

    def count_requests(self) -> int:
        """Return how many requests have arrived and are not answered."""
        return len(self.server_state.tasks)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._stopped_by = self._captured_signals[0] if self._captured_signals else None
            self._captured_signals.clear()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_SWEEP == 0:
            for connection in list(self.server_state.connections):
                connection.sweep(connection.loop.time())
        return await super().on_tick(counter)


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket; LabError where the address cannot be had."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        # a name that cannot be resolved has a negative number, and words of its own
        reason = os.strerror(error.errno) if (error.errno or 0) > 0 else error.strerror
        raise LabError(
            f"cannot listen on '{where}': {reason}: stop what does, or set LAB3_HOST or LAB3_PORT"
        ) from None
