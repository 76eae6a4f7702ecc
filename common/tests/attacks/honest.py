"""A small honest lab1, on which the attacks on the rubric are built: full marks as it is.

Numpy alone, so that the suite stays quick. An attack is this submission with some files replaced or added.
"""

CREATION = """
from pathlib import Path
import numpy as np

FOLDER = Path(__file__).parent / "data"
COLUMNS = "temperature,humidity,rain"
generator = np.random.default_rng(7)
for name, rows in (("train", 400), ("test", 200)):
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    temperature, humidity = generator.normal(15, 8, rows), generator.normal(60, 15, rows)
    rain = temperature - 0.5 * humidity + generator.normal(0, 2, rows) < -15
    table = np.column_stack([temperature, humidity, rain])
    np.savetxt(FOLDER / name / "raw.csv", table, "%.4f", ",", header=COLUMNS, comments="")
"""

PREPROCESSING = """
from pathlib import Path
import numpy as np

FOLDER = Path(__file__).parent / "data"
COLUMNS = "temperature,humidity,rain"
tables = {}
for name in ("train", "test"):
    tables[name] = np.loadtxt(FOLDER / name / "raw.csv", delimiter=",", skiprows=1)
train = tables["train"][:, :-1]
mean, deviation = train.mean(axis=0), train.std(axis=0)
for name, table in tables.items():
    table[:, :-1] = (table[:, :-1] - mean) / deviation
    np.savetxt(FOLDER / name / "scaled.csv", table, "%.6f", ",", header=COLUMNS, comments="")
"""

PREPARATION = """
from pathlib import Path
import pickle
import numpy as np

HERE = Path(__file__).parent
train = np.loadtxt(HERE / "data/train/scaled.csv", delimiter=",", skiprows=1)
features = np.column_stack([train[:, :-1], np.ones(len(train))])
weights, *_ = np.linalg.lstsq(features, 2 * train[:, -1] - 1, rcond=None)
with open(HERE / "model.pkl", "wb") as file:
    pickle.dump(weights, file)
"""

TESTING = """
from pathlib import Path
import pickle
import numpy as np

HERE = Path(__file__).parent
with open(HERE / "model.pkl", "rb") as file:
    weights = pickle.load(file)
test = np.loadtxt(HERE / "data/test/scaled.csv", delimiter=",", skiprows=1)
features = np.column_stack([test[:, :-1], np.ones(len(test))])
accuracy = ((features @ weights > 0) == (test[:, -1] > 0.5)).mean()
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
