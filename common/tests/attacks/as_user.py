"""Runs one command in the box and prints what it did as JSON: for tests of the box under another user id.

python as_user.py WORK LIMITS-AS-JSON COMMAND...
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
