"""Lab 4 as students hand it in: ALL[name].build(folder), .points of 20; built by real git and DVC."""

from common.tests.submissions.lab4 import attacks, examples, flawed

HONEST = examples.EXAMPLES | flawed.FLAWED
ALL = HONEST | attacks.ATTACKS
