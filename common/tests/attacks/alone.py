"""Runs one command in the box, in a process of its own, and prints what it did as JSON.

python alone.py WORK LIMITS-AS-JSON COMMAND...
"""

import dataclasses
import json
import sys
from pathlib import Path

from common.grading.sandbox import Box, Limits
from common.stage import LabError

try:
    limits = Limits(**json.loads(sys.argv[2]))
    run = Box(limits).run(sys.argv[3:], Path(sys.argv[1]))
except LabError as error:
    sys.exit(str(error))
sys.stdout.write(json.dumps(dataclasses.asdict(run)))
