"""CatBoost models as .cbm bytes: no pickle, and the same model gives the same bytes."""

import tempfile
from pathlib import Path
from typing import Any

import catboost

from common.stage import LabError

SUFFIX = ".cbm"
LIBRARIES = ("catboost", "numpy")
CHANGING = ("model_guid", "train_finish_time")  # a random number and the clock


def dump(model: Any) -> bytes:
    metadata = model.get_metadata()
    for name in CHANGING:
        metadata[name] = ""
    metadata["class"] = type(model).__name__
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.cbm"
        model.save_model(str(file), format="cbm")
        return file.read_bytes()


def load(content: bytes) -> Any:
    try:
        model = catboost.CatBoost().load_model(blob=content)
    except catboost.CatBoostError as error:
        raise LabError(f"the model is not a CatBoost model ({error}): train it again") from error
    if model.get_metadata().get("class") == "CatBoostClassifier":
        return catboost.CatBoostClassifier().load_model(blob=content)
    return catboost.CatBoostRegressor().load_model(blob=content)
