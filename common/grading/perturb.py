"""The changes to a submission's data that an honest pipeline must react to. Same data, same change."""

import numpy as np

from common.grading.tables import Table

SEED = 20
SLOPE = 2.0  # of the affine change: a scaler that has seen the changed data takes it out again
SHIFT = 10.0  # one for all tables: files that are scaled together are changed together


def change_affinely(tables: list[Table]) -> bool:
    """Stretch and shift all measured columns alike, classes stay; False when there is nothing to change."""
    measured = [table for table in tables if table.measured.any()]
    for table in measured:
        numbers = table.numbers.copy()
        numbers[:, table.measured] = SLOPE * numbers[:, table.measured] + SHIFT
        table.write(numbers)
    return bool(measured)


def break_relations(tables: list[Table]) -> bool:
    """Put each column of each table in another order, so that nothing in a row belongs together.

    Values and their frequencies stay. False when no table has two rows that differ.
    """
    generator = np.random.default_rng(SEED)
    changed = False
    for table in tables:
        numbers = table.numbers.copy()
        for column in range(numbers.shape[1]):
            numbers[:, column] = generator.permutation(numbers[:, column])
        if not np.array_equal(numbers, table.numbers, equal_nan=True):
            table.write(numbers)
            changed = True
    return changed


def differ(one: list[Table], other: list[Table], tolerance: float = 1e-6) -> bool:
    """Whether two lists of tables hold other numbers, by more than `tolerance` of a column's size."""
    if [table.numbers.shape for table in one] != [table.numbers.shape for table in other]:
        return True
    for first, second in zip(one, other, strict=True):
        a, b = first.numbers, second.numbers
        size = np.maximum(np.nanmax(np.abs(np.nan_to_num(a)), axis=0), 1e-12)
        if not np.array_equal(np.isnan(a), np.isnan(b)):
            return True
        if (np.abs(np.nan_to_num(a) - np.nan_to_num(b)) > tolerance * size).any():
            return True
    return False
