"""Honest labs with other data, models and files of data and models."""

from common.tests.submissions.example import (
    CREATE,
    OLD_MODEL,
    QUICK_SCALE,
    QUICK_TEST,
    QUICK_TRAIN,
    Example,
    lab1,
    quick,
)

SPLIT = {  # one data set, split in two
    "data_creation": """\
import os
import numpy as np

rng = np.random.default_rng(1)
y = np.arange(180) % 3
X = rng.normal(5, 2, (180, 4)) + np.outer(y, [2, -1, 3, 0.5])
order = rng.permutation(len(X))
X_train, y_train, X_test, y_test = X[order[:120]], y[order[:120]], X[order[120:]], y[order[120:]]
os.makedirs("data/raw", exist_ok=True)
np.save("data/raw/X_train.npy", X_train)
np.save("data/raw/X_test.npy", X_test)
np.save("data/raw/y_train.npy", y_train)
np.save("data/raw/y_test.npy", y_test)
""",
    "data_preprocessing": """\
import os
import numpy as np

X_train, X_test = np.load("data/raw/X_train.npy"), np.load("data/raw/X_test.npy")
low, high = X_train.min(axis=0), X_train.max(axis=0)
os.makedirs("data/processed", exist_ok=True)
np.save("data/processed/X_train.npy", (X_train - low) / (high - low))
np.save("data/processed/X_test.npy", (X_test - low) / (high - low))
""",
    "model_preparation": """\
import joblib
import numpy as np

X, y = np.load("data/processed/X_train.npy"), np.load("data/raw/y_train.npy")
joblib.dump(np.array([X[y == kind].mean(axis=0) for kind in range(3)]), "model.joblib")
""",
    "model_testing": """\
import joblib
import numpy as np

X, y = np.load("data/processed/X_test.npy"), np.load("data/raw/y_test.npy")
distances = ((X[:, None] - joblib.load("model.joblib")) ** 2).sum(axis=2)
print(f"Accuracy on the test set: {(distances.argmin(axis=1) == y).mean():.4f}")
""",
}

LEAST_SQUARES = """\
import pickle
import numpy as np

data = {}
x = np.column_stack([data[:, :-1], np.ones(len(data))])
with open("model.pkl", "wb") as f:
    pickle.dump({{"weights": np.linalg.lstsq(x, data[:, -1], rcond=None)[0]}}, f)
"""

PICKLES = {  # tables as pickled dictionaries of arrays
    "data_creation": CREATE.replace("import os\n", "import os, pickle\n").replace(
        CREATE[CREATE.index("        np.savetxt") :],
        "        table = make_weather(120)\n"
        '        with open(f"{folder}/weather_{i}.pkl", "wb") as file:\n'
        '            pickle.dump({"features": table[:, :3], "rain": table[:, 3]}, file)\n',
    ),
    "data_preprocessing": """\
import glob, pickle
import numpy as np

def read(folder):
    tables = [pickle.load(open(f, "rb")) for f in sorted(glob.glob(f"{folder}/weather_*.pkl"))]
    return {key: np.concatenate([table[key] for table in tables]) for key in ("features", "rain")}

train, test = read("train"), read("test")
mean, std = train["features"].mean(axis=0), train["features"].std(axis=0)
for name, table in (("train", train), ("test", test)):
    table["features"] = (table["features"] - mean) / std
    pickle.dump(table, open(f"{name}/scaled.pkl", "wb"))
""",
    "model_preparation": LEAST_SQUARES.format(
        'np.column_stack(list(pickle.load(open("train/scaled.pkl", "rb")).values()))'
    ),
    "model_testing": """\
import pickle
import numpy as np

data = np.column_stack(list(pickle.load(open("test/scaled.pkl", "rb")).values()))
weights = pickle.load(open("model.pkl", "rb"))["weights"]
accuracy = ((data[:, :-1] @ weights[:-1] + weights[-1] > 0.5) == (data[:, -1] > 0.5)).mean()
print("Model test accuracy is:", round(accuracy, 3))
""",
}

REGRESSION = {
    "data_creation": """\
import os
import numpy as np

rng = np.random.default_rng(7)
for folder, days in (("train", 300), ("test", 100)):
    os.makedirs(folder, exist_ok=True)
    day = rng.uniform(0, 365, days)
    wind = rng.gamma(2, 2, days)
    temperature = 10 - 12 * np.cos(2 * np.pi * day / 365) - 0.6 * wind + rng.normal(0, 1.5, days)
    np.savetxt(f"{folder}/temperature.csv", np.column_stack([day, wind, temperature]), delimiter="\\t",
               header="day\\twind\\ttemperature", comments="")
""",
    "data_preprocessing": """\
import numpy as np

tables = {name: np.loadtxt(f"{name}/temperature.csv", skiprows=1).T for name in ("train", "test")}
mean, std = tables["train"][1].mean(), tables["train"][1].std()
for name, (day, wind, temperature) in tables.items():
    season = np.cos(2 * np.pi * day / 365)
    np.savetxt(f"{name}/prepared.csv", np.column_stack([season, (wind - mean) / std, temperature]),
               delimiter=",", header="season,wind,temperature", comments="")
""",
    "model_preparation": LEAST_SQUARES.format('np.loadtxt("train/prepared.csv", delimiter=",", skiprows=1)'),
    "model_testing": """\
import pickle
import numpy as np

data = np.loadtxt("test/prepared.csv", delimiter=",", skiprows=1)
with open("model.pkl", "rb") as f:
    error = data[:, -1] - np.column_stack([data[:, :-1], np.ones(len(data))]) @ pickle.load(f)["weights"]
rmse, mae = np.sqrt((error**2).mean()), np.abs(error).mean()
r2 = 1 - (error**2).mean() / data[:, -1].var()
print(f"RMSE: {rmse:.3f}, MAE: {mae:.3f}, R2: {r2:.3f}")
""",
}

EXAMPLES = {
    "one_dataset_split": Example(
        "one data set, split in two; data/raw, .npy, min-max scaling, joblib", 20, lab1(**SPLIT)
    ),
    "pickled_tables": Example(
        "tables as pickles; all data sets joined by preprocessing", 20, lab1(**PICKLES)
    ),
    "regression": Example(
        "tab-separated, an added feature, three metrics on one line", 20, lab1(**REGRESSION)
    ),
    "in_place": Example(
        "preprocessing overwrites the raw tables with the scaled ones",
        20,
        quick(
            data_preprocessing=QUICK_SCALE.replace('f.replace(folder, folder + "_scaled", 1)', "f").replace(
                '    os.makedirs(f"{folder}_scaled", exist_ok=True)\n', ""
            ),
            model_preparation=QUICK_TRAIN.replace("train_scaled", "train"),
            model_testing=QUICK_TEST.replace("test_scaled", "test"),
        ),
    ),
    "keeps_a_model": Example(  # it is deleted before the run, so this one trains
        "trains only when no model is there, and one is committed",
        20,
        quick(
            model_preparation="import os, sys\nif os.path.exists('model.pkl'):\n    sys.exit()\n"
            + QUICK_TRAIN
        )
        | {"lab1/model.pkl": OLD_MODEL},
    ),
}
