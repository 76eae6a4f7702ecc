"""The changes to a submission's data that an honest pipeline must react to. Same data, same change."""

from collections.abc import Sequence

import numpy as np

from common.grading.tables import Table

SEED = 20
SLOPE = 2.0  # of the affine change: a scaler that has seen the changed data takes it out again
SHIFT = 10.0  # one for all tables: files that are scaled together are changed together
LARGEST = 1e300  # an infinite number is no number to whoever reads it


def change_affinely(tables: Sequence[Table]) -> list[np.ndarray]:
    """Return the numbers with all measured columns stretched and shifted alike; classes stay."""
    changed = []
    for table in tables:
        numbers, measured = table.numbers.copy(), table.measured
        with np.errstate(over="ignore"):
            numbers[:, measured] = np.clip(SLOPE * numbers[:, measured] + SHIFT, -LARGEST, LARGEST)
        changed.append(numbers)
    return changed


def break_relations(tables: Sequence[Table]) -> list[np.ndarray]:
    """Return each table with each column in another order, so that nothing in a row belongs together.

    Values and their frequencies stay.
    """
    generator = np.random.default_rng(SEED)
    return [generator.permuted(table.numbers, axis=0) for table in tables]


def differ(one: Sequence[Table], other: Sequence[Table], tolerance: float = 1e-6) -> bool:
    """Whether two lists of tables hold other numbers, by more than `tolerance` of a column's size."""
    if [table.numbers.shape for table in one] != [table.numbers.shape for table in other]:
        return True
    return any(_differ(a.numbers, b.numbers, tolerance) for a, b in zip(one, other, strict=True))


def _differ(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    if not np.array_equal(np.isnan(one), np.isnan(other)):
        return True
    one, other = np.nan_to_num(one), np.nan_to_num(other)
    with np.errstate(over="ignore"):
        size = np.maximum(np.abs(one).max(axis=0), 1e-12)
        return bool((np.abs(one - other) > tolerance * size).any())
