"""Builds examples by real git and DVC, as many at a time as there are processors.

DVC changes the folder and the logging of the process that it runs in, so it gets processes of its own:
`python -m common.tests.submissions.lab4.build FOLDER NAME ...` prints what each example hands in.
"""

import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common.tests.submissions.lab4 import ALL
from common.tests.submissions.lab4.work import SETTINGS
from common.tests.tools import ROOT, run_command


def build_all(names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Build these examples in `folder`; return what each hands in."""
    workers = os.cpu_count() or 1

    def build(some: Sequence[str]) -> dict[str, str]:
        ended = run_command(sys.executable, "-m", __name__, folder, *some, cwd=ROOT)
        assert ended.code == 0, ended.err[-2000:]
        return json.loads(ended.out.splitlines()[-1])

    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(build, [part for i in range(workers) if (part := list(names)[i::workers])])
        built = {name: Path(path) for part in parts for name, path in part.items()}
    return {name: built[name] for name in names}


def main(folder: str, *names: str) -> None:
    os.environ.update(SETTINGS)
    print(json.dumps({name: str(ALL[name].build(Path(folder, name))) for name in names}))


if __name__ == "__main__":
    main(*sys.argv[1:])
