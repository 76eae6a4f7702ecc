"""Tables of a submission as numbers: what is read, what is refused, and what is written back."""

import pickle

import numpy as np
import pandas as pd
import pytest

from common.grading.boxed_tables import read_boxed, write_boxed
from common.grading.tables import LARGEST_BYTES, read_table
from common.tests.boxes import make_box

NAN = np.nan


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("a,b\n1,2.5\n3,4\n", [[1, 2.5], [3, 4]]),
        ("a;b\n1;2.5\n", [[1, 2.5]]),
        ("a\tb\n1\t2.5\n", [[1, 2.5]]),
        ("a~b\n1~2.5\n", [[1, 2.5]]),
        ("a|b\n1|2.5\n", [[1, 2.5]]),
        ("1.5 2.5\n3.5 4.5\n", [[1.5, 2.5], [3.5, 4.5]]),
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("7\n8\n", [[7], [8]]),
        ("day,name,x\n2024-01-01,Ann,1\n2024-01-02,Bob,2\n", [[1], [2]]),
        ("a,b\n1,\n,nan\n3,inf\n", [[1, NAN], [NAN, NAN], [3, NAN]]),
        ("\ufeffa,b\r\n1,2\r\n", [[1, 2]]),
        ('a,b\n"1","2.5"\n', [[1, 2.5]]),
        ("a,b\n\n1,2\n\n", [[1, 2]]),
    ],
)
def test_text_is_read(tmp_path, content, numbers):
    (tmp_path / "a.csv").write_bytes(content.encode())
    table = read_table(tmp_path / "a.csv")
    if np.isnan(numbers).all(axis=0).any():  # a column without a number is none
        numbers = np.array(numbers)[:, [0]]
    np.testing.assert_array_equal(table.numbers, numbers)


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        (b"a,b\n1,2.5\n3,4\n", b"a,b\n2,5.0\n6,8.0\n"),
        (b"1;2\n3;4\n", b"2;4\n6;8\n"),
        (b"1.5 2.5\n", b"3.0 5.0\n"),
        (b"day,x\nMonday,1\nTuesday,\n", b"day,x\nMonday,2\nTuesday,\n"),
        (b'"a, b",c\n1,2\n', b'"a, b",c\n2,4\n'),
        (b"\xef\xbb\xbfa,b\n1,2\n", b"\xef\xbb\xbfa,b\n2,4\n"),
        (
            b"\xe3\xee\xf0\xee\xe4,b\n\xcf\xe5\xf0\xec\xfc,2\n",
            b"\xe3\xee\xf0\xee\xe4,b\n\xcf\xe5\xf0\xec\xfc,4\n",
        ),
    ],
)
def test_text_is_written_back_in_its_form(tmp_path, content, changed):
    (tmp_path / "a.csv").write_bytes(content)
    table = read_table(tmp_path / "a.csv")
    table.write(2 * table.numbers)
    assert (tmp_path / "a.csv").read_bytes() == changed


@pytest.mark.parametrize(
    ("array", "numbers"),
    [
        (np.array([1.5, 2.5]), [[1.5], [2.5]]),
        (np.array([[1, 2], [3, 4]], dtype="i4"), [[1, 2], [3, 4]]),
        (np.arange(8, dtype="f4").reshape(2, 2, 2), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (np.array([True, False]), [[1], [0]]),
        (np.array([[1.0, np.inf]]), [[1, NAN]]),
        (np.array(5.0), [[5]]),
        (np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]), [[1, 2], [3, 4]]),
    ],
)
def test_array_is_read(tmp_path, array, numbers):
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read_table(tmp_path / "a.npy").numbers, numbers)


def test_array_keeps_its_type_and_shape(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[[1, 200]]], dtype="u1"))
    table = read_table(tmp_path / "a.npy")
    table.write(2 * table.numbers)
    changed = np.load(tmp_path / "a.npy")
    assert (changed.dtype, changed.tolist()) == (np.uint8, [[[2, 255]]])  # 400 is no byte


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"a,b\n"),
        ("a.csv", b"name\nAnn\n"),
        ("a.csv", b"a,b\n1,2\n3\n"),
        ("a.csv", b"1," * 20_001 + b"1\n"),
        ("a.csv", b"x," + b"y" * 200_000),
        ("a.json", b"[1, 2]"),
        ("a.npy", b"no array"),
        ("a.npy", b"PK\x03\x04"),
        ("a.npy", b"\x93NUMPY\x01\x00\x50\x00{'descr': '<f8', 'fortran_order': False, 'shape': (10**9,)}"),
        ("a.npy", pickle.dumps([1, 2])),
    ],
)
def test_what_is_no_table_of_numbers(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert read_table(tmp_path / name) is None


def test_what_is_no_file_of_ones_own(tmp_path):
    (tmp_path / "real.csv").write_text("1,2\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    (tmp_path / "folder.csv").mkdir()
    with (tmp_path / "large.csv").open("w") as file:
        file.truncate(LARGEST_BYTES + 1)
    names = ("link", "folder", "large", "missing")
    assert [read_table(tmp_path / f"{name}.csv") for name in names] == [None] * 4


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}]), allow_pickle=True)
    assert read_table(tmp_path / "a.npy") is None


def test_measurements_are_told_from_classes_and_row_numbers(tmp_path):
    rows = "".join(f"{i},{i % 3},{i / 7},{i * i}\n" for i in range(30))
    (tmp_path / "a.csv").write_text("row,kind,x,square\n" + rows)
    assert read_table(tmp_path / "a.csv").measured.tolist() == [False, False, True, True]


def test_pickles_and_parquet_are_read_and_written_in_the_box(tmp_path):
    frame = pd.DataFrame({"x": [1.5, 2.5], "day": ["Mo", "Tu"], "n": [1, 2]})
    frame.to_pickle(tmp_path / "frame.pkl")
    frame.to_parquet(tmp_path / "frame.parquet")
    (tmp_path / "arrays.pickle").write_bytes(pickle.dumps({"X": np.eye(2), "y": np.array([3, 4])}))
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch evil'\ntR.")
    (tmp_path / "texts.pkl").write_bytes(pickle.dumps(["a", "b"]))
    (tmp_path / "line\nend.pkl").write_bytes(pickle.dumps(np.array([1.0])))
    (tmp_path / "link.pkl").symlink_to("frame.pkl")
    box, files = make_box(), sorted(tmp_path.iterdir())
    tables = read_boxed(files, box)
    assert {path.name: table.numbers.tolist() for path, table in tables.items()} == {
        "arrays.pickle": [[1, 0, 3], [0, 1, 4]],
        "frame.parquet": [[1.5, 1], [2.5, 2]],
        "frame.pkl": [[1.5, 1], [2.5, 2]],
        "line\nend.pkl": [[1]],
    }
    assert write_boxed([(table, 2 * table.numbers) for table in tables.values()], box)
    doubled = {"x": [3.0, 5.0], "day": ["Mo", "Tu"], "n": [2, 4]}
    assert pd.read_pickle(tmp_path / "frame.pkl").to_dict("list") == doubled  # noqa: S301  our own
    assert pd.read_parquet(tmp_path / "frame.parquet").to_dict("list") == doubled
    assert pickle.loads((tmp_path / "arrays.pickle").read_bytes())["y"].tolist() == [6, 8]  # noqa: S301
    assert sorted(tmp_path.iterdir()) == files
