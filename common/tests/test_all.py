"""All tests are shared out in parts: every file is in one, and a part that fails is named at the end."""

import re
import shutil

import pytest

from common.tests.tools import ROOT, list_repository, run_command

# stands in for pytest: says what it was asked, and fails for two parts
TESTS = """#!/usr/bin/env bash
echo "tests: $*"
[[ $1 != lab[24] || $* == *"-k good"* ]]
"""


@pytest.fixture
def share(tmp_path):
    """Run the parts in a folder that has nothing but them, from another one."""
    (tmp_path / "common/tests").mkdir(parents=True)
    shutil.copy(ROOT / "common/tests/all.sh", tmp_path / "common/tests")
    (tmp_path / "common/test.sh").write_text(TESTS)
    (tmp_path / "common/environment.sh").touch()
    return lambda *options: run_command("bash", tmp_path / "common/tests/all.sh", *options)


def test_every_file_is_in_one_part():
    parts = re.search(r"^parts=\((.+?)^\)", (ROOT / "common/tests/all.sh").read_text("utf-8"), re.M | re.S)[1]
    tests = sorted(str(path) for path in list_repository() if re.fullmatch(r"test_\w+\.py", path.name))
    run = []
    for part in re.findall(r'^ +"(.+)"', parts, re.MULTILINE):
        chosen, _, left_out = part.partition(" --deselect ")
        paths = [str(path.relative_to(ROOT)) for word in chosen.split() for path in ROOT.glob(word)]
        run += [one for one in tests if one.startswith(tuple(paths)) and one != left_out]
    assert sorted(run) == tests


def test_parts_that_fail_are_named_last_and_the_others_are_run(share):
    ended = share("-m", "")
    assert ended.code == 1
    assert re.fullmatch(r"all tests in 8 parts, \d+ at a time: .+\n", ended.err)
    lines = ended.out.splitlines()
    assert {"tests: lab1 -m ", "tests: lab4 -m ", "tests: lab5 -m "} <= set(lines)
    assert re.fullmatch(r"all tests: \d+ s", lines[-3])
    assert sorted(lines[-2:]) == ["failed: lab2", "failed: lab4"]


def test_all_good_is_exit_code_0_and_the_seconds(share):
    ended = share("-k", "good")
    assert ended.code == 0
    assert re.fullmatch(r"all tests: \d+ s", ended.out.splitlines()[-1])


@pytest.mark.parametrize(
    ("typed", "shared"),
    [((), "shared: \n"), (("-m", ""), "shared: -m \n"), (("-m", "thorough"), "shared: -m thorough\n")],
)
def test_without_a_path_all_are_shared_out(tmp_path, typed, shared):
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "common/test.sh", tmp_path)
    (tmp_path / "tests/all.sh").write_text('echo "shared: $*"\n')
    assert run_command("bash", tmp_path / "test.sh", *typed).out == shared
