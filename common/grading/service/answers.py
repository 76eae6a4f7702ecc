"""What of an answer is the service's own: not the request said again, not a clock, not a number drawn by lot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from common.grading.service.candidates import Candidate
from common.grading.service.exchange import Answer, Part

MOST_PARTS = 500
ERROR_KEY = re.compile(r"error|detail|message|reason|problem|exception|title", re.I)
ERROR_WORD = re.compile(
    r"error|invalid|wrong|incorrect|missing|required|must|not valid|bad request|could not|cannot|fail|"
    r"ошибк|неверн|некорректн|не удалось|обязател|должн|введите",
    re.I,
)
GENERIC = re.compile(r"internal server error", re.I)

Parts = dict[str, str]


def parts(answer: Answer) -> Parts:
    """Return the values of an answer by their place; of a page the lines that a person sees."""
    data = answer.json()
    if data is not None:
        return dict(list(_walk(data, "$"))[:MOST_PARTS])
    if answer.type.startswith("text/") or not answer.type:
        text = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", answer.text, flags=re.S | re.I)
        lines = (line.strip() for line in re.sub(r"<[^<>]*>", "\n", text).splitlines())
        return {f"line {number}": line for number, line in enumerate(filter(None, lines))} | {}
    return {"body": answer.body.hex()[:10_000]}


def _walk(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _walk(part, f"{place}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value[:MOST_PARTS]):
            yield from _walk(part, f"{place}[{index}]")
    else:
        yield place, str(value)


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

    def is_echo(self, place: str) -> bool:
        """Whether what stands at a place is something that the request said."""
        value = self.parts.get(place, "")
        said = inputs(self.candidate)
        return value in said or (
            not value.replace(".", "").isdigit() and any(len(w) > 3 and w in value for w in said)
        )


def depends(same: list[Asked], others: list[Asked]) -> bool:
    """Whether an answer depends on the request: something in it that stays for the same one and is no echo.

    `same` are answers to one request, `others` to requests with other values.
    """
    first = same[0].parts
    steady = {
        place for place, value in first.items() if all(again.parts.get(place) == value for again in same)
    }
    if any(again.parts.keys() != first.keys() for again in same):
        steady = set()
    places = steady | {place for other in others for place in other.parts if place not in first}
    for place in places:
        everywhere = [same[0], *others]
        if all(asked.is_echo(place) for asked in everywhere if place in asked.parts):
            continue
        if steady and any(asked.parts.get(place) != first.get(place) for asked in others):
            return True
    return False


def is_message(answer: Answer) -> bool:
    """Whether an answer says that something is wrong with the request, in words."""
    data = answer.json()
    if isinstance(data, dict):
        return any(ERROR_KEY.search(name) and value for name, value in data.items()) or bool(
            ERROR_WORD.search(answer.text)
        )
    text = re.sub(r"<[^<>]*>", " ", answer.text)
    return bool(ERROR_WORD.search(GENERIC.sub("", text))) and "Traceback (most recent" not in text
