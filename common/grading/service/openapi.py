"""Makes valid requests from a service's OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from common.grading.service.candidates import Candidate, Place, is_shallow
from common.grading.service.exchange import Request
from common.grading.service.sources import METHODS, is_telling
from common.grading.service.values import Knowledge, distinct, scaled, upload

DEEPEST, MOST_PARTS = 8, 100
LARGEST = 1e15
MOST_STEPS = 3000  # for one request: a schema in a schema in a schema could have any number
MOST_OPERATIONS = 20
ABOUT_ITSELF = re.compile(r"health|ready|live|ping|metrics|docs|openapi|version|status|reload|favicon", re.I)
FORMATS = {
    "date": "2020-01-01",
    "date-time": "2020-01-01T12:00:00",
    "email": "a@example.com",
    "uri": "http://example.com/",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "time": "12:00:00",
}


def candidates(document: Mapping[str, Any], known: Knowledge) -> list[Candidate]:
    """Return a request for each operation, those that predict first."""
    found = []
    for path, item in _mapping(document.get("paths")).items():
        for method, operation in _mapping(item).items():
            if method in METHODS and isinstance(operation, dict) and not ABOUT_ITSELF.search(path):
                found += _operation(document, method, path, operation, known)
    found.sort(
        key=lambda one: (
            not is_telling(one.request.path),
            one.request.method == "GET",
            not one.alternatives,
            len(one.request.path),
        )
    )
    return found[:MOST_OPERATIONS]


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any], known: Knowledge
) -> Iterator[Candidate]:
    writer = _Writer(document, known)
    query: dict[str, Any] = {}
    for parameter in _list(operation.get("parameters")):
        parameter = writer.resolved(parameter)
        name, schema = str(parameter.get("name")), parameter.get("schema") or {}
        if "example" in parameter:
            schema = {**schema, "example": parameter["example"]}
        if parameter.get("in") == "query":
            query[name] = writer.value(schema, ("query", name))
        elif parameter.get("in") == "path":
            path = path.replace(f"{{{name}}}", str(writer.value(schema, ("path", name))))
            writer.alternatives.pop(("path", name), None)
    content = _mapping(writer.resolved(operation.get("requestBody") or {}).get("content"))
    for type_, how in (
        ("application/json", "json"),
        ("multipart/form-data", "multipart"),
        ("application/x-www-form-urlencoded", "form"),
    ):
        if type_ in content:
            media = _mapping(content[type_])
            schema = dict(writer.resolved(media.get("schema") or {}))
            for example in _examples(media):
                yield Candidate(Request(method.upper(), path, example, how, query), dict(writer.alternatives))
                break
            body = writer.value(schema, ("body",))
            request = Request(method.upper(), path, body, how, query)
            yield Candidate(request, writer.alternatives, writer.required)
            return
    yield Candidate(Request(method.upper(), path, None, "", query), writer.alternatives, writer.required)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_sensible(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < LARGEST


def _list(value: Any) -> list[Any]:
    return value[:MOST_PARTS] if isinstance(value, list) else []


def _examples(media: Mapping[str, Any]) -> list[Any]:
    named = [
        example.get("value")
        for example in _mapping(media.get("examples")).values()
        if isinstance(example, dict)
    ]
    given = [media.get("example"), *named]
    return [example for example in given if example is not None and is_shallow(example)]


class _Writer:
    """Writes a value for each part of a schema, and keeps what else could stand there."""

    def __init__(self, document: Mapping[str, Any], known: Knowledge) -> None:
        self.document, self.known = document, known
        self.alternatives: dict[Place, list[Any]] = {}
        self.required: set[Place] = set()
        self.steps = 0

    def resolved(self, schema: Any, depth: int = 0) -> Mapping[str, Any]:
        self.steps += 1
        if depth > DEEPEST or self.steps > MOST_STEPS:
            return {}
        for _ in range(DEEPEST):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                break
            schema = self.document
            for part in reference.removeprefix("#/").split("/"):
                schema = _mapping(schema).get(part)
        for word in ("anyOf", "oneOf", "allOf") if isinstance(schema, dict) else ():
            choices = [self.resolved(choice, depth + 1) for choice in _list(schema.get(word))]
            real = [choice for choice in choices if choice.get("type") != "null"]
            if real:
                rest = {key: value for key, value in schema.items() if key != word and value is not None}
                return {**real[0], **rest}
        return schema if isinstance(schema, dict) else {}

    def value(self, schema: Any, place: Place, depth: int = 0) -> Any:
        schema = self.resolved(schema)
        if depth > DEEPEST or self.steps > MOST_STEPS:
            return None
        given = schema.get("example")
        if given is None and _list(schema.get("examples")):
            given = schema["examples"][0]
        kind = schema.get("type") or ("object" if "properties" in schema else "")
        if isinstance(kind, list):  # ["string", "null"]
            kind = next((word for word in kind if word != "null"), "")
        if kind == "object":
            made = {}
            for name, part in list(_mapping(schema.get("properties")).items())[:100]:
                if name in _list(schema.get("required")):
                    self.required.add((*place, name))
                made[name] = self.value(part, (*place, name), depth + 1)
            return given if isinstance(given, dict) and is_shallow(given) else made
        if kind == "array":
            wanted = schema.get("minItems")
            count = max(1, min(wanted, 100)) if type(wanted) is int else 1
            item = schema.get("items") or {}
            made = [self.value(item, (*place, index), depth + 1) for index in range(count)]
            return given if isinstance(given, list) and is_shallow(given) else made
        value, others = self._scalar(schema, kind, place)
        if given is not None and not isinstance(given, dict | list):
            others = distinct([*others, value], given)
            value = given
        self.alternatives[place] = others
        return value

    def _scalar(self, schema: Mapping[str, Any], kind: str, place: Place) -> tuple[Any, list[Any]]:
        name = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
        choices = [*_list(schema.get("enum")), *([schema["const"]] if "const" in schema else [])]
        if choices := [choice for choice in choices if isinstance(choice, str | int | float)]:
            return choices[0], choices[1:24]
        if kind in ("integer", "number"):
            return self._number(schema, kind, name)
        if kind == "boolean":
            return True, [False]
        if schema.get("format") == "binary" or "contentMediaType" in schema:
            return upload(name, self.known)
        if str(schema.get("format")) in FORMATS:
            return FORMATS[str(schema["format"])], []
        if schema.get("default") is not None and not isinstance(schema["default"], dict | list):
            _, others = self.known.guess(name, "text")
            return schema["default"], others
        return self.known.guess(name, "text" if kind == "string" else "")

    def _number(self, schema: Mapping[str, Any], kind: str, name: str) -> tuple[Any, list[Any]]:
        make = int if kind == "integer" else float
        limits = [schema.get(word) for word in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")]
        low, high = (next(filter(_is_sensible, pair), None) for pair in (limits[:2], limits[2:]))
        value, others = self.known.guess(name, "integer" if kind == "integer" else "number")
        if _is_sensible(schema.get("default")):
            value = schema["default"]
        if low is not None and high is not None:
            others = [make(low + (high - low) * share) for share in (0.5, 0.05, 0.95, 0.25, 0.75)] + others
        elif low is not None or high is not None:
            edge = low if low is not None else high
            others = [make(edge + step * (1 if low is not None else -1)) for step in (1, 10, 100)] + others

        def fits(number: float) -> bool:
            return (low is None or number > low or (number == low and limits[0] is not None)) and (
                high is None or number < high or (number == high and limits[2] is not None)
            )

        fitting = [make(number) for number in [value, *others, *scaled(make(1))] if fits(number)]
        return (fitting[0], distinct(fitting[1:], fitting[0])) if fitting else (make(value), [])
