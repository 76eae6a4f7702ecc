"""The servers that lab 3's service is compared with: each a program, as its users would write it.

Every program gets the port, the folder of the model and the folder of lab 3 as its arguments.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / "lab3"
START_S = 120.0

# Our service, but for the batcher and the model: everything else around the same validated body.
CONSTANT = """
import sys
sys.path.insert(0, sys.argv[3])
import routes
from passenger import ROW
async def ask(batcher, rows):
    return [0.25] * (len(rows) // ROW.size), "constant"
routes.ask = ask
del sys.argv[1:]
import service
sys.exit(service.main())
"""

TEXTBOOK = """
import sys
import pandas as pd
import uvicorn
from catboost import CatBoostClassifier
from fastapi import FastAPI
from pydantic import BaseModel, Field
from typing import Literal
model = CatBoostClassifier().load_model(sys.argv[2] + "/model.cbm")
app = FastAPI()
class Passenger(BaseModel):
    pclass: Literal[1, 2, 3] = Field(alias="class")
    sex: Literal["female", "male"]
    age_years: float | None = Field(None, ge=0, le=120)
    siblings_spouses: int = Field(0, ge=0, le=20)
    parents_children: int = Field(0, ge=0, le=20)
    fare_pounds: float = Field(ge=0, le=1000)
    port: Literal["S", "C", "Q"] | None = None
@app.post("/predict")
def predict(passenger: Passenger):
    frame = pd.DataFrame([passenger.model_dump()])
    frame["sex"] = frame["sex"].map({"male": 0.0, "female": 1.0})
    frame["port"] = frame["port"].map({"S": 0.0, "C": 1.0, "Q": 2.0})
    probability = model.predict_proba(frame.astype("float32"))[0, 1]
    return {"probability": float(probability), "label": "survived" if probability > 0.5 else "died"}
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
"""

MLFLOW = """
import os, sys, tempfile
import mlflow.catboost
from catboost import CatBoostClassifier
folder = tempfile.mkdtemp() + "/model"
model = CatBoostClassifier().load_model(sys.argv[2] + "/model.cbm")
mlflow.catboost.save_model(model, folder, pip_requirements=["catboost"])
os.execv(sys.executable, [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", folder,
    "--env-manager", "local", "--host", "127.0.0.1", "--port", sys.argv[1], "--workers", "1"])
"""

LITSERVE = """
import sys
import litserve
import numpy as np
from catboost import CatBoostClassifier
SEXES, PORTS = {"male": 0.0, "female": 1.0}, {"S": 0.0, "C": 1.0, "Q": 2.0, None: float("nan")}
class Survival(litserve.LitAPI):
    def setup(self, device):
        self.model = CatBoostClassifier().load_model(sys.argv[2] + "/model.cbm")
    def decode_request(self, request):
        age = float("nan") if request["age_years"] is None else request["age_years"]
        return [request["class"], SEXES[request["sex"]], age, request["siblings_spouses"],
            request["parents_children"], request["fare_pounds"], PORTS[request["port"]]]
    def predict(self, rows):
        return self.model.predict_proba(np.array(rows, "float32"), thread_count=1)[:, 1]
    def encode_response(self, probability):
        return {"probability": float(probability), "label": "survived" if probability > 0.5 else "died"}
if __name__ == "__main__":
    api = Survival(max_batch_size=64, batch_timeout=0.001)
    litserve.LitServer(api, accelerator="cpu").run(host="127.0.0.1", port=int(sys.argv[1]),
        generate_client_file=False, log_level="warning")
"""


@dataclass(frozen=True)
class Server:
    name: str
    url: str
    process: subprocess.Popen

    def measure_mb(self) -> float:
        """Return the memory of the process and all below it, what they share counted once."""
        total_kb = 0
        for pid in list_tree(self.process.pid):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total_kb += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total_kb / 1024

    def measure_cpu_s(self) -> float:
        """Return the processor time so far of the process and all below it."""
        ticks = 0
        for pid in list_tree(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # user and system
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serve(name: str, command: list[str], path: str, ready: str, **environment: str) -> Iterator[Server]:
    """Run `command PORT …` until the block ends; it is there when it answers `ready`."""
    with socket.create_server(("127.0.0.1", 0)) as some:
        port = some.getsockname()[1]
    command = [word.replace("PORT", str(port)) for word in command]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ
        | {"PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"}  # where mlflow looks for uvicorn
        | {key: value.replace("PORT", str(port)) for key, value in environment.items()},
        start_new_session=True,
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}{ready}", name, process)
        yield Server(name, f"http://127.0.0.1:{port}{path}", process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(url: str, name: str, process: subprocess.Popen) -> None:
    until_s = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until_s:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310, loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"{name} did not start")


def list_tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in list_tree(int(child)))]
