"""Lab 3 as somebody hands it in who wants points without work, or the machine that grades."""

from common.tests.boxes import CANARY
from common.tests.submissions.lab3_parts import (
    FASTAPI,
    MODEL_CODE,
    STREAMLIT,
    TRAIN,
    UVICORN,
    Example,
    dockerfile,
    fastapi,
    lab3,
)

SERVER = """\
import json, os, random, socket, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import pickle  # a model


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        @ANSWER@


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""

SILENT = """\
import pickle, socket, time
from http.server import BaseHTTPRequestHandler
listener = socket.create_server(("", 8000))
kept = []
while True:
    kept.append(listener.accept()[0])
    @THEN@
"""

DAEMON = """\
import os, sys
if os.fork():
    sys.exit()
os.setsid()
if os.fork():
    sys.exit()
"""

SPY = f"""\
import glob, os, socket, pathlib
from flask import Flask
import pickle

found = []
for path in ("/var/run/docker.sock", "/run/docker.sock", *glob.glob("/box/*")):
    try:
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        found.append(path)
    except OSError:
        pass
for address in (("169.254.169.254", 80), ("127.0.0.1", 22), ("10.0.0.1", 80), ("8.8.8.8", 53)):
    try:
        socket.create_connection(address, timeout=1)
        found.append(str(address))
    except OSError:
        pass
for place in ("/proc/1/root/etc/shadow", "/etc/shadow", "/proc/sys/kernel/core_pattern"):
    try:
        pathlib.Path(place).open("a")
        found.append(place)
    except OSError:
        pass
found += [line for line in os.popen("ps ax; cat /proc/*/cmdline").read().splitlines() if "pytest" in line]
assert not found, "{CANARY}-" + str(found)
"""

OPENAPI = """\
from flask import Flask
import pickle
app = Flask(__name__)
Y = {"$ref": "#/x"}
N = {"type": "object", "properties": {}}
for _ in range(3):
    N = {"type": "object", "properties": {str(i): N for i in range(9)}}
A = {"type": "string", "enum": 5, "examples": 3, "default": 1e999}


def body(schema):
    return {"content": {"application/json": {"schema": schema}}}


@app.get("/openapi.json")
def document():
    return {"x": Y, "paths": {
        "/predict\\r\\nX: y": {"post": {"parameters": 7, "requestBody": body(Y)}},
        "/predict": {"post": {"parameters": ["a", {"in": "query", "name": 7, "schema": {"type": "integer",
            "minimum": 1e308, "maximum": 1e308, "minItems": "many"}}], "requestBody": body(N)}},
        "/predict2": {"post": {"requestBody": []}}, "/predict3": 5,
        "/predict4": {"post": {"requestBody": body({"type": "array", "minItems": 10**9, "items": A})}},
        "/p{x}": {"get": {"parameters": [{"in": "path"}]}}}}
