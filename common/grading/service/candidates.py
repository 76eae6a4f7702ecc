"""Requests that a service may take, with what else could stand in each of their fields."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common.grading.opening.decoding import decode
from common.grading.service.exchange import Part, Request
from common.grading.service.finding import walk
from common.grading.service.sources import Route, Source
from common.grading.service.values import TEXTS, Knowledge, distinct, scaled, upload

Place = tuple[str | int, ...]  # ("body", "rows", 0, "age") or ("query", "age")
MOST_VARIATIONS = 48
MOST_EXAMPLES = 20
DEEPEST = 12
CURL_BODY = re.compile(r"""(?:-d|--data(?:-raw|-binary)?|--json)\s{0,9}=?\s{0,9}'(.{1,5000}?)'""", re.S)
CURL_PATH = re.compile(r"https?://[\w.\[\]:{}$-]+(/[\w/.-]*)")
JSON_BLOCK = re.compile(r"```(?:json)?\s*\n(\s*[{\[].{1,5000}?)```", re.S)
CALL = re.compile(
    r"\bpost\(\s*f?[\"'][^\"']*?(/[\w/-]*)[\"']\s*,\s*json\s*=\s*(\{.{1,3000}?\}|\[.{1,3000}?\])\s*[,)]", re.S
)


@dataclass
class Candidate:
    request: Request
    alternatives: dict[Place, list[Any]] = field(default_factory=dict)
    required: set[Place] = field(default_factory=set)

    def places(self) -> list[Place]:
        """Return where its values stand."""
        return [*_leaves(self.request.body, ("body",)), *_leaves(dict(self.request.query), ("query",))]

    def others(self, place: Place) -> list[Any]:
        """Return what else could stand at a place."""
        value = self.value(place)
        known = [other for other in self.alternatives.get(place, []) if other != value]
        if known or isinstance(value, Part):
            return known
        if isinstance(value, bool):
            return [not value]
        if isinstance(value, int | float):
            return scaled(value)
        if isinstance(value, str):
            return scaled(float(value)) if _is_number(value) else distinct(list(TEXTS), value)
        return []

    def value(self, place: Place) -> Any:
        value: Any = self.request.body if place[0] == "body" else self.request.query
        for part in place[1:]:
            value = value[part]
        return value

    def changed(self, values: dict[Place, Any]) -> "Candidate":
        """Return the same request with other values at some places."""
        holder = {"body": copy.deepcopy(self.request.body), "query": dict(self.request.query)}
        for place, value in values.items():
            inner: Any = holder
            for part in place[:-1]:
                inner = inner[part]
            inner[place[-1]] = str(value) if place[0] == "query" and not isinstance(value, str) else value
        return replace(self, request=replace(self.request, **holder))

    def variations(self) -> Iterator["Candidate"]:
        """Yield the request with other valid values: all of them at once, then one by one."""
        others = {place: found for place in self.places() if (found := self.others(place))}
        if not others:
            return
        count = 0
        most = max(len(found) for found in others.values())
        for number in range(min(most, MOST_VARIATIONS // 2)):
            yield self.changed({place: found[number % len(found)] for place, found in others.items()})
            count += 1
        for number in range(most):
            for place, found in others.items():
                if number < len(found) and count < MOST_VARIATIONS:
                    yield self.changed({place: found[number]})
                    count += 1


def _leaves(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        for name, part in list(value.items())[:200]:
            yield from _leaves(part, (*place, name))
    elif isinstance(value, list):
        for index, part in enumerate(value[:200]):
            yield from _leaves(part, (*place, index))
    elif value is not None:
        yield place


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def of_routes(routes: list[Route], known: Knowledge) -> Iterator[Candidate]:
    """Yield requests for the routes that the sources declare."""
    for route in routes:
        if re.search(r"[<{]", route.path):
            continue
        guessed = {name: known.guess(name, kind) for name, kind in route.fields.items()}
        if route.how == "multipart":
            guessed = {name: upload(name, known) for name in route.fields or {"file": ""}}
        values = {name: value for name, (value, _) in guessed.items()}
        where = "query" if route.how == "query" else "body"
        alternatives = {(where, name): others for name, (_, others) in guessed.items()}
        if route.how == "query":
            yield Candidate(Request(route.method, route.path, query=values), alternatives)
            continue
        if values:
            yield from _of_fields(route, values, alternatives)
        if route.method != "GET" and route.how == "json":
            yield from _general(route.method, route.path)


def _of_fields(
    route: Route, values: dict[str, Any], alternatives: dict[Place, list[Any]]
) -> Iterator[Candidate]:
    yield Candidate(Request(route.method, route.path, values, route.how), alternatives)
    if len(values) == 1 and route.how == "json":  # {"features": ...} is a row of numbers more often than one
        (name,) = values
        yield Candidate(Request(route.method, route.path, {name: [1.0]}, "json"))
        yield Candidate(Request(route.method, route.path, {name: [[1.0]]}, "json"))
    numbers = dict.fromkeys(values, 1.0)
    if numbers != values and route.how != "multipart":  # a name does not tell what belongs there
        yield Candidate(Request(route.method, route.path, numbers, route.how))


def _general(method: str, path: str) -> Iterator[Candidate]:
    for name in ("features", "data", "input", "instances", "text"):
        value = TEXTS[0] if name == "text" else [1.0]
        yield Candidate(Request(method, path, {name: value}, "json"))
    yield Candidate(Request(method, path, [1.0], "json"))


def documented(lab: Path, sources: list[Source], paths: list[str]) -> list[Candidate]:
    """Return the requests that a README or a script of the lab shows; those for `paths` go there."""
    found: list[Candidate] = []
    for path in walk(lab):
        if path.suffix.lower() in (".md", ".rst", ".txt", ".sh", ".http") and path.stat().st_size < 1 << 18:
            content = decode(path.read_bytes()).replace("\\\n", " ")
            for match in CURL_BODY.finditer(content):
                near = CURL_PATH.findall(content[max(0, match.start() - 400) : match.end() + 200])
                found += _example(match[1], near[:1] or paths)
            for match in JSON_BLOCK.finditer(content):
                found += _example(match[1], paths)
    for source in sources:
        for match in CALL.finditer(source.text):
            found += _example(match[2].replace("'", '"'), [match[1]])
    return found[:MOST_EXAMPLES]


def _example(body: str, paths: list[str]) -> list[Candidate]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return [Candidate(Request("POST", path, value, "json")) for path in paths[:3] if is_shallow(value)]


def is_shallow(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether a value is no deeper than people write: our own walks through it must come to an end."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return deepest > 0 and all(is_shallow(part, deepest - 1) for part in parts)
