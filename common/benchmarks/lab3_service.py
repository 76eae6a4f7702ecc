"""How fast lab3's service is: against a constant answer, the textbook, MLflow and LitServe, and on lists.

    python common/benchmarks/lab3_service.py [--rounds 5] [--seconds 3] [--litserve PYTHON]

All servers run at once, one process each where they can, and are asked in turn. LitServe is no dependency:
give the Python of an environment that has litserve, catboost and numpy. Needs wrk (Debian: apt-get install
wrk), else Python asks, which is slower than the servers: its ratios are too close to 1.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from common.benchmarks.lab3_servers import CONSTANT, LAB, LITSERVE, MLFLOW, TEXTBOOK, Server, serve
from common.benchmarks.load import Load, press
from common.benchmarks.timing import print_ratio

CONNECTIONS = (1, 16, 64)
LIST_ROWS = 1000
LIST_CONNECTIONS = 4
NAMES = ["class", "sex", "age_years", "siblings_spouses", "parents_children", "fare_pounds", "port"]
WORDS = {"female": 1.0, "male": 0.0, "S": 0.0, "C": 1.0, "Q": 2.0}

Loads = dict[tuple[str, int], list[Load]]
Costs = dict[tuple[str, int], list[float]]

# CatBoost's own predict, in rows a second, as quick as it can: one matrix that is there already.
CATBOOST = """
import json, sys, time
import numpy as np
from catboost import CatBoostClassifier
model = CatBoostClassifier().load_model(sys.argv[1] + "/model.cbm")
rows = np.array(json.load(sys.stdin), "float32")
rows = rows.tolist() if sys.argv[3] == "lists" else rows
until, count = time.perf_counter() + float(sys.argv[2]), 0
began = time.perf_counter()
while time.perf_counter() < until:
    model.predict_proba(rows)
    count += len(rows)
