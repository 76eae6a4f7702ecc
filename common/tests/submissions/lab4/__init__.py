"""Lab 4 as students hand it in: ALL[name].build(folder), .points of 20; built by real git and DVC."""

from common.tests.submissions.lab4 import examples, flawed

ALL = examples.EXAMPLES | flawed.FLAWED
