"""Images and containers for a real engine: honest ones, broken ones, and what tries to get out of it."""

from common.tests.submissions.lab3_parts import MODEL, MODEL_CODE, Example, lab3
from common.tests.submissions.lab3_styles import HTTP_SERVER

DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /srv
COPY . .
{run}EXPOSE 8080
CMD {command}
"""
SERVE = '["python", "server.py"]'
BOMB = "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(9)\n"
# How many processes it can have: they wait, and end with their parent.
COUNT = """\
import os, time
for count in range(5000):
    try:
        if not os.fork():
            time.sleep(100)
            os._exit(0)
    except OSError:
        raise SystemExit(f"had {count}")
"""
COMPOSE = """\
services:
  flats:
    build: .
    ports: ["8080:8080"]
    privileged: true
    network_mode: host
    pid: host
    cap_add: [ALL]
    devices: ["/dev/kmsg:/dev/kmsg"]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - /:/host
      - ../../..:/above
"""
# What it was given of what it asked for; its last words if that is anything.
SPY = """\
import os, socket
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
route = [line.split() for line in open("/proc/net/route")][1:]
gateways = {".".join(str(int(r[2][i : i + 2], 16)) for i in (6, 4, 2, 0)) for r in route} - {"0.0.0.0"}
found = [p for p in ("/var/run/docker.sock", "/host", "/above", "/dev/kmsg") if os.path.exists(p)]
found += [int(status["CapEff"], 16), int(status["CapBnd"], 16), int(status["NoNewPrivs"]) - 1]
found.append(open("/proc/1/cmdline", "rb").read() != open("/proc/self/cmdline", "rb").read())
for host in (*gateways, "127.0.0.1", "1.1.1.1"):
    try:
        found.append(socket.create_connection((host, @PORT@ if host != "1.1.1.1" else 53), 2).getpeername())
    except OSError:
        pass
if any(found):
    raise SystemExit(f"spied: {found}")
"""
REACH = """\
import socket
for host in ("127.0.0.1", "172.17.0.1", "@HOST@"):
    try:
        socket.create_connection((host, @PORT@), 2)
    except OSError:
        continue
    raise SystemExit(f"reached {host}")
"""
MODERN = """\
# syntax=docker/dockerfile:1.7
FROM python:3.11-slim AS unused
RUN false
FROM python:3.11-slim
WORKDIR /srv
COPY --link --chmod=755 server.py start.sh ./
COPY model.py .
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,source=model.json,target=/tmp/m.json <<EOF
set -e
cp /tmp/m.json /srv/model.json
EOF
COPY <<EOF settings.ini
port = 8080
EOF
RUN grep -q 8080 settings.ini
EXPOSE 8080
CMD ["./start.sh"]
"""


def served(run: str = "", command: str = SERVE, **files: str) -> dict[str, str | bytes]:
    """Return a service of Python's own library alone, with another step or command."""
    files = {name.replace("_", "."): content for name, content in files.items()}
    dockerfile = DOCKERFILE.format(run=run and f"RUN {run}\n", command=command)
    own = {"server.py": HTTP_SERVER, "model.py": MODEL_CODE, "model.json": MODEL, "Dockerfile": dockerfile}
    return lab3(own | files)


def examples(host: str, port: int) -> dict[str, Example]:
    """Return what is graded, on a machine with this address where somebody listens on all at `port`."""
    reach, spy = (source.replace("@PORT@", str(port)).replace("@HOST@", host) for source in (REACH, SPY))
    # Code 3, Dockerfile 3, starts 5, answers 5, bad input 2; no compose file and no tag.
    return {
        "honest": Example("Python's own server: no network is needed", 18, served()),
        "modern": Example("what only newer builders know", 18, {**served(Dockerfile=MODERN), **START}),
        "failing_step": Example(
            "RUN fails", 5, served("python -c \"print('no weights today'); raise SystemExit(3)\"")
        ),
        "exits": Example("CMD ends at once", 6, served(command="python -c \"raise SystemExit('no luck')\"")),
        "silent": Example("CMD never listens", 6, served(command="sleep 1000")),
        "installs": Example("RUN pip install needs the network", 6, served("pip install flask")),
        "no_base": Example(
            "a base that cannot be pulled",
            6,
            served(Dockerfile="FROM 127.0.0.1:9/nobody:1\nCOPY . .\nEXPOSE 8080\nCMD python server.py\n"),
        ),
        "reaches": Example(
            "RUN looks for this machine and for the network", 18, served("python reach.py", reach_py=reach)
        ),
        "spies": Example(  # compose 1
            "asks for the engine's socket, all rights and the host's network",
            19,
            served(server_py=spy + HTTP_SERVER) | lab3({"compose.yaml": COMPOSE}),
        ),
        "forks_in_step": Example("a fork bomb in RUN", 5, served("python bomb.py", bomb_py=BOMB)),
        "forks": Example("a fork bomb as CMD", 6, served(command="python bomb.py", bomb_py=BOMB)),
        "counts_in_step": Example(
            "RUN has all the processes it can", 5, served("python count.py", count_py=COUNT)
        ),
        "floods_in_step": Example("endless output of RUN", 5, served("yes")),
        "floods": Example("endless output of CMD", 6, served(command="yes")),
        "grows": Example("CMD takes all memory", 6, served(command="python -c \"x = 'x' * 2 * 10**9\"")),
    }


START = lab3({"start.sh": "#!/bin/sh\nexec python server.py\n"})
