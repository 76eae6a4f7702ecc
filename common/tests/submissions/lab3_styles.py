"""Lab 3 in the ways that students write it, which all work."""

from common.tests.submissions.lab3_parts import (
    BUILD,
    COMPOSE,
    FASTAPI,
    FLASK,
    MODEL,
    MODEL_CODE,
    RUN_STREAMLIT,
    TRAIN,
    Example,
    dockerfile,
    fastapi,
    flask,
    lab3,
    streamlit,
)

HTTP_SERVER = """\
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from model import Model

model = Model()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path != "/predict":
            return self.answer(404, {"error": "no such path"})
        try:
            data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            price = model.predict([float(data["area"]), float(data["rooms"]), float(data["floor"])])
        except (KeyError, TypeError, ValueError) as error:
            return self.answer(400, {"error": str(error)})
        self.answer(200, {"price": price})

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


HTTPServer(("", 8080), Handler).serve_forever()
"""

FORM = """\
from flask import Flask, render_template_string, request
from model import Model

app = Flask(__name__)
PAGE = '''<h1>Flats</h1><form method="post" action="/predict">
<input name="area" value="50"><input name="rooms"><input name="floor"><button>OK</button></form>
<p>{{ answer }}</p>'''


@app.route("/")
def index():
    return render_template_string(PAGE, answer="")


@app.route("/predict", methods=["POST"])
def predict():
    try:
        row = [float(request.form[name]) for name in ("area", "rooms", "floor")]
    except ValueError:
        return render_template_string(PAGE, answer="Invalid input: numbers, please")
    return render_template_string(PAGE, answer=f"It costs {Model().predict(row):.1f}")


app.run(host="0.0.0.0", port=5000)
"""

QUERY = """\
from fastapi import FastAPI
from model import Model

app = FastAPI()


@app.get("/predict")
def predict(area: float, rooms: int = 2, floor: int = 3):
    return {"price": Model().predict([area, rooms, floor])}
"""

FEATURES = """\
import pickle
import numpy as np
from flask import Flask, jsonify, request
from sklearn.linear_model import LogisticRegression

X = np.random.default_rng(0).normal(3, 2, (150, 4))
model = LogisticRegression().fit(X, (X[:, 2] > 3).astype(int))
app = Flask(__name__)


@app.route("/predict", methods=["POST"])
def predict():
    try:
        features = np.array(request.json["features"], dtype=float).reshape(1, -1)
        return jsonify({"class": int(model.predict(features)[0])})
    except Exception as error:
        return jsonify({"message": str(error)}), 400


app.run("0.0.0.0", 5000)
"""

PAGE_OF_API = """\
import os
import httpx
import streamlit as st

API = os.environ["API_URL"]
st.title("Flats")
st.caption(httpx.get(f"{API}/health").json()["status"])
area = st.number_input("area", 20.0, 150.0, 50.0)
if st.button("Predict"):
    answer = httpx.post(f"{API}/predict", json={"area": area, "rooms": 2, "floor": 3})
    st.metric("price", answer.json()["price"])
"""

WITH_PAGE = """\
version: "3.8"
services:
  api:
    build: ./api
    ports: ["8000:8000"]
  page:
    build:
      context: ./page
    environment:
      - API_URL=http://api:8000
    ports: ["8501:8501"]
    depends_on: [api]
"""

WORKFLOW = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: docker build -t anna/flats:${{ github.sha }} lab3/api
"""

STAGES = """\
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.txt .
RUN python -m venv /opt/venv && /opt/venv/bin/pip install -r requirements.txt

