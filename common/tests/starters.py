"""Starts an empty workbook as a teacher or a student types it: a tool for the tests of common/start.sh."""

import os
import sys
from pathlib import Path

from common.tests.tools import ROOT, Ended, run_command

LABS = ("lab1", "lab2", "lab3", "lab4", "lab5")
STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")


def start(*arguments: object, root: Path = ROOT, **options) -> Ended:
    env = os.environ | {"WORKBOOK_PYTHON": sys.executable} | options.pop("env", {})
    return run_command("bash", root / "common" / "start.sh", *arguments, env=env, **options)


def git(folder: Path, *words: object) -> str:
    who = ("-c", "user.name=Anna", "-c", "user.email=anna@example.org")
    ended = run_command("git", "-C", folder, *who, *words)
    assert ended.code == 0, ended.err
    return ended.out
