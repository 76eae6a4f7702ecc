"""What is wrong with JSON that is not passengers: every place, what stands there and what may.

decode(body) of passenger.py is quick and stops at the first mistake; this is for people, so it finds all.
"""

import json
from typing import Any

import msgspec

from features import DEAREST_POUNDS, MOST_RELATIVES, OLDEST_YEARS
from passenger import EXAMPLE, MOST_PASSENGERS, Passenger

ALLOWED = {
    "class": "1, 2 or 3",
    "sex": "'female' or 'male'",
    "age_years": f"a number from 0 to {OLDEST_YEARS}, or null",
    "siblings_spouses": f"a whole number from 0 to {MOST_RELATIVES}",
    "parents_children": f"a whole number from 0 to {MOST_RELATIVES}",
    "fare_pounds": f"a number from 0 to {DEAREST_POUNDS}",
    "port": "'S', 'C', 'Q' or null",
}
FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Passenger)}
MOST_COMPLAINTS = 100  # who sends a thousand wrong passengers has one mistake, not a thousand
LONGEST_SHOWN = 50  # characters of a wrong value


def find_complaints(content: Any) -> list[dict[str, str]]:
    """Return up to MOST_COMPLAINTS complaints, each a JSON pointer (RFC 6901) and a detail."""
    if not isinstance(content, list):
        return _look_at(content, "")[:MOST_COMPLAINTS]
    if not 1 <= len(content) <= MOST_PASSENGERS:
        return [_complain("", f"the list has {len(content)} passengers: give 1 to {MOST_PASSENGERS}")]
    complaints: list[dict[str, str]] = []
    for index, one in enumerate(content):
        complaints += _look_at(one, f"/{index}")
        if len(complaints) >= MOST_COMPLAINTS:
            break
    return complaints[:MOST_COMPLAINTS]


def _look_at(content: Any, pointer: str) -> list[dict[str, str]]:
    if not isinstance(content, dict):
        return [_complain(pointer, f"{_show(content)} is not a passenger: give {json.dumps(EXAMPLE)}")]
    complaints = []
    for name, field in FIELDS.items():
        if name not in content:
            if field.required:
                complaints.append(_complain(f"{pointer}/{name}", f"it is missing: give {ALLOWED[name]}"))
            continue
        try:
            msgspec.convert(content[name], field.type)
        except msgspec.ValidationError:
            detail = f"{_show(content[name])} is not {ALLOWED[name]}"
            complaints.append(_complain(f"{pointer}/{name}", detail))
    for name in content.keys() - FIELDS.keys():
        where = name.replace("~", "~0").replace("/", "~1")[:LONGEST_SHOWN]
        complaints.append(
            _complain(
                f"{pointer}/{where}", f"a passenger has no {_show(name)}: leave it out, or see {list(FIELDS)}"
            )
        )
    return complaints


def _complain(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}


def _show(value: Any) -> str:
    """Return a value in quotes, as JSON writes it, cut where it is long."""
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"'{shown[:LONGEST_SHOWN]}…'" if len(shown) > LONGEST_SHOWN else f"'{shown}'"
