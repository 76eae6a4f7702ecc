"""Visits a Streamlit page as a browser does: over its websocket, in Streamlit's own messages."""

import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from google.protobuf.message import DecodeError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from common.grading.service.exchange import Client
from common.grading.texts import text

RUN_S = 60.0  # of the page's script: the first one loads the model
MESSAGE_BYTES = 16 << 20
MOST_MESSAGES = 5000
MOST_WIDGETS = 200
GARBAGE = "not a number"
NUMBERS = (1e9, -1e9)


class PageError(Exception):
    """The page does not speak as Streamlit does; the message says how it ended."""


@dataclass
class Seen:
    """What one run of the page's script showed."""

    elements: int = 0
    exceptions: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # ids of fields that take any text
    numbers: dict[str, tuple[float, float]] = field(
        default_factory=dict
    )  # id: smallest and largest that it takes
    is_finished: bool = False


class Page:
    """One visitor; a context manager."""

    def __init__(self, client: Client) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        self.forward, self.back = ForwardMsg, BackMsg
        self.connection = client.doorway.connect(client.port.number, client.port.version)
        address = f"ws://localhost:{client.port.number}/_stcore/stream"
        with _Deadline(self.connection):
            try:
                session = connect(
                    address,
                    sock=self.connection,
                    max_size=MESSAGE_BYTES,
                    open_timeout=RUN_S,
                    close_timeout=1,
                    proxy=None,
                )
                self.stack = ExitStack()
                self.socket = self.stack.enter_context(session)
            except (WebSocketException, OSError, TimeoutError) as error:
                self.connection.close()
                raise PageError(text("no session can be opened: {error}", error=error)) from error

    def load(self) -> Seen:
        """Run the page's script as it is run for a new visitor."""
        return self._run(self.back())

    def press(self, button: str, values: dict[str, Any]) -> Seen:
        """Press a button with these values in the fields: text or number by the field's id."""
        message = self.back()
        states = message.rerun_script.widget_states.widgets
        for name, value in values.items():
            if isinstance(value, str):
                states.add(id=name, string_value=value)
            else:
                states.add(id=name, double_value=value)
        if button:
            states.add(id=button, trigger_value=True)
        return self._run(message)

    def _run(self, message: Any) -> Seen:
        message.rerun_script.query_string = ""
        seen = Seen()
        with _Deadline(self.connection):
            try:
                self.socket.send(message.SerializeToString())
                for _ in range(MOST_MESSAGES):
                    raw = self.socket.recv()
                    answer = self.forward.FromString(raw if isinstance(raw, bytes) else raw.encode())
                    if _take(answer, seen):
                        break
            except (WebSocketException, OSError, DecodeError) as error:
                raise PageError(text("its session broke off: {error}", error=type(error).__name__)) from error
        return seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with _Deadline(self.connection, 2.0), suppress(WebSocketException, OSError):
            self.stack.close()
        self.connection.close()


class _Deadline:
    """Hangs up when the time is over, whatever is being waited for."""

    def __init__(self, connection: Any, seconds: float = RUN_S) -> None:
        self.timer = threading.Timer(seconds, self._hang_up, [connection])

    @staticmethod
    def _hang_up(connection: Any) -> None:
        with suppress(OSError):
            connection.shutdown(2)

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.timer.cancel()


def _take(answer: Any, seen: Seen) -> bool:
    """Add what a message says to what was seen; True for the last one of a run."""
    kind = answer.WhichOneof("type")
    if kind == "script_finished":
        # 2 is an end for the sake of another run, which follows
        seen.is_finished = answer.script_finished in (0, 3)
        return answer.script_finished != 2
    if kind == "session_event" and answer.session_event.HasField("script_compilation_exception"):
        seen.exceptions.append(_exception(answer.session_event.script_compilation_exception))
    if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
        _take_element(answer.delta.new_element, seen)
    return False


def _take_element(element: Any, seen: Seen) -> None:
    kind = element.WhichOneof("type")
    seen.elements += kind != "empty"
    if kind == "exception" and not element.exception.is_warning:
        seen.exceptions.append(_exception(element.exception))
    elif kind == "alert":
        seen.alerts.append(element.alert.body)
    elif len(seen.buttons) + len(seen.texts) + len(seen.numbers) >= MOST_WIDGETS:
        return
    elif kind == "button" and not element.button.disabled:
        seen.buttons.append(element.button.id)
    elif kind in ("text_input", "text_area") and not getattr(element, kind).disabled:
        seen.texts.append(getattr(element, kind).id)
    elif kind == "number_input" and not element.number_input.disabled:
        number = element.number_input
        smallest = number.min if number.has_min else NUMBERS[1]
        largest = number.max if number.has_max else NUMBERS[0]
        seen.numbers[number.id] = (smallest, largest)


def _exception(exception: Any) -> str:
    return f"{exception.type}: {exception.message}"
