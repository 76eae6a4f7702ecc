"""What the examples of lab 3 are made of: a small model, its services, and the files around them."""

import json

from common.tests.submissions.example import Example

# price of a flat: area, rooms, floor
MODEL = json.dumps({"weights": [2.0, 5.0, 0.5], "bias": 10.0})

TRAIN = """\
import json
import numpy as np

rng = np.random.default_rng(1)
X = rng.uniform([20, 1, 1], [150, 5, 20], (200, 3))
y = X @ [2.0, 5.0, 0.5] + 10 + rng.normal(0, 1, 200)
weights = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0]
with open("model.json", "w") as f:
    json.dump({"weights": weights[:3].tolist(), "bias": weights[3]}, f)
"""

MODEL_CODE = """\
import json


class Model:
    def __init__(self, path="model.json"):
        with open(path) as f:
            self.__dict__.update(json.load(f))

    def predict(self, row):
        return self.bias + sum(w * x for w, x in zip(self.weights, row))
"""

FASTAPI = """\
from fastapi import FastAPI
from pydantic import BaseModel, Field
from model import Model

app = FastAPI(title="Flats")
model = Model()


class Flat(BaseModel):
    area: float = Field(gt=0, le=500)
    rooms: int = Field(ge=1, le=10)
    floor: int


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(flat: Flat):
    return {"price": round(model.predict([flat.area, flat.rooms, flat.floor]), 2)}
"""

FLASK = """\
from flask import Flask, jsonify, request
from model import Model

app = Flask(__name__)
model = Model()


@app.route("/predict", methods=["POST"])
def predict():
    data = request.get_json()
    try:
        row = [float(data["area"]), float(data["rooms"]), float(data["floor"])]
    except (KeyError, TypeError, ValueError) as error:
        return jsonify({"error": f"wrong input: {error}"}), 400
    return jsonify({"price": model.predict(row)})


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
"""

STREAMLIT = """\
import streamlit as st
from model import Model

st.title("What does a flat cost?")
area = st.slider("Area, m2", 20, 150, 50)
rooms = st.number_input("Rooms", 1, 10, 2)
if st.button("Predict"):
    st.success(f"{Model().predict([area, rooms, 3]):.1f}")
"""

DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
EXPOSE {port}
CMD {command}
"""

COMPOSE = """\
services:
  app:
    build: .
    ports:
      - "{port}:{port}"
"""

BUILD = """\
#!/bin/bash
set -e
TAG=$(git rev-parse --short HEAD)
docker build -t flats:$TAG .
"""

UVICORN = '["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]'
RUN_STREAMLIT = '["streamlit", "run", "app.py", "--server.port=8501", "--server.address=0.0.0.0"]'


def lab3(files: dict[str, str | bytes], folder: str = "lab3") -> dict[str, str | bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def dockerfile(port: int, command: str) -> str:
    return DOCKERFILE.format(port=port, command=command)


def fastapi(**changes: str | bytes | None) -> dict[str, str | bytes]:
    """Return the textbook's files with some replaced, added, or taken away: main=..., Dockerfile=None."""
    files: dict[str, str | bytes | None] = {
        "main.py": FASTAPI,
        "model.py": MODEL_CODE,
        "train.py": TRAIN,
        "model.json": MODEL,
        "requirements.txt": "fastapi\nuvicorn\nnumpy\n",
        "Dockerfile": dockerfile(8000, UVICORN),
        "docker-compose.yml": COMPOSE.format(port=8000),
        "build.sh": BUILD,
    }
    names = {
        "main": "main.py",
        "requirements": "requirements.txt",
        "compose": "docker-compose.yml",
        "build": "build.sh",
    }
    files |= {names.get(name, name): content for name, content in changes.items()}
    return lab3({name: content for name, content in files.items() if content is not None})


def flask(source: str = FLASK, command: str = '["python", "app.py"]') -> dict[str, str | bytes]:
    """Return Flask's lab: no compose file, no script that builds it."""
    return lab3(
        {
            "app.py": source,
            "model.py": MODEL_CODE,
            "model.json": MODEL,
            "requirements.txt": "flask==2.0.1\ngunicorn\n",
            "Dockerfile": dockerfile(5000, command),
        }
    )


def streamlit(source: str = STREAMLIT) -> dict[str, str | bytes]:
    """Return a page alone, with everything."""
    return lab3(
        {
            "app.py": source,
            "model.py": MODEL_CODE,
            "model.json": MODEL,
            "requirements.txt": "streamlit\n",
            "Dockerfile": dockerfile(8501, RUN_STREAMLIT),
            "docker-compose.yml": 'version: "3.9"\n' + COMPOSE.format(port=8501),
            "README.md": "```\ndocker build -t anna/flats .\ndocker push anna/flats\n```\n",
        }
    )


__all__ = ["Example", "dockerfile", "fastapi", "flask", "lab3", "streamlit"]
