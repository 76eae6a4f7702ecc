"""Probabilities of survival from packed rows, the same bits however many come together.

A few rows go through leaves.py. More go to CatBoost, on one thread, through a Pool that is made once:
CatBoost keeps a float32 array in column order as it is instead of copying it, so predicting means writing
rows into the buffer below the Pool, in half the time of predict_proba on an array.
Nothing promises either. Both are tried out against CatBoost's own answers when a model is loaded, and where
one of them differs by a bit, it is not used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from catboost import Pool

from common.stage import LabError

from features import FEATURES
from leaves import Leaves
from passenger import ROW, UNKNOWN

FEW = 8  # rows: as many by leaves.py take as long as a batch by CatBoost
FEW_REQUESTS = 16  # these, each by leaves.py, take as long as waiting for each other and CatBoost
SIZES = (16, 64, 256, 1024)  # rows of the buffers; a batch takes the first that it fits in
LABELS = [0, 1]  # died, survived
SURVIVED = 1  # the column of predict_proba
TRIAL_ROWS = 2 * SIZES[-1]


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
        self._leaves: Leaves | None = None
        self._slots: list[Slot] = []
        trial = draw_rows(TRIAL_ROWS)
        expected = self._probabilities(trial).tolist()
        self._leaves = self._try_leaves(trial, expected)
        self._slots = [slot for slot in map(make_slot, SIZES) if self._is_right(slot, trial, expected)]
        self.few = FEW_REQUESTS if self._leaves else 1  # requests that are better predicted one by one
        self.shortcuts = [f"{slot.rows} rows" for slot in self._slots] + ["leaves"] * bool(self._leaves)

    def predict(self, rows: bytes) -> list[float]:
        """Return the probability of survival of each packed row, up to the largest of SIZES at once."""
        count = len(rows) // ROW.size
        if self._leaves and count <= FEW:
            return [self._leaves.predict(row) for row in ROW.iter_unpack(rows)]
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

    def _try_leaves(self, trial: np.ndarray, expected: list[float]) -> Leaves | None:
        try:
            leaves = Leaves(self._model)
            return leaves if [leaves.predict(tuple(row)) for row in trial.tolist()] == expected else None
        except (ValueError, KeyError, OSError, AttributeError, ArithmeticError):
            return None  # another kind of model, or a system without files in memory

    def _is_right(self, slot: Slot, trial: np.ndarray, expected: list[float]) -> bool:
        """Say whether a Pool sees what is written to its buffer, again and again."""
        for begin in (0, slot.rows):
            slot.buffer[:] = trial[begin : begin + slot.rows]
            if self._probabilities(slot.pool).tolist() != expected[begin : begin + slot.rows]:
                return False
        return True


def make_slot(rows: int) -> Slot:
    buffer = np.zeros((rows, len(FEATURES)), np.float32, order="F")
    return Slot(rows, buffer, Pool(buffer[:], thread_count=1))  # a view: the Pool makes its array read-only


def draw_rows(count: int) -> np.ndarray:
    """Return rows from the whole of the allowed ranges, whole numbers and fractions, some unknown."""
    rng = np.random.default_rng(0)
    lowest, highest = ([feature[end] for feature in FEATURES] for end in ("lowest", "highest"))
    rows = rng.uniform(lowest, highest, (count, len(FEATURES)))
    rows[::2] = rows[::2].round()
    rows[rng.random(rows.shape) < 0.1] = UNKNOWN
    return rows.astype(np.float32)