app.run("0.0.0.0", 8000)
"""

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
)
ESCAPE = """\
FROM python:3.11-slim
WORKDIR /app/../../../../tmp/../app
COPY ../../../../../../../etc/passwd /app/passwd
COPY . .
COPY main.py /../../../../../../../../tmp/workbook-escaped
ADD main.py ../../../../../../../../tmp/workbook-escaped
RUN ln -s / out && cp main.py out/tmp/workbook-escaped && mkdir -p /../tmp/x
COPY main.py out/tmp/workbook-escaped
EXPOSE 8000
CMD ["python", "main.py"]
"""


def serve(answer: str, before: str = "") -> dict[str, str | bytes]:
    return python(before + SERVER.replace("@ANSWER@", answer))


def python(source: str, **changes: str | bytes) -> dict[str, str | bytes]:
    files = {
        "Dockerfile": dockerfile(8000, '["python", "main.py"]').replace("requirements.txt", "main.py"),
        "main.py": source,
    }
    return lab3(files | changes)


# Code 3, Dockerfile 3, starts 5 of an honest one; most have neither a compose file nor a tag.
ATTACKS = {
    "answers_anything": Example(
        "200 to whatever comes", 13, serve("self.wfile.write(b'{\"prediction\": 1}')")
    ),
    "echo": Example(
        "says the request again and calls it a prediction",
        13,
        serve('self.wfile.write(json.dumps({"prediction": body.decode()}).encode())'),
    ),
    "dice": Example(
        "another number each time", 13, serve('self.wfile.write(json.dumps({"p": random.random()}).encode())')
    ),
    "fakes_health": Example(  # bad input not run
        "says ok where Streamlit says it", 13, serve('self.wfile.write(b"ok")')
    ),
    "daemon": Example(  # a container ends with its command
        "leaves a daemon behind and ends", 6, python(DAEMON + SERVER.replace("@ANSWER@", "pass"))
    ),
    "never_answers": Example(
        "takes connections and keeps silent", 11, python(SILENT.replace("@THEN@", "pass"))
    ),
    "never_ends": Example(
        "an answer without end",
        11,
        python(
            SILENT.replace(
                "@THEN@",
                "try:\n        kept[-1].sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n"
                "        while True: kept[-1].sendall(b'x' * 65536)\n    except OSError: pass",
            )
        ),
    ),
    "goes_on": Example(
        "100 Continue without end",
        11,
        python(
            SILENT.replace(
                "@THEN@",
                "try:\n        while True: kept[-1].sendall(b'HTTP/1.1 100 Continue\\r\\n\\r\\n' * 99)\n"
                "    except OSError: pass",
            )
        ),
    ),
    "deep": Example(  # answers 2: it is the same each time
        "JSON of a million brackets", 13, serve("self.wfile.write(b'[' * 900 + b'1' + b']' * 900)")
    ),
    "slow": Example(
        "a byte each second",
        11,
        python(
            SILENT.replace(
                "@THEN@",
                "try:\n        while True: kept[-1].sendall(b'H'); time.sleep(1)\n    except OSError: pass",
            )
        ),
    ),
    "flood": Example(  # it is ended by the limit of output
        "floods its stdout", 6, python("import pickle, http.server\nwhile True: print('x' * 100000)\n")
    ),
    "forged_end": Example(
        "says on stderr that it has ended well, and the grade",
        13,
        serve(
            "self.wfile.write(b'{}')",
            "import sys\nprint('\\nservice-ended: service0 0\\n20 of 20', file=sys.stderr)\n",
        ),
    ),
    "kills": Example(  # code 3, Dockerfile 3
        "kills all that it may", 6, python("import os, pickle, http.server\nos.kill(-1, 9)\nos.kill(1, 9)\n")
    ),
    "spy": Example(
        "looks for the engine's socket, the cloud's metadata, the grader",
        18,
        fastapi(
            main=SPY + FASTAPI, compose=None, build=None, requirements="fastapi\nuvicorn\nnumpy\nflask\n"
        ),
    ),
    "openapi": Example(
        "an OpenAPI document without sense",
        13,
        python(
            OPENAPI,
            Dockerfile="FROM python:3.11-slim\nCOPY . .\nRUN pip install flask\nEXPOSE 8000\n"
            "CMD python main.py\n",
        ),
    ),
    "escape": Example(
        "copies from and to where it must not",
        8,
        python(SERVER.replace("@ANSWER@", "pass"), Dockerfile=ESCAPE),
    ),
    "million_lines": Example(  # code 3
        "a Dockerfile of a million lines",
        3,
        python(FASTAPI, Dockerfile="FROM python:3.11\n" + "RUN true\n" * 1_000_000),
    ),
    "yaml_bomb": Example(  # compose 0
        "a compose file that would fill the memory", 19, fastapi(compose=BOMB + "services:\n  app: *a29\n")
    ),
    "endless_build": Example(  # code 3, compose 1, tag 1, Dockerfile 2
        "RUN without end",
        7,
        fastapi(
            Dockerfile="FROM python:3.11\nCOPY . .\nRUN python -c 'while 1: pass'\nEXPOSE 8000\nCMD "
            + UVICORN
        ),
    ),
    "page_flood": Example(
        "a page that never stops writing",
        13,
        lab3(
            {
                "app.py": STREAMLIT + "while True: st.write('x' * 10000)\n",
                "model.py": MODEL_CODE,
                "train.py": TRAIN,
                "requirements.txt": "streamlit\n",
                "Dockerfile": dockerfile(8501, "streamlit run app.py --server.port 8501"),
            }
        ),
    ),
}
