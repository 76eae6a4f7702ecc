"""The two classifiers of the experiments, which columns each one can use, and how each one is saved."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
from catboost import CatBoostClassifier
from sklearn.linear_model import LogisticRegression

from common import cbm_file, skops_file

DIGITS = 6  # of coefficients: what BLAS, processor and numpy's version change comes after the twelfth

# numpy is not the same on every Python (see requirements.txt), and the description is in dvc.lock: it names
# only what the numbers depend on once they are rounded.
FORMATS = {
    "logistic": SimpleNamespace(
        SUFFIX=skops_file.SUFFIX,
        LIBRARIES=("scikit-learn", "skops"),
        dump=skops_file.dump,
        load=skops_file.load,
    ),
    "catboost": SimpleNamespace(
        SUFFIX=cbm_file.SUFFIX, LIBRARIES=("catboost",), dump=cbm_file.dump, load=cbm_file.load
    ),
}


def usable_columns(kind: str, features: list[dict]) -> list[dict]:
    """Return the columns a classifier can use: the linear one needs numbers, and all of them.

    That is what versions 2 and 3 are for. CatBoost reads text and gaps as they are.
    """
    if kind == "catboost":
        return features
    return [column for column in features if column["type"] != "str" and not column["missing"]]


def new_classifier(kind: str, settings: dict, seed: int) -> Any:
    if kind == "catboost":
        return CatBoostClassifier(
            iterations=settings["trees"],
            depth=settings["depth"],
            learning_rate=settings["rate"],
            random_seed=seed,
            thread_count=1,  # the order of sums, and so the last digits, depend on the number of threads
            allow_writing_files=False,
            verbose=False,
        )
    return LogisticRegression(C=settings["strength"], solver="newton-cholesky")


def fit(classifier: Any, table: pd.DataFrame, target: pd.Series) -> Any:
    if isinstance(classifier, CatBoostClassifier):
        return classifier.fit(table, target, cat_features=list(table.select_dtypes("str")))
    classifier.fit(table, target)
    classifier.coef_ = classifier.coef_.round(DIGITS)
    classifier.intercept_ = classifier.intercept_.round(DIGITS)
    return classifier
