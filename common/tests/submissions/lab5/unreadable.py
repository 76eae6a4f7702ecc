"""Notebooks that cannot be read or executed as they are, and what each costs."""

import json

from common.tests.submissions.example import Example
from common.tests.submissions.lab5.example import QUICK, lab5, notebook

OLD = {
    "metadata": {"name": ""},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": cell,
                    "language": "python",
                    "metadata": {},
                    "outputs": [],
                }
                for cell in QUICK
            ],
        }
    ],
}


def _file(stands_for: str, points: int, content: str | bytes) -> Example:
    return Example(stands_for, points, {"lab5/lab5.ipynb": content})


EXAMPLES = {
    "not_json": _file("a web page saved as .ipynb", 0, "<!DOCTYPE html>\n<title>lab5 - pytest</title>\n"),
    "no_notebook": _file("JSON that is no notebook", 0, '{"pytest": 1}'),
    "other_language": _file("a notebook of R", 0, notebook(*QUICK).replace('"python"', '"R"')),
    "nbformat_3": _file("an old nbformat 3", 20, json.dumps(OLD)),
    "other_kernel": _file("a kernel that only its author has", 20, notebook(*QUICK, kernel="venv-of-anna")),
    "kernel_dies": lab5(
        "the kernel dies in the last cell: 0 of 3 for running", 17, *QUICK, "import os\nos._exit(0)"
    ),
    "never_ends": lab5("the last cell never ends", 17, *QUICK, "while True:\n    pass"),
    "waits_for_input": lab5("the last cell asks for input", 17, *QUICK, "name = input('Name? ')"),
    "prints_much": lab5("100 MB of output: 2 of 3 for running", 19, *QUICK, "print('x' * 100_000_000)"),
    "no_lab": Example("nothing", 0, {}, None),
}
