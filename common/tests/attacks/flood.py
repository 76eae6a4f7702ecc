"""Honest work that leaves beside its data what is dangerous to read: too large, too odd, or leading away."""

from common.tests.attacks.honest import CREATION, PREPARATION, TESTING
from common.tests.attacks.rubric import MARK, RubricAttack

TWO_FOLDERS = CREATION + "import os, pickle\nplaces = [FOLDER / name for name in ('train', 'test')]\n"


def _beside_the_data(statement: str, points: int = 20, memory_mb: int | None = None) -> RubricAttack:
    """Return the honest submission whose data_creation does this too, for each `place` and its `name`."""
    return RubricAttack(
        {"lab1/data_creation.py": f"{TWO_FOLDERS}for place in places:\n    {statement}\n"},
        points=points,
        memory_mb=memory_mb,
    )


def _files(files: dict[str, bytes]) -> RubricAttack:
    return _beside_the_data(f"[(place / name).write_bytes(content) for name, content in {files!r}.items()]")


def _array(header: str) -> bytes:
    """Return the beginning of an .npy with this header."""
    return b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + f"{header}\n".encode()


FLOOD = {
    "texts that are odd tables": _files(
        {
            "cells.csv": b"a,b,c\n1,inf,1e308\n,nan,-1e308\n3,-Infinity,1e999\n4,5,1_000\n",
            "row.csv": b"1.5,2.5\n",
            "column.csv": b"1.5\n2.5\n4\n",
            "header.csv": b"a,b,c\n",
            "bytes.csv": b"\xef\xe5\xf0\xe2\xfb\xe9,b\n1,\xff\n2.5,\xfe\n",
            "zeros.csv": b"a,b\n1,2\n\x00,\n",
            "line-ends.csv": b"a,b\r1,2\r\n\n\n3,4",
            "quotes.csv": b'"a,b\n1,2\n',
        }
    ),
    "arrays that are none": _files(
        {
            "size.npy": _array("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
            "no-size.npy": _array("{'descr': '<U0', 'fortran_order': False, 'shape': (9,)}"),
            "old.npy": _array("{'descr': '<f8', 'fortran_order': False, 'shape': (2L,)}") + bytes(16),
            "brackets.npy": _array("(" * 9000),
            "objects.npy": _array("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"\x80\x04N.",
            "short.npy": b"\x93NUMPY\x01",
            "zip.npy": b"PK\x03\x04" + bytes(99),
        }
    ),
    "tables without measure": _beside_the_data(
        "import numpy as np; (place / 'wide.csv').write_text('1.5,' * 99_999 + '2\\n'); "
        "(place / 'long.csv').write_text('a,' + 'b' * 2_000_000); "
        "np.save(place / 'odd.npy', np.array([[np.inf], [1e308]])); "
        "np.save(place / 'bytes.npy', np.arange(250, dtype='u1'))"
    ),
    "a pickle that fills the memory": _beside_the_data(
        "(place / 'bomb.pkl').write_bytes(b']' + b'(' * 9 + b'\\x8e' + (1 << 62).to_bytes(8, 'little'))",
        memory_mb=800,
    ),
    "pickles that run code": _files(
        {
            "plain.pkl": f'cos\nsystem\n(S"touch {MARK}"\ntR.'.encode(),
            "numpy.pkl": f'\x80\x04\x8c\x05numpy\x8c\x09os.system\x93(S"touch {MARK}"\ntR.'.encode("latin-1"),
        }
    ),
    "a table of 300 MB of nothing": _beside_the_data(
        "open(place / 'huge.csv', 'w').truncate(300 << 20)",
        points=13,  # too large to be looked at: preprocessing, model and metric are not run
    ),
    "two thousand tables": _beside_the_data(
        "[(place / f'{number}.csv').write_text('a,b\\n1,2.5\\n') for number in range(1000)]"
    ),
    "links that lead away": _beside_the_data(
        "[os.path.lexists(place / link) or os.symlink(target, place / link) for link, target in ("
        "('users.csv', '/etc/passwd'), ('folder', '/etc'), ('zero.npy', '/dev/zero'), ('circle', '.'), "
        "('again.csv', place / 'raw.csv'))]"
    ),
    "pipes and folders called tables": _beside_the_data(
        "[(place / name).exists() or make(place / name) for name, make in ("
        "('pipe.csv', os.mkfifo), ('folder.csv', os.mkdir), ('folder.pkl', os.mkdir))]"
    ),
    "names with line ends and bytes that are no text": _beside_the_data(
        "[open(os.fsencode(place) + b'/' + name, 'w').write('a,b\\n1,2.5\\n') "
        "for name in (b'new\\nline.csv', b'\\xff\\xfe.csv', b' .csv', b'-rf.csv', b'\\x1b[2J.csv')]"
    ),
    "folders in folders": _beside_the_data("os.makedirs(place / ('deep/' * 300))"),
    "one file under two names": RubricAttack(
        {
            "lab1/data_creation.py": TWO_FOLDERS
            + "os.remove(places[1] / 'raw.csv'); os.link(places[0] / 'raw.csv', places[1] / 'raw.csv')\n"
        },
        points=16,  # the test data are the training data, and neither can be changed without the other
    ),
    "models of gigabytes of nothing": RubricAttack(
        {
            "lab1/model_preparation.py": PREPARATION
            + "for number in range(3): open(HERE / f'{number}.pkl', 'w').truncate(1000 << 20)\n"
        },
        points=18,  # too large to be compared
    ),
    "a line of megabytes": RubricAttack(
        {
            "lab1/model_testing.py": TESTING
            + "print('средн_' * 200_000, 'mse ' * 500_000, '1' * 500_000, ': ' * 500_000)\n"
        },
        points=19,  # two lines
    ),
    "a million lines": RubricAttack(
        {"lab1/model_testing.py": "print('mse\\n' * 1_000_000)\n" + TESTING}, points=19
    ),
    "records that no process made": RubricAttack(
        {
            "lab1/data_creation.py": CREATION + "channel = open('/box/started', 'w')\n"
            "for name in ('data_preprocessing', 'model_preparation', 'model_testing'):\n"
            "    for rest in ('\\0', 'x' * 200_000):\n"
            "        record = f'+1\\x1f/submission/lab1\\x1f\\x1f{name}.py\\x1f{rest}\\x1e'\n"
            "        print(record, end='', file=channel, flush=True)\n"
        },
        points=20,
    ),
}
