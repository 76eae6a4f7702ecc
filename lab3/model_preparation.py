"""Trains the model of survival on data/processed/train and saves it in model/.

    python lab3/model_preparation.py

model/ gets model.cbm, which cannot run code when it is loaded, and model.json, which describes it.
"""

from argparse import Namespace

import numpy as np
from catboost import CatBoostClassifier

from common import cbm_file
from common.files import read_json
from common.models import save_model
from common.stage import LabError, parser, run

from features import NAMES
from prepared import read_passengers

TREES = 50
DEPTH = 4
LEARNING_RATE = 0.15  # on 20 splits, log loss 0.428; the best of six mixtures has 0.427 with 100 trees


def fit_classifier(passengers: np.ndarray, survived: np.ndarray, seed: int) -> CatBoostClassifier:
    # One thread: several would add in another order, and the model's last digits would depend on the cores.
    model = CatBoostClassifier(
        iterations=TREES,
        depth=DEPTH,
        learning_rate=LEARNING_RATE,
        random_seed=seed,
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
    )
    return model.fit(passengers, survived)


def main(arguments: Namespace) -> None:
    processed = arguments.folder / "data" / "processed"
    description = read_json(processed / "features.json")
    train = processed / "train" / "passengers.csv"
    passengers, survived = read_passengers(train)
    if survived.min() == survived.max():
        raise LabError(f"'{train}' has passengers of one fate only (survived = {survived[0]}): add some")
    seed = description["data"]["seed"]
    model = fit_classifier(passengers, survived, seed)
    survival = survived.mean()
    women = passengers[:, NAMES.index("sex")] == 1
    save_model(
        model,
        arguments.folder / "model",
        cbm_file,
        metric={
            "name": "accuracy",
            "data": "train",
            "value": round(float((model.predict(passengers) == survived).mean()), 6),
            "baselines": {
                "always the more frequent answer": round(float(max(survival, 1 - survival)), 6),
                "women survive, men do not": round(float((women == survived).mean()), 6),
            },
        },
        features=description["features"],
        seed=seed,
    )


if __name__ == "__main__":
    run(main, parser(__doc__, __file__))