FROM python:3.11-slim
ENV PATH="/opt/venv/bin:$PATH" PYTHONUNBUFFERED=1
RUN useradd --uid 10001 app
COPY --from=build /opt/venv /opt/venv
WORKDIR /home/app/service
COPY --chown=app main.py model.py model.json ./
USER app
EXPOSE 8000
HEALTHCHECK CMD curl -f http://localhost:8000/health
CMD ["/opt/venv/bin/uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
"""

TRAINED_IN_BUILD = """\
# what the image does
FROM python:3.9-slim-buster
COPY . /usr/src/app
WORKDIR /usr/src/app
RUN apt-get update && apt-get install -y gcc
RUN pip install -r requirements.txt && python train.py
ENTRYPOINT ["python"]
CMD ["-m", "uvicorn", "main:app", "--host=0.0.0.0", "--port=8000"]
"""

EXAMPLES = {
    "fastapi": Example("what the assignment describes: FastAPI, uvicorn, compose, a tag", 20, fastapi()),
    "flask": Example("Flask's own server; no compose file, no tag", 18, flask()),
    "gunicorn": Example("behind gunicorn", 18, flask(command="gunicorn -b 0.0.0.0:5000 app:app")),
    "streamlit": Example("a page alone", 20, streamlit()),
    "http_server": Example(
        "Python's own server, without any library",
        18,
        lab3(
            {
                "server.py": HTTP_SERVER,
                "model.py": MODEL_CODE,
                "model.json": MODEL,
                "Dockerfile": "FROM python:3.12-alpine\nADD . /srv\nWORKDIR /srv\nEXPOSE 8080\n"
                "CMD python server.py\n",
            }
        ),
    ),
    "form": Example("a page of HTML with a form", 18, flask(FORM)),
    "query": Example("GET with a query, some of it with defaults", 20, fastapi(main=QUERY)),
    "features": Example(
        "a list of features, of which only the model knows how many",
        18,
        flask(FEATURES) | lab3({"requirements.txt": "flask\nnumpy\nscikit-learn\n"}),
    ),
    "shell_form": Example(
        "uvicorn in the shell's form, on port 80 from ENV",
        20,
        fastapi(
            Dockerfile="FROM python:3.10\nENV PORT=80\nWORKDIR /code\n"
            "COPY ./requirements.txt /code/requirements.txt\n"
            "RUN pip install --no-cache-dir --upgrade -r /code/requirements.txt\nCOPY . /code\nEXPOSE $PORT\n"
            "CMD uvicorn main:app --host 0.0.0.0 --port $PORT\n",
            compose=COMPOSE.format(port=80),
        ),
    ),
    "trains_at_start": Example(
        "the model is trained when the service starts",
        20,
        fastapi(main="import train\n" + FASTAPI, **{"model.json": None}),
    ),
    "trains_in_build": Example(
        "the model is trained by RUN; the port is named by compose alone",
        20,
        fastapi(Dockerfile=TRAINED_IN_BUILD, **{"model.json": None}),
    ),
    "stages": Example("two stages, a user of its own, only what it needs", 20, fastapi(Dockerfile=STAGES)),
    "page_and_api": Example(
        "a page that asks an API, in two images",
        20,
        lab3(
            {
                "main.py": FASTAPI,
                "model.py": MODEL_CODE,
                "model.json": MODEL,
                "train.py": TRAIN,
                "requirements.txt": "fastapi\nuvicorn\nnumpy\n",
                "Dockerfile": dockerfile(8000, "uvicorn main:app --host 0.0.0.0"),
            },
            "lab3/api",
        )
        | lab3(
            {
                "app.py": PAGE_OF_API,
                "requirements.txt": "streamlit\nhttpx\n",
                "Dockerfile": dockerfile(8501, RUN_STREAMLIT),
            },
            "lab3/page",
        )
        | {"lab3/docker-compose.yml": WITH_PAGE, ".github/workflows/image.yml": WORKFLOW},
    ),
    "forgotten_model": Example(
        "model.json is not handed in, and train.py makes it", 20, fastapi(**{"model.json": None})
    ),
    "lower_case": Example(
        "dockerfile in small letters; the image is built by a script of the root",
        20,
        {name.replace("Dockerfile", "dockerfile"): content for name, content in fastapi(build=None).items()}
        | {"build.sh": BUILD.replace(" .\n", " lab3\n")},
    ),
    "text_file": Example(
        "Dockerfile.txt, with an empty template beside it",
        18,
        {name.replace("Dockerfile", "Dockerfile.txt"): content for name, content in flask(FLASK).items()}
        | {"lab3/dockerfile": "# FROM ...\n"},
    ),
    "mounted": Example(
        "compose mounts the model, and gives the command",
        20,
        fastapi(
            Dockerfile=dockerfile(8000, '["python"]'),
            compose="services:\n  app:\n    build: .\n"
            "    command: uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}\n"
            "    ports: ['8000:8000']\n    volumes:\n      - ./model.json:/app/model.json:ro\n",
            **{".dockerignore": "*.json\n", "train.py": None},
        ),
    ),
}
