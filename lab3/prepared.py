"""Prepared passengers, read and checked: features as the model takes them, and who survived."""

from pathlib import Path

import numpy as np

from common.files import read_table, refuse_missing

from features import MAY_BE_UNKNOWN, NAMES


def read_passengers(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features, float32 of shape (passengers, features), and survived, int8 of shape (passengers,)."""
    table = read_table(path, dict.fromkeys(NAMES, "float32") | {"survived": "int8"})
    refuse_missing(table.drop(columns=list(MAY_BE_UNKNOWN)), path)
    return table[NAMES].to_numpy(), table["survived"].to_numpy()