print(count / (time.perf_counter() - began))
"""


def make_passengers(count: int) -> list[list]:
    """Return passengers from all over the allowed ranges, in the order of NAMES."""
    return [
        [
            1 + index % 3,
            ("female", "male")[index // 3 % 2],
            index * 37 % 801 / 10,
            index % 5,
            index % 4,
            index * 91 % 5123 / 10,
            "SCQ"[index // 5 % 3],
        ]
        for index in range(count)
    ]


def to_numbers(passenger: list) -> list[float]:
    return [WORDS.get(value, value) for value in passenger]


def predict_alone(model: Path, seconds: int, kind: str) -> float:
    numbers = [to_numbers(one) for one in make_passengers(LIST_ROWS)]
    command = [sys.executable, "-c", CATBOOST, model, str(seconds), kind]
    return float(
        subprocess.run(command, input=json.dumps(numbers), capture_output=True, text=True, check=True).stdout
    )


def start_all(stack: ExitStack, model: Path, litserve: str | None) -> list[Server]:
    own = {"LAB3_PORT": "PORT", "LAB3_MODEL_FOLDER": str(model)}
    arguments = ["PORT", str(model), str(LAB)]
    python = [sys.executable, "-c"]
    ours = serve("ours", [sys.executable, str(LAB / "service.py")], "/predict", "/readyz", **own)
    servers = [
        ours,
        serve("constant", [*python, CONSTANT, *arguments], "/predict", "/readyz", **own),
        serve("textbook", [*python, TEXTBOOK, *arguments], "/predict", "/openapi.json"),
        serve("mlflow", [*python, MLFLOW, *arguments], "/invocations", "/ping"),
    ]
    if litserve:
        program = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "lit.py"
        program.write_text(LITSERVE)  # it starts workers, which import the program's file
        servers.append(serve("litserve", [litserve, str(program), *arguments], "/predict", "/health"))
    return [stack.enter_context(server) for server in servers]


def compare(servers: list[Server], rounds: int, seconds: int) -> tuple[Loads, Costs]:
    """Return loads, and processor time a request, by server and connections."""
    people = make_passengers(100)
    bodies = [json.dumps(dict(zip(NAMES, one, strict=True))) for one in people]
    frames = [
        json.dumps({"dataframe_split": {"columns": NAMES, "data": [to_numbers(one)]}}) for one in people
    ]
    loads: Loads = defaultdict(list)
    cpus_us: Costs = defaultdict(list)
    for number in range(rounds + 1):
        for connections in CONNECTIONS:
            for server in servers:
                sent = frames if server.name == "mlflow" else bodies
                pressed_s = seconds if number else 1
                before_s = server.measure_cpu_s()
                load = press(server.url, sent, connections, pressed_s)
                cpu_us = (server.measure_cpu_s() - before_s) / (load.requests_a_s * pressed_s) * 1e6
                if number:  # a first round warms all of them
                    loads[server.name, connections].append(load)
                    cpus_us[server.name, connections].append(cpu_us)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return loads, cpus_us


def print_loads(loads: Loads, cpus_us: Costs, servers: list[Server]) -> None:
    print(f"{'':<10}{'connections':>12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'MB':>7}")
    for server in servers:
        for connections in CONNECTIONS:
            found = loads[server.name, connections]
            middle = [
                statistics.median(getattr(one, field) for one in found)
                for field in ("requests_a_s", "p50_ms", "p99_ms")
            ]
            print(
                f"{server.name:<10}{connections:>12}{middle[0]:>12.0f}{middle[1]:>9.2f}{middle[2]:>9.2f}"
                f"{statistics.median(cpus_us[server.name, connections]):>9.0f}{server.measure_mb():>7.0f}"
            )


def print_ratios(loads: Loads, cpus_us: Costs, names: list[str]) -> None:
    def speeds(name: str, connections: int) -> list[float]:
        return [load.requests_a_s for load in loads[name, connections]]

    for connections, aim in ((1, "at least 0.70"), (16, "at least 0.85"), (64, "at least 0.85")):
        title = f"ours / constant answer, {connections} connections"
        print_ratio(title, speeds("ours", connections), speeds("constant", connections), aim)
    for connections in CONNECTIONS:  # what a busy machine does not change much
        costs_us = [cpus_us[name, connections] for name in ("constant", "ours")]
        print_ratio(f"the same by processor time, {connections} connections", *costs_us, "as above")
    aims = {"textbook": "at least 6", "mlflow": "at least 10", "litserve": "above 1"}
    for name in names:
        if name in aims:
            print_ratio(f"ours / {name}, 16 connections", speeds("ours", 16), speeds(name, 16), aims[name])
    for connections in CONNECTIONS:
        p99_ms = [[load.p99_ms for load in loads[name, connections]] for name in ("ours", "constant")]
        print_ratio(f"p99 of ours / of constant, {connections} connections", *p99_ms, "at most 2")


def compare_lists(ours: Server, model: Path, rounds: int, seconds: int) -> None:
    people = [dict(zip(NAMES, one, strict=True)) for one in make_passengers(LIST_ROWS)]
    rows_a_s: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        load = press(ours.url, [json.dumps(people)], LIST_CONNECTIONS, seconds)
        rows_a_s["ours"].append(load.requests_a_s * LIST_ROWS)
        for kind in ("matrix", "lists"):
            rows_a_s[kind].append(predict_alone(model, seconds, kind))
    for name, found in rows_a_s.items():
        print(f"{name:<10} {statistics.median(found):>12,.0f} rows/s")
    print_ratio("lists of 1,000: ours / CatBoost on a matrix", rows_a_s["ours"], rows_a_s["matrix"], "0.5")
    print_ratio("lists of 1,000: ours / CatBoost on lists", rows_a_s["ours"], rows_a_s["lists"], "0.5")


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5, help="counted rounds (default: 5)")
    options.add_argument("--seconds", type=int, default=3, help="of each measurement (default: 3)")
    options.add_argument("--litserve", metavar="PYTHON", help="a Python that has litserve and catboost")
    options.add_argument(
        "--model", type=Path, default=LAB / "model", metavar="DIR", help="made by lab3/pipeline.sh"
    )
    arguments = options.parse_args()
    with ExitStack() as everything:
        running = start_all(everything, arguments.model.resolve(), arguments.litserve)
        found, costs = compare(running, arguments.rounds, arguments.seconds)
        print_loads(found, costs, running)
        print_ratios(found, costs, [server.name for server in running])
        compare_lists(running[0], arguments.model.resolve(), arguments.rounds, arguments.seconds)
