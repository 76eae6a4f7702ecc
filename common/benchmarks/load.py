"""Load on an HTTP server: wrk where it is installed, else a generator in Python, which is slower itself."""

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
LUA = """
local bodies = {%s}
local requests, turn = {}, 0
function init()
    wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
    for number, body in ipairs(bodies) do requests[number] = wrk.format(nil, nil, nil, body) end
end
function request()
    turn = turn %% #requests + 1
    return requests[turn]
end
"""


@dataclass(frozen=True)
class Load:
    requests_a_s: float
    p50_ms: float
    p99_ms: float


def press(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    """POST the bodies in turn over this many connections; an answer that is not 200 ends the benchmark."""
    if shutil.which("wrk"):
        return _press_with_wrk(url, bodies, connections, seconds)
    return asyncio.run(_press_with_python(url, bodies, connections, seconds))


def _press_with_wrk(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bodies.lua"
        script.write_text(LUA % ", ".join(json.dumps(body) for body in bodies))
        said = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", script, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url} fails under load:\n{said}")
    p50_ms, p99_ms = (_read_ms(said, percent) for percent in (50, 99))
    return Load(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), p50_ms, p99_ms)


def _read_ms(said: str, percent: int) -> float:
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(number) * UNITS_MS[unit]


async def _press_with_python(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    host, port, path = re.fullmatch(r"http://([\d.]+):(\d+)(/.*)", url).groups()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [f"{head}{len(body)}\r\n\r\n{body}".encode() for body in bodies]
    took_ms: list[float] = []
    began_s = time.perf_counter()

    async def ask(turn: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() - began_s < seconds:
            sent_s = time.perf_counter()
            writer.write(requests[turn % len(requests)])
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"{url} fails under load:\n{answer.decode()}")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)[1]))
            took_ms.append((time.perf_counter() - sent_s) * 1000)
            turn += connections
        writer.close()

    await asyncio.gather(*map(ask, range(connections)))
    hundredths = statistics.quantiles(took_ms, n=100)
    return Load(len(took_ms) / (time.perf_counter() - began_s), hundredths[49], hundredths[98])
