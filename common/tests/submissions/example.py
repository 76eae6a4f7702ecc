"""A lab1 as a student might hand it in: its files, what it stands for, and the points it deserves."""

import pickle
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    stands_for: str
    points: int  # of 20, by lab1's rubric
    files: dict[str, str | bytes]  # path: content
    folder: str | None = "lab1"  # where find_lab must find it; "." is the root, None not submitted

    def write(self, root: Path) -> Path:
        root.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root


def lab1(folder: str = "lab1", **changes: str | bytes) -> dict[str, str | bytes]:
    """Return the textbook's files with some replaced: data_creation=..., pipeline=..."""
    stages = {
        "data_creation": CREATE,
        "data_preprocessing": SCALE,
        "model_preparation": TRAIN,
        "model_testing": TEST,
    }
    files = {f"{name}.py": changes.get(name, source) for name, source in stages.items()}
    files["pipeline.sh"] = changes.get("pipeline", PIPELINE)
    return {name if folder == "." else f"{folder}/{name}": content for name, content in files.items()}


PIPELINE = """\
#!/bin/bash
set -e
cd "$(dirname "$0")"
python3 data_creation.py
python3 data_preprocessing.py
python3 model_preparation.py
python3 model_testing.py
"""

CREATE = """\
import os
import numpy as np

rng = np.random.default_rng(42)


def make_weather(days):
    temperature = rng.normal(15, 8, days)
    humidity = rng.uniform(30, 100, days)
    pressure = rng.normal(1013, 9, days)
    wet = 0.08 * (humidity - 65) - 0.12 * (pressure - 1013) - 0.05 * (temperature - 15)
    rain = (wet + rng.normal(0, 0.5, days) > 0).astype(int)
    return np.column_stack([temperature, humidity, pressure, rain])


for folder, count in (("train", 3), ("test", 2)):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        np.savetxt(f"{folder}/weather_{i}.csv", make_weather(120), delimiter=",", fmt="%.5f",
                   header="temperature,humidity,pressure,rain", comments="")
"""

SCALE = """\
import glob
import os
import numpy as np
from sklearn.preprocessing import StandardScaler


def read(f):
    return np.loadtxt(f, delimiter=",", skiprows=1)


scaler = StandardScaler().fit(np.vstack([read(f)[:, :3] for f in sorted(glob.glob("train/*.csv"))]))

for folder in ("train", "test"):
    os.makedirs(f"{folder}_scaled", exist_ok=True)
    for f in sorted(glob.glob(f"{folder}/*.csv")):
        data = read(f)
        data[:, :3] = scaler.transform(data[:, :3])
        np.savetxt(f"{folder}_scaled/{os.path.basename(f)}", data, delimiter=",", fmt="%.5f",
                   header="temperature,humidity,pressure,rain", comments="")
"""

TRAIN = """\
import glob
import pickle
import numpy as np
from sklearn.linear_model import LogisticRegression

data = np.vstack([np.loadtxt(f, delimiter=",", skiprows=1) for f in sorted(glob.glob("train_scaled/*.csv"))])
model = LogisticRegression().fit(data[:, :-1], data[:, -1])
with open("model.pkl", "wb") as f:
    pickle.dump(model, f)
"""

TEST = """\
import glob
import pickle
import numpy as np

data = np.vstack([np.loadtxt(f, delimiter=",", skiprows=1) for f in sorted(glob.glob("test_scaled/*.csv"))])
with open("model.pkl", "rb") as f:
    model = pickle.load(f)
accuracy = (model.predict(data[:, :-1]) == data[:, -1]).mean()
print(f"Model test accuracy is: {accuracy:.3f}")
"""

# The same lab without numpy, for the examples in which the model is not the point: an interpreter starts ten
# times as fast, and a grading starts twenty.
QUICK_CREATE = """\
import csv, os, random

rng = random.Random(42)

def make_weather(days):
    for _ in range(days):
        temperature, humidity, pressure = rng.gauss(15, 8), rng.uniform(30, 100), rng.gauss(1013, 9)
        wet = 0.08 * (humidity - 65) - 0.12 * (pressure - 1013) - 0.05 * (temperature - 15)
        rain = int(wet + rng.gauss(0, 0.5) > 0)
        yield [round(temperature, 5), round(humidity, 5), round(pressure, 5), rain]

for folder, count in (("train", 3), ("test", 2)):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(f"{folder}/weather_{i}.csv", "w") as file:
            csv.writer(file).writerows([["temperature", "humidity", "pressure", "rain"], *make_weather(120)])
"""

QUICK_SCALE = """\
import csv, glob, os

def read(f):
    return [[float(cell) for cell in row] for row in list(csv.reader(open(f)))[1:]]

def measure(files):
    columns = list(zip(*(row[:-1] for f in files for row in read(f))))
    means = [sum(column) / len(column) for column in columns]
    squares = (sum((x - mean) ** 2 for x in column) / len(column) for column, mean in zip(columns, means))
    return means, [square ** 0.5 for square in squares]

means, stds = measure(glob.glob("train/*.csv"))
for folder in ("train", "test"):
    os.makedirs(f"{folder}_scaled", exist_ok=True)
    for f in glob.glob(f"{folder}/*.csv"):
        rows = [[*((x - mean) / std for x, mean, std in zip(row, means, stds)), row[-1]] for row in read(f)]
        target = f.replace(folder, folder + "_scaled", 1)
        csv.writer(open(target, "w")).writerows([["t", "h", "p", "rain"], *rows])
"""

READ = """\
data = []
for f in sorted(glob.glob("train_scaled/*.csv")):
    data += [[float(cell) for cell in row] for row in list(csv.reader(open(f)))[1:]]
"""

QUICK_TRAIN = f"""\
import csv, glob, pickle

{READ}\
wet, dry = ([row[:-1] for row in data if row[-1] == kind] for kind in (1, 0))
centres = [[sum(column) / len(rows) for column in zip(*rows)] for rows in (wet, dry)]
weights = [one - other for one, other in zip(*centres)]
weights.append(-sum(weight * (one + other) / 2 for weight, one, other in zip(weights, *centres)))
pickle.dump({{"weights": weights}}, open("model.pkl", "wb"))
"""

QUICK_TEST = f"""\
import csv, glob, pickle

{READ.replace("train_scaled", "test_scaled")}\
weights = pickle.load(open("model.pkl", "rb"))["weights"]
right = [(sum(w * x for w, x in zip(weights, [*row[:-1], 1])) > 0) == (row[-1] > 0.5) for row in data]
accuracy = sum(right) / len(right)
print("Model test accuracy is:", round(accuracy, 3))
"""

# What QUICK_TRAIN saved on its author's machine.
OLD_MODEL = pickle.dumps({"weights": [0.1, 1.2, -1.3, 0.0]})


def quick(folder: str = "lab1", **changes: str | bytes) -> dict[str, str | bytes]:
    """Return the same lab with the standard library alone: a tenth of a second."""
    stages = {
        "data_creation": QUICK_CREATE,
        "data_preprocessing": QUICK_SCALE,
        "model_preparation": QUICK_TRAIN,
        "model_testing": QUICK_TEST,
    }
    return lab1(folder, **(stages | changes))
