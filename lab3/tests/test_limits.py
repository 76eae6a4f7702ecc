"""Slow, endless, broken and too many clients, as raw sockets: each is ended, the others are served."""

import json
import socket
import time
from contextlib import ExitStack

import httpx
import pytest

from common.tests.tools import wait_until

GOOD = b'{"class":1,"sex":"female","fare_pounds":80}'
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\n"


def connect(service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def read_all(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of what a server says until it closes the connection."""
    answer = b""
    while chunk := connection.recv(65_536):
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


def ask(service) -> int:
    return httpx.post(f"{service.url}/predict", content=GOOD, timeout=60).status_code


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        HEAD + b"Content-Length: 43\r\n\r\n" + GOOD + HEAD,  # the second request of a connection
    ],
    ids=["nothing", "headers", "body", "chunks", "second"],
)
def test_a_slow_client_is_told_so_and_cut_off(start, sent):
    running = start(request_timeout_s=1)
    with connect(running) as slow:
        slow.sendall(sent)
        began_s = time.monotonic()
        assert ask(running) == 200
        status, body = read_all(slow)
        assert time.monotonic() - began_s < 30
    if sent.endswith(HEAD) and len(sent) > len(HEAD):
        status, body = 408, body[body.index(b"408") :].partition(b"\r\n\r\n")[2]
    assert status == 408
    assert json.loads(body)["detail"] == "the request was not whole after 1 s"


def test_a_client_that_drips_is_cut_off_too(start):
    running = start(request_timeout_s=1)
    began_s = time.monotonic()
    with connect(running) as slow, pytest.raises(OSError):  # noqa: PT011, PT012, reset or broken pipe
        slow.sendall(HEAD)
        while time.monotonic() - began_s < 30:
            slow.sendall(b"X-Drip: 1\r\n")
            time.sleep(0.1)
    assert time.monotonic() - began_s < 30


def test_a_client_that_does_not_read_is_cut_off(start, passengers):
    running = start(request_timeout_s=1)
    body = json.dumps(passengers).encode()
    request = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.2)
        deaf.connect(("127.0.0.1", running.port))
        until_s = time.monotonic() + 60
        with pytest.raises(ConnectionError):  # noqa: PT012, the first or the hundredth
            while time.monotonic() < until_s:
                try:
                    deaf.sendall(request)
                except TimeoutError:
                    continue
    assert ask(running) == 200


def test_endless_headers_are_refused(service):
    with connect(service) as endless:
        endless.sendall(HEAD + b"X-Long: " + b"a" * 100_000)
        status, body = read_all(endless)
    assert status == 431
    assert json.loads(body)["detail"] == "the headers have more than 65,536 bytes: send fewer"


def test_what_is_not_http_is_refused(service):
    with connect(service) as confused:
        confused.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        status, body = read_all(confused)
    assert (status, json.loads(body)["detail"]) == (400, "this is not HTTP/1.1")
    assert service.wait_for("warning")["message"] == "Invalid HTTP request received."
    assert all(line.startswith('{"time"') for line in service.log.read_text().splitlines())


def test_one_connection_too_many_is_told_so_and_the_others_are_served(start):
    running = start(connections=3)
    with ExitStack() as stack:
        kept = [stack.enter_context(httpx.Client(base_url=running.url, timeout=60)) for _ in range(3)]
        assert [client.get("/healthz").status_code for client in kept] == [200, 200, 200]
        refused = httpx.post(f"{running.url}/predict", content=GOOD, timeout=60)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["detail"] == "too many connections: try again"
        assert [client.post("/predict", content=GOOD).status_code for client in kept] == [200, 200, 200]
    wait_until(lambda: ask(running) == 200)  # as soon as the server has seen that the others are closed


def test_a_full_queue_refuses_at_once_and_answers_what_it_has(start, passengers):
    running = start(queue_rows=1000, batch_delay_ms=1000)
    body = json.dumps(passengers[:600]).encode()
    request = HEAD + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with connect(running) as first, connect(running) as second:
        began_s = time.monotonic()
        first.sendall(request)
        until_s = began_s + 60
        while "lab3_waiting_rows 600.0" not in httpx.get(f"{running.url}/metrics", timeout=60).text:
            assert time.monotonic() < until_s
        second.sendall(request)
        status, refusal = read_all(second)
        refused_s = time.monotonic() - began_s
        accepted, answer = read_all(first)
        answered_s = time.monotonic() - began_s
    assert (status, json.loads(refusal)["detail"]) == (503, "too many passengers are waiting: try again")
    assert (accepted, len(json.loads(answer)["predictions"])) == (200, 600)
    assert refused_s < answered_s


def test_a_client_that_goes_away_costs_nobody_anything(service):
    for _ in range(20):
        with connect(service) as gone:
            gone.sendall(HEAD + b"Content-Length: 43\r\n\r\n" + GOOD[:20])
    with connect(service) as gone:
        gone.sendall(HEAD + b"Content-Length: 43\r\n\r\n" + GOOD)
    assert ask(service) == 200
    assert service.events("error") == []
