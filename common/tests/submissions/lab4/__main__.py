"""Builds examples: `python -m common.tests.submissions.lab4 FOLDER NAME ...`; prints what each hands in.

A process of its own, because DVC changes folder and logging of the one that it runs in.
"""

import json
import os
import sys
from pathlib import Path

from common.tests.submissions.lab4 import ALL
from common.tests.submissions.lab4.work import SETTINGS


def main(folder: str, *names: str) -> None:
    os.environ.update(SETTINGS)
    print(json.dumps({name: str(ALL[name].build(Path(folder, name))) for name in names}))


if __name__ == "__main__":
    main(*sys.argv[1:])
