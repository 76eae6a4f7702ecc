"""The frame of a stage: options, exit codes, and messages without a traceback."""

import re

import pytest

from common.tests.tools import run_stage

SCRIPT = '''"""Halves a number.

    python halve.py --number 8
"""
import errno, sys
from common.stage import LabError, parser, print_metric, run, whole_number

def main(arguments):
    if arguments.number == 13:
        raise LabError("the number is '13': give another one")
    if arguments.number == 28:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/a.csv")
    if arguments.number == 99:
        raise KeyError("a bug")
    if arguments.number == 0:
        print_metric("R2", float("nan"))
    print_metric("R2", arguments.number / 20)

if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument("--number", type=whole_number(0, 99), default=8)
    run(main, options)
'''


@pytest.fixture
def halve(tmp_path, capfd):
    script = tmp_path / "halve.py"
    script.write_text(SCRIPT)
    return lambda *options: run_stage(capfd, script, *options)


def test_the_metric_has_its_name_and_three_decimals(halve):
    ended = halve()
    assert (ended.code, ended.out, ended.err) == (0, "Model test R2 is: 0.400\n", "")


def test_a_lab_error_is_one_line_and_exit_code_1(halve):
    ended = halve("--number", 13)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "halve.py: the number is '13': give another one\n"


def test_a_full_disk_is_one_line_and_exit_code_1(halve):
    ended = halve("--number", 28)
    assert ended.code == 1
    assert ended.err == (
        "halve.py: cannot write '/data/a.csv': No space left on device: mend that, or use --folder\n"
    )


def test_no_option_is_named_that_a_program_has_not(tmp_path, capfd):
    script = tmp_path / "halve.py"
    script.write_text(
        SCRIPT.replace("parser(__doc__, __file__)", "argparse.ArgumentParser()").replace(
            "import errno", "import argparse, errno"
        )
    )
    ended = run_stage(capfd, script, "--number", 28)
    assert ended.err == "halve.py: cannot write '/data/a.csv': No space left on device: mend that\n"


def test_a_bug_shows_its_traceback_and_nothing_of_ours_before_it(halve):
    ended = halve("--number", 99)
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):\n  File ")
    assert "warm.py" not in ended.err
    assert ended.err.endswith("KeyError: 'a bug'\n")


def test_a_metric_that_is_no_number_is_refused(halve):
    ended = halve("--number", 0)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "halve.py: the R2 is nan, not a number: look at the test data and at the model\n"


@pytest.mark.parametrize("value", ["x", "-1", "100", "1.5", ""])
def test_wrong_usage_names_the_value_and_exits_with_2(halve, value):
    ended = halve(f"--number={value}")
    assert ended.code == 2
    assert ended.err.endswith(f"argument --number: '{value}' is not a whole number: give 0 to 99\n")


def test_an_abbreviated_option_is_refused(halve):
    assert halve("--num", 8).code == 2


def test_help_is_the_docstring(halve):
    ended = halve("--help")
    assert ended.code == 0
    assert re.search(r"Halves a number\.\n\n *python halve\.py --number 8\n", ended.out)
    assert "--folder DIR" in ended.out
