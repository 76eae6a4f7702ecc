"""Probabilities of survival from packed rows: CatBoost on one thread, without building a Pool each time.

CatBoost keeps a float32 array in column order as it is instead of copying it. So a Pool is made once over a
buffer of ours, and predicting means writing rows into the buffer: half the time of predict_proba on an
array. Nothing promises that it stays so: it is tried out when a model is loaded, and where it does not hold
a Pool is made for each batch.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from catboost import Pool

from common.stage import LabError

from features import FEATURES
from passenger import ROW

SIZES = (1, 16, 64, 256, 1024)  # rows of the buffers; a batch takes the first that it fits in
LABELS = [0, 1]  # died, survived
SURVIVED = 1  # the column of predict_proba


@dataclass(frozen=True)
class Slot:
    rows: int
    buffer: np.ndarray  # (rows, features), column order
    pool: Pool


class Predictor:
    """One model's predictions. Not for several threads: the buffers are shared."""

    def __init__(self, model: Any) -> None:
        self._model = model
        if len(model.feature_names_) != len(FEATURES) or list(model.classes_) != LABELS:
            raise LabError("the model is not a classifier of survival from these features: train it again")
        slots = [_make_slot(rows) for rows in SIZES]
        self._slots = slots if all(self._is_live(slot) for slot in slots) else []

    def predict(self, rows: bytes) -> list[float]:
        """Return the probability of survival of each packed row, up to the largest of SIZES at once."""
        count = len(rows) // ROW.size
        passengers = np.frombuffer(rows, np.float32).reshape(count, len(FEATURES))
        for slot in self._slots:
            if count <= slot.rows:
                slot.buffer[:count] = passengers
                return self._probabilities(slot.pool)[:count].tolist()
        return self._probabilities(passengers).tolist()

    def explain(self, row: bytes) -> tuple[float, list[float]]:
        """Return the base value and each feature's SHAP value, in log-odds; their sum is the prediction."""
        passenger = np.frombuffer(row, np.float32).reshape(1, len(FEATURES))
        *contributions, base = self._model.get_feature_importance(
            Pool(passenger, thread_count=1), type="ShapValues", thread_count=1
        )[0].tolist()
        return base, contributions

    def _probabilities(self, passengers: Any) -> np.ndarray:
        # One thread: starting others takes longer than a batch.
        return self._model.predict_proba(passengers, thread_count=1)[:, SURVIVED]

    def _is_live(self, slot: Slot) -> bool:
        """Say whether a Pool sees what is written to its buffer, by rows on which predictions differ."""
        rng = np.random.default_rng(0)
        lowest, highest = ([feature[end] for feature in FEATURES] for end in ("lowest", "highest"))
        slot.buffer[:] = rng.uniform(lowest, highest, slot.buffer.shape)
        expected = self._probabilities(slot.buffer.copy(order="C"))
        before = self._probabilities(slot.pool)
        slot.buffer[:] = np.roll(slot.buffer, 1, axis=0) if slot.rows > 1 else lowest
        moved = self._probabilities(slot.buffer.copy(order="C"))
        return bool((expected == before).all() and (moved == self._probabilities(slot.pool)).all())


def _make_slot(rows: int) -> Slot:
    buffer = np.zeros((rows, len(FEATURES)), np.float32, order="F")
    return Slot(rows, buffer, Pool(buffer[:], thread_count=1))  # a view: the Pool makes its array read-only
