"""What of an answer is the service's own: not the request said again, not a clock, not drawn by lot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from common.grading.service.candidates import Candidate
from common.grading.service.exchange import Answer, Part

MOST_PARTS, LONGEST_PART, DEEPEST = 300, 2000, 40  # of what a hostile service says
PAGE_CHARACTERS = 50_000
MOST_SAID = 400
SAID = "\N{SECTION SIGN}"
ERROR_KEY = re.compile(r"error|detail|message|reason|problem|exception|title", re.I)
ERROR_WORD = re.compile(
    r"error|invalid|wrong|incorrect|missing|required|must|not valid|bad request|could not|cannot|fail|"
    r"ошибк|неверн|некорректн|не удалось|обязател|должн|введите",
    re.I,
)

Parts = dict[str, str]


def parts(answer: Answer) -> Parts:
    """Return the values of an answer by their place; of a page the lines that a person sees."""
    data = answer.json()
    if data is not None:
        return dict(islice(_walk(data, "$"), MOST_PARTS))
    if answer.type.startswith("text/") or not answer.type:
        text = re.sub(
            r"<(script|style)\b.{0,9000}?</\1>", " ", answer.text[:PAGE_CHARACTERS], flags=re.S | re.I
        )
        lines = (line.strip() for line in re.sub(r"<[^<>]*>", "\n", text).splitlines())
        shown = islice(filter(None, lines), MOST_PARTS)
        return {f"line {number}": line[:LONGEST_PART] for number, line in enumerate(shown)}
    return {"body": answer.body.hex()[:10_000]}


def _walk(value: Any, place: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and depth < DEEPEST:
        named = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in islice(named, MOST_PARTS):
            yield from _walk(part, f"{place}.{name}"[:LONGEST_PART], depth + 1)
    elif not isinstance(value, dict | list):
        yield place, str(value)[:LONGEST_PART]


def inputs(candidate: Candidate) -> set[str]:
    """Return what the request says, in the forms in which it may be said again."""
    said = set()
    for place in candidate.places():
        value = candidate.value(place)
        if isinstance(value, Part):
            said |= {value.name, str(len(value.content))}
            continue
        said |= {str(value), str(value).lower(), str(value).upper(), str(len(str(value)))}
        if isinstance(value, int | float) and not isinstance(value, bool):
            said |= {str(float(value)), str(int(value)) if abs(value) < 1e15 else ""}
    return said


@dataclass(frozen=True)
class Asked:
    """A request that was answered."""

    candidate: Candidate
    parts: Parts

    def residue(self) -> Parts:
        """Return the answer without what the request said: of an echo the same is left, whatever is asked."""
        said = sorted(filter(None, inputs(self.candidate)), key=len, reverse=True)[:MOST_SAID]
        pattern = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}(?![\w.])" for word in said) or r"(?!)")
        return {place: pattern.sub(SAID, value) for place, value in self.parts.items()}


def depends(same: list[Asked], others: list[Asked]) -> bool:
    """Whether an answer depends on the request: something in it that stays for the same one and is no echo.

    `same` are answers to one request, `others` to requests with other values.
    """
    first = same[0].parts
    if any(again.parts.keys() != first.keys() for again in same):
        return False
    steady = {place for place, value in first.items() if all(again.parts[place] == value for again in same)}
    left = same[0].residue()
    for other in others:
        residue = other.residue()
        changed = (place for place in steady if other.parts.get(place) != first[place])
        if any(residue.get(place) != left[place] for place in changed):
            return True
    return False


def is_message(answer: Answer) -> bool:
    """Whether an answer says that something is wrong with the request, in words."""
    data = answer.json()
    if isinstance(data, dict):
        return any(ERROR_KEY.search(name) and value for name, value in data.items()) or bool(
            ERROR_WORD.search(answer.text)
        )
    text = re.sub(r"<[^<>]*>", " ", answer.text[:PAGE_CHARACTERS])
    return answer.status < 500 and bool(ERROR_WORD.search(text)) and "Traceback (most recent" not in text
