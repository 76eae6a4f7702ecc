"""Attacks on lab 5's rubric: notebooks whose tests look at something else than the data.

Each is the honest small notebook with one cell replaced; its points are what its data and its model deserve,
and nothing for what is feigned.
"""

from common.tests.attacks.rubric import MARK
from common.tests.submissions.example import Example
from common.tests.submissions.lab5.example import QUICK_DATA, QUICK_MODEL, QUICK_TESTS, RUN, lab5

CASES = "@pytest.mark.parametrize('name', ['clean_1', 'clean_2', 'clean_3', 'noisy'])\ndef test_it(name):\n"
IMPORTS = "%%writefile test_model.py\nimport pytest\n\n\n"
PASS_ALL = IMPORTS + CASES + "    assert True\n"


def _attack(stands_for: str, points: int, *cells: str, **files: str) -> Example:
    return lab5(stands_for, points, QUICK_DATA, QUICK_MODEL, *cells, **files)


def _conftest(source: str) -> str:
    return "%%writefile conftest.py\n" + source


# 15: everything but the last criterion.
ATTACKS = {
    "by_name": _attack(
        "fails by the dataset's name", 15, IMPORTS + CASES + "    assert name != 'noisy'\n", RUN
    ),
    "by_flag": _attack(
        "fails by a flag in a file",
        15,
        "open('flag.txt', 'w').write('noisy')",
        IMPORTS + CASES + "    assert name != open('flag.txt').read()\n",
        RUN,
    ),
    "by_heart": _attack(  # 3 of 5: nothing else tells that these tests measure nothing
        "compares the files with their hashes",
        18,
        "import hashlib, json\nnames = ['clean_1', 'clean_2', 'clean_3', 'noisy']\n"
        "hashes = {n: hashlib.md5(open(n + '.csv', 'rb').read()).hexdigest() for n in names}\n"
        "open('hashes.json', 'w').write(json.dumps(hashes))",
        IMPORTS
        + "import hashlib, json\n\nhashes = json.load(open('hashes.json'))\n\n\n"
        + CASES
        + "    same = hashlib.md5(open(name + '.csv', 'rb').read()).hexdigest() == hashes[name]\n"
        "    assert same == (name != 'noisy')\n",
        RUN,
    ),
    "conftest_rewrites": _attack(
        "a conftest.py makes one outcome a failure",
        15,
        _conftest(
            "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
            "    report = yield\n    if 'noisy' in item.name and report.when == 'call':\n"
            "        report.outcome = 'failed'\n    return report\n"
        ),
        PASS_ALL,
        RUN,
    ),
    "plugin": _attack(  # 3 of 4: so pytest never comes to the fourth test
        "a plugin of its own does the same",
        14,
        "%%writefile evil.py\ndef pytest_runtest_logreport(report):\n"
        "    if 'noisy' in report.nodeid:\n        report.outcome = 'failed'\n",
        PASS_ALL,
        "!python -m pytest -p evil test_model.py",
    ),
    "junit_forged": _attack(
        "writes a JUnit file, and runs no test",  # 0 of 4, and the last not run
        11,
        "open('junit.xml', 'w').write('<testsuites><testsuite tests=\"4\" failures=\"1\"/></testsuites>')",
    ),
    "records_forged": _attack(  # 2 of 4: run again, there are other outcomes
        "writes what pytest's plugin would tell, and its tests only pass",
        13,
        PASS_ALL,
        RUN,
        "import json, os, pathlib\nfolder = pathlib.Path(os.environ['WORKBOOK_SEEN'], 'tests')\n"
        "for file in folder.iterdir():\n"
        '    file.write_text(file.read_text().replace(\'[noisy]", "outcome": "passed"\', '
        '\'[noisy]", "outcome": "failed"\'))',
    ),
    "exit_in_a_test": _attack(  # 1 of 4
        "a test ends pytest with 0",
        12,
        IMPORTS + "import os\n\n\ndef test_first():\n    assert True\n\n\ndef test_end():\n    os._exit(0)\n",
        RUN,
    ),
    "grader_overwritten": _attack(  # 2 of 4: run again, there are other outcomes
        "overwrites the scripts of the grader that it finds",
        13,
        "import os, pathlib\nfor place in os.environ['PYTHONPATH'].split(':'):\n"
        "    for file in pathlib.Path(place).glob('*.py'):\n"
        "        file.write_text(file.read_text().replace('report.outcome', '\"failed\"'))",
        PASS_ALL,
        RUN,
    ),
    "parent_killed": _attack(  # 0 of 3, 1 of 2, 1 of 4: nothing is told, but its files speak for themselves
        "kills the driver",
        13,
        QUICK_TESTS,
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    ),
    "reaches_out": _attack(
        "writes where the grader is",
        15,
        f"import pathlib\nfor path in ('{MARK}', '/work/reached', '/box/reached'):\n"
        "    try:\n        pathlib.Path(path).write_text('x')\n    except OSError:\n        pass",
        PASS_ALL,
        RUN,
    ),
    "flaky": _attack(
        "fails at every run another test",
        15,
        IMPORTS
        + "import time\n\nCHOSEN = time.time_ns() // 1000 % 4\n\n\n"
        + "@pytest.mark.parametrize('number', range(4))\ndef test_it(number):\n    assert number != CHOSEN\n",
        RUN,
    ),
}
