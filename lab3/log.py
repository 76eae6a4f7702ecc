"""JSON lines on stderr, one a request or an event: no address, no header, no body, nothing about anybody."""

import asyncio
import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any


class RequestLog:
    """Writes the lines of one turn of the event loop together: a system call costs more than a line."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._second, self._stamp = 0, ""

    def add(self, method: str, route: str, status: int, seconds: float, passengers: int) -> None:
        """Note a request. All words are ours: the route, not the path, and a method that HTTP knows."""
        now_ms = time.time_ns() // 1_000_000
        second, ms = divmod(now_ms, 1000)
        if second != self._second:
            self._second, self._stamp = second, datetime.fromtimestamp(second, UTC).strftime("%FT%T")
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        self._lines.append(
            f'{{"time":"{self._stamp}.{ms:03}Z","event":"request","method":"{method}","route":"{route}",'
            f'"status":{status},"ms":{seconds * 1000:.3f},"passengers":{passengers}}}\n'
        )

    def flush(self) -> None:
        text = "".join(self._lines)
        self._lines.clear()
        write(text)


def log_event(event: str, **fields: Any) -> None:
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    write(json.dumps({"time": stamp, "event": event, **fields}, ensure_ascii=False) + "\n")


def write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass  # whoever read the log is gone: the service is not


class EventHandler(logging.Handler):
    """Writes what libraries log as events, so that every line of stderr is JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"error": logging.Formatter().formatException(record.exc_info)} if record.exc_info else {}
        log_event(record.levelname.lower(), source=record.name, message=record.getMessage(), **fields)
