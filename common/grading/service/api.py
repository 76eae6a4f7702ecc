"""Asks a service: finds a request that it takes, and sees whether its answer depends on what is asked."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from common.grading.service.answers import Asked, depends, is_message, parts
from common.grading.service.candidates import Candidate, Place
from common.grading.service.exchange import Answer, Client, Part, Request
from common.grading.texts import text

SAME = 3  # times that one request is sent: an answer drawn by lot does not repeat itself
ASK_S = 100.0  # for all the questions of one kind
MOST_TRIED = 60
WANTED_FEATURES = re.compile(
    r"expecting (\d+) features|expected[^.]{0,40}?(\d+) features|must have (\d+) (?:features|values)|"
    r"requires? (\d+) features|expected (\d+)|(\d+) (?:features|values) (?:expected|required)",
    re.I,
)
NO_ROW = re.compile(r"Expected 2D array|expected 2|Reshape your data", re.I)


@dataclass
class Api:
    """One port, and what was found out about it."""

    client: Client
    valid: Candidate | None = None
    answer: Answer | None = None  # to the valid request
    refused: list[tuple[Candidate, Answer]] = field(default_factory=list)
    is_dependent: bool = False  # whether what it answers depends on what it is asked

    def find(self, candidates: Iterator[Candidate]) -> bool:
        """Find a request that is answered; of several the first whose answer depends on it."""
        begun = time.monotonic()
        tried: set[str] = set()
        for candidate in candidates:
            for attempt in self._attempts(candidate) if candidate.places() else ():
                key = repr(attempt.request)[:20_000]
                if key in tried:
                    continue
                tried.add(key)
                if time.monotonic() - begun > ASK_S or len(tried) > MOST_TRIED:
                    return self.valid is not None
                answer = self.client.ask(attempt.request)
                if not (answer.is_good and answer.body and not self._is_refusal(answer)):
                    self.refused.append((attempt, answer))
                    continue
                first = (self.valid, self.answer)
                self.valid, self.answer = attempt, answer
                self.is_dependent = self._depends()
                if self.is_dependent:
                    return True
                if first[0]:
                    self.valid, self.answer = first
                break
        return self.valid is not None

    def _attempts(self, candidate: Candidate) -> Iterator[Candidate]:
        """Yield a candidate, and again with as many numbers as the service says that it wants."""
        yield candidate
        last = self.refused[-1][1] if self.refused else None
        if last is None:
            return
        match = WANTED_FEATURES.search(last.text)
        if match:
            count = min(int(next(group for group in match.groups() if group)), 1000)
            body = _longer(candidate.request.body, count)
            yield replace(candidate, request=replace(candidate.request, body=body))
        elif _has_list(candidate.request.body) and last.status >= 400:
            for count in (2, 3, 4, 5, 6, 7, 8, 10, 13):
                body = _longer(candidate.request.body, count)
                yield replace(candidate, request=replace(candidate.request, body=body))

    @staticmethod
    def _is_refusal(answer: Answer) -> bool:
        """Whether a good status comes with the word that the request was wrong."""
        data = answer.json()
        if isinstance(data, dict):
            return any(
                re.fullmatch(r"errors?|exception|ошибка", name, re.I) and value
                for name, value in data.items()
            )
        return False

    def is_answering(self) -> bool:
        """Whether the valid request is still answered."""
        return self.valid is not None and self.client.ask(self.valid.request).is_good

    def _depends(self) -> bool:
        assert self.valid  # noqa: S101
        begun = time.monotonic()
        same = [asked for _ in range(SAME) if (asked := self._ask(self.valid))]
        if len(same) < SAME:
            return False
        others: list[Asked] = []
        for variation in self.valid.variations():
            if time.monotonic() - begun > ASK_S:
                break
            asked = self._ask(variation)
            if asked:
                others.append(asked)
                if len(others) >= 2 and depends(same, others):
                    return True
        return bool(others) and depends(same, others)

    def _ask(self, candidate: Candidate) -> Asked | None:
        answer = self.client.ask(candidate.request)
        return Asked(candidate, parts(answer)) if answer.is_good and not self._is_refusal(answer) else None

    def wrong(self) -> list[tuple[str, bool]]:
        """Ask what is wrong; return what it was, in one word or two, and whether the answer says so."""
        assert self.valid  # noqa: S101
        request, found = self.valid.request, []
        usual = parts(self.answer) if self.answer else {}
        if request.how == "json":
            broken = replace(request, body=b'{"age": 1,,', how="raw")
            found.append((text("a body that is not JSON"), self._says_so(broken, usual, strict=False)))
        nonsense = self._nonsense()
        if nonsense:
            found.append((text("words where numbers belong"), self._says_so(nonsense, usual, strict=True)))
        empty = replace(request, body={} if request.how else None, query={})
        if empty != request:
            answer = self.client.ask(empty)
            if not (answer.is_good and not self._is_refusal(answer)):  # what is left out may have a default
                found.append((text("a request of nothing"), self._is_good_word(answer)))
            elif not found and request.how:
                found.append((text("a request of nothing"), is_message(answer)))
        return found

    def _nonsense(self) -> Request | None:
        assert self.valid  # noqa: S101
        values: dict[Place, Any] = {}
        for place in self.valid.places():
            value = self.valid.value(place)
            if isinstance(value, Part):
                values[place] = Part("note.txt", b"this is no picture and no table\n", "text/plain")
            elif isinstance(value, int | float) or (
                isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)
            ):
                values[place] = "not a number"
        if not values and self.valid.request.how == "json" and self.valid.places():
            values = {place: {"not": ["a", "text"]} for place in self.valid.places()}
        return self.valid.changed(values).request if values else None

    def _says_so(self, request: Request, usual: dict[str, str], *, strict: bool) -> bool:
        answer = self.client.ask(request)
        if answer.is_good and not strict and parts(answer) == usual:
            return False
        return self._is_good_word(answer)

    @staticmethod
    def _is_good_word(answer: Answer) -> bool:
        return 400 <= answer.status < 500 or (answer.status > 0 and is_message(answer))


def _has_list(body: Any) -> bool:
    return isinstance(body, list) or (
        isinstance(body, dict) and any(isinstance(part, list) for part in body.values())
    )


def _longer(body: Any, count: int) -> Any:
    """Return a body whose innermost lists of numbers have `count` of them."""
    if isinstance(body, dict):
        return {name: _longer(part, count) if isinstance(part, list) else part for name, part in body.items()}
    if isinstance(body, list) and body and isinstance(body[0], list):
        return [_longer(part, count) for part in body]
    if isinstance(body, list) and all(isinstance(part, int | float) for part in body):
        return [float(part) for part in (body * count)[:count]] if body else [1.0] * count
    return body
