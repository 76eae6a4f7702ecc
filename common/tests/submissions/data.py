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

WINE_CREATE = """\
import os
import numpy as np
from sklearn.datasets import load_wine

X, y = load_wine(return_X_y=True)
order = np.random.default_rng(1).permutation(len(X))
X_train, y_train, X_test, y_test = X[order[:120]], y[order[:120]], X[order[120:]], y[order[120:]]
os.makedirs("data/raw", exist_ok=True)
np.save("data/raw/X_train.npy", X_train)
np.save("data/raw/X_test.npy", X_test)
np.save("data/raw/y_train.npy", y_train)
np.save("data/raw/y_test.npy", y_test)
"""

WINE_SCALE = """\
import os
import numpy as np

X_train, X_test = np.load("data/raw/X_train.npy"), np.load("data/raw/X_test.npy")
low, high = X_train.min(axis=0), X_train.max(axis=0)
os.makedirs("data/processed", exist_ok=True)
np.save("data/processed/X_train.npy", (X_train - low) / (high - low))
np.save("data/processed/X_test.npy", (X_test - low) / (high - low))
"""

WINE_TRAIN = """\
import joblib
import numpy as np
from sklearn.naive_bayes import GaussianNB

model = GaussianNB().fit(np.load("data/processed/X_train.npy"), np.load("data/raw/y_train.npy"))
joblib.dump(model, "model.joblib")
"""

WINE_TEST = """\
import joblib
import numpy as np

model = joblib.load("model.joblib")
score = model.score(np.load("data/processed/X_test.npy"), np.load("data/raw/y_test.npy"))
print(f"Accuracy on the test set: {score:.4f}")
"""

FRAMES = {  # tables as pickles of pandas
    "data_creation": CREATE.replace("import numpy as np", "import numpy as np\nimport pandas as pd").replace(
        CREATE[CREATE.index("        np.savetxt") :],
        '        columns = ["temperature", "humidity", "pressure", "rain"]\n'
        "        pd.DataFrame(make_weather(120), columns=columns).to_pickle(f'{folder}/weather_{i}.pkl')\n",
    ),
    "data_preprocessing": """\
import glob
import pandas as pd

features = ["temperature", "humidity", "pressure"]
train = pd.concat([pd.read_pickle(f) for f in sorted(glob.glob("train/weather_*.pkl"))])
test = pd.concat([pd.read_pickle(f) for f in sorted(glob.glob("test/weather_*.pkl"))])
mean, std = train[features].mean(), train[features].std()
for name, df in (("train", train), ("test", test)):
    df[features] = (df[features] - mean) / std
    df.to_pickle(f"{name}/scaled.pkl")
""",
    "model_preparation": QUICK_TRAIN.replace(
        "import numpy as np", "import numpy as np\nimport pandas as pd"
    ).replace(
        QUICK_TRAIN[QUICK_TRAIN.index("data =") : QUICK_TRAIN.index("x =")],
        'data = pd.read_pickle("train/scaled.pkl").to_numpy()\n',
    ),
    "model_testing": QUICK_TEST.replace(
        "import numpy as np", "import numpy as np\nimport pandas as pd"
    ).replace(
        QUICK_TEST[QUICK_TEST.index("data =") : QUICK_TEST.index("x =")],
        'data = pd.read_pickle("test/scaled.pkl").to_numpy()\n',
    ),
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
import pandas as pd

train, test = pd.read_csv("train/temperature.csv", sep="\\t"), pd.read_csv("test/temperature.csv", sep="\\t")
mean, std = train["wind"].mean(), train["wind"].std()
for name, df in (("train", train), ("test", test)):
    df["wind"] = (df["wind"] - mean) / std
    df["season"] = np.cos(2 * np.pi * df["day"] / 365)
    df[["season", "wind", "temperature"]].to_csv(f"{name}/prepared.csv", index=False)
""",
    "model_preparation": QUICK_TRAIN.replace("train_scaled/*.csv", "train/prepared.csv"),
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
        "a data set of scikit-learn, split in two; data/raw, .npy, min-max scaling, joblib",
        20,
        lab1(
            data_creation=WINE_CREATE,
            data_preprocessing=WINE_SCALE,
            model_preparation=WINE_TRAIN,
            model_testing=WINE_TEST,
        ),
    ),
    "pickled_tables": Example("tables as pickles; all data sets joined by preprocessing", 20, lab1(**FRAMES)),
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
