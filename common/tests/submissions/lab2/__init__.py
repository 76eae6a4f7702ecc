"""Lab 2 as students hand it in: EXAMPLES[name].write(folder), .points of 20, .stands_for."""

from common.tests.submissions.lab2 import attacks, broken, jobs, pipelines

EXAMPLES = pipelines.EXAMPLES | jobs.EXAMPLES | broken.EXAMPLES
ATTACKS = attacks.ATTACKS
