"""The requirements.txt of a student: a lab's own packages, as our extras name them, in our versions."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"([A-Za-z0-9._-]+)(\[[^\]]+\])?")  # catboost>=1.2, pandera[pandas]>=0.26


def pins(labs: Iterable[str]) -> str:
    """Return the text of a requirements.txt for these labs."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    locked = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    lines = [
        line.replace(name, name + options, 1)
        for name, options in _packages(labs, extras)
        for line in locked
        if re.split(r"[\[=]", line)[0] == name  # numpy has a line for each of two Pythons
    ]
    return "\n".join([f"# The packages of {', '.join(labs)}", *sorted(lines), ""])


def _packages(labs: Iterable[str], extras: dict[str, list[str]]) -> set[tuple[str, str]]:
    """Return names and their [extras]; an extra of ours that another one names is looked up."""
    found = set()
    for lab in labs:
        for requirement in extras[lab]:
            name, options = NAME.match(requirement).groups(default="")
            found |= (
                _packages(options[1:-1].split(","), extras) if name == "mlops-workbook" else {(name, options)}
            )
    return found
