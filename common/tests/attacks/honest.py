"""A small honest lab1, on which the attacks on the rubric are built: full marks as it is.

The standard library alone: without numpy an interpreter starts ten times as fast, and a grading starts
twenty. An attack is this submission with some files replaced or added.
"""

CREATION = """
from pathlib import Path
import csv, random

FOLDER = Path(__file__).parent / "data"
COLUMNS = ["temperature", "humidity", "rain"]
draw = random.Random(7)
for name, rows in (("train", 400), ("test", 200)):
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    with open(FOLDER / name / "raw.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for _ in range(rows):
            temperature, humidity = draw.gauss(15, 8), draw.gauss(60, 15)
            rain = temperature - 0.5 * humidity + draw.gauss(0, 2) < -15
            table.writerow([f"{temperature:.4f}", f"{humidity:.4f}", int(rain)])
"""

PREPROCESSING = """
from pathlib import Path
import csv, math

FOLDER = Path(__file__).parent / "data"
tables = {}
for name in ("train", "test"):
    with open(FOLDER / name / "raw.csv", newline="") as file:
        COLUMNS, *rows = csv.reader(file)
    tables[name] = [[float(cell) for cell in row] for row in rows]
train = tables["train"]
scales = []
for column in zip(*train):
    mean = math.fsum(column) / len(train)
    scales.append((mean, math.dist(column, [mean] * len(train)) / len(train) ** 0.5))
for name, table in tables.items():
    with open(FOLDER / name / "scaled.csv", "w", newline="") as file:
        scaled = csv.writer(file)
        scaled.writerow(COLUMNS)
        for *features, rain in table:
            values = [f"{(x - mean) / deviation:.6f}" for x, (mean, deviation) in zip(features, scales)]
            scaled.writerow([*values, int(rain)])
"""

PREPARATION = """
from pathlib import Path
import csv, math, pickle

HERE = Path(__file__).parent
with open(HERE / "data/train/scaled.csv", newline="") as file:
    train = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
wet, dry = ([row[:-1] for row in train if row[-1] == kind] for kind in (1, 0))
centres = [[math.fsum(column) / len(rows) for column in zip(*rows)] for rows in (wet, dry)]
weights = [wet - dry for wet, dry in zip(*centres)]
weights.append(-sum(weight * (wet + dry) / 2 for weight, wet, dry in zip(weights, *centres)))
with open(HERE / "model.pkl", "wb") as file:
    pickle.dump(weights, file)
"""

TESTING = """
from pathlib import Path
import csv, pickle

HERE = Path(__file__).parent
with open(HERE / "model.pkl", "rb") as file:
    weights = pickle.load(file)
with open(HERE / "data/test/scaled.csv", newline="") as file:
    test = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
right = sum((sum(map(float.__mul__, weights, [*row[:-1], 1.0])) > 0) == (row[-1] > 0.5) for row in test)
accuracy = right / len(test)
print(f"Model test accuracy is: {accuracy:.3f}")
"""

PIPELINE = """#!/bin/bash
set -e
cd "$(dirname "$0")"
python data_creation.py
python data_preprocessing.py
python model_preparation.py
python model_testing.py
"""

HONEST = {
    "lab1/data_creation.py": CREATION,
    "lab1/data_preprocessing.py": PREPROCESSING,
    "lab1/model_preparation.py": PREPARATION,
    "lab1/model_testing.py": TESTING,
    "lab1/pipeline.sh": PIPELINE,
}
