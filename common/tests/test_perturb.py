"""The changes to data that an honest pipeline must react to."""

from pathlib import Path

import numpy as np
import pytest

from common.grading.perturb import break_relations, change_affinely, differ
from common.grading.tables import Table


def table(*columns: list[float]) -> Table:
    return Table(Path("a.csv"), np.array(columns, dtype=float).T)


def test_affine_change_leaves_classes_row_numbers_and_gaps():
    (changed,) = change_affinely([table([0.5, 1.5, np.nan], [0, 1, 1], [7, 8, 9])])
    np.testing.assert_array_equal(changed, [[11, 0, 7], [13, 1, 8], [np.nan, 1, 9]])


def test_affine_change_stays_finite():
    (changed,) = change_affinely([table([1e308, -1e308, 0.5])])
    assert changed.ravel().tolist() == [1e300, -1e300, 11]


def test_broken_relations_keep_each_columns_values():
    one = table(list(range(50)), [3.0 * i for i in range(50)])
    (broken,) = break_relations([one])
    assert np.sort(broken, axis=0).tolist() == one.numbers.tolist()
    assert (broken[:, 1] != 3 * broken[:, 0]).sum() > 40
    np.testing.assert_array_equal(break_relations([one])[0], broken)  # every time the same


def test_files_of_features_and_of_targets_are_broken_too():
    features, target = break_relations([table(list(range(50))), table(list(range(50)))])
    assert (features != target).sum() > 40


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ([1.0, 2.0], [1.0, 2.0], False),
        ([1.0, 2.0], [1.0, 2.0000001], False),
        ([1.0, 2.0], [1.0, 2.1], True),
        ([1.0, 2.0], [1.0, 2.0, 3.0], True),
        ([1.0, np.nan], [1.0, np.nan], False),
        ([1.0, np.nan], [np.nan, 1.0], True),
        ([0.0], [0.0], False),
        ([1e308], [-1e308], True),
    ],
)
def test_differ(one, other, answer):
    assert differ([table(one)], [table(other)]) is answer


def test_tables_less_or_more_differ():
    assert differ([], [table([1.0])])
    assert not differ([], [])


def test_tolerance_is_a_share_of_the_columns_size():
    assert not differ([table([1000.0])], [table([1009.0])], 0.01)
    assert differ([table([1000.0])], [table([1011.0])], 0.01)
