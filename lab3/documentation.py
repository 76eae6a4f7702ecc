"""The service's OpenAPI document: FastAPI's own, and the bodies that FastAPI does not read or write itself.

/openapi.json needs no network. There is no /docs page: FastAPI's takes its scripts from elsewhere.
"""

from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from answers import Answer, Answers, Explanation, answer_many, answer_one, answer_why
from passenger import EXAMPLE, MOST_PASSENGERS, Passenger
from problems import MEDIA_TYPE, ProblemError, write_problem

TITLE = "Would you have survived?"
VERSION = "1"
DESCRIPTION = "The probability that a passenger of the Titanic survives. Errors are RFC 9457 problems."
PROBLEMS = {
    "/predict": (400, 401, 408, 413, 422, 503),
    "/explain": (400, 401, 408, 413, 422, 503),
    "/model": (401, 503),
    "/readyz": (503,),
}
MAN = EXAMPLE | {"class": 3, "sex": "male", "age_years": None, "fare_pounds": 7.25}
PASSENGER = {"$ref": "#/components/schemas/Passenger"}
BODIES = {
    "/predict": {
        "schema": {
            "oneOf": [
                PASSENGER,
                {"type": "array", "items": PASSENGER, "minItems": 1, "maxItems": MOST_PASSENGERS},
            ]
        },
        "examples": {"one": {"value": EXAMPLE}, "several": {"value": [EXAMPLE, MAN]}},
    },
    "/explain": {"schema": PASSENGER, "examples": {"one": {"value": EXAMPLE}}},
}
WHY = answer_why(0.93, -0.48, [0.9, 1.7, 0.1, 0.1, 0.0, 0.2, 0.1], "3a24b4d3fd69")
ANSWERS = {
    "/predict": {
        "schema": {"oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in ("Answer", "Answers")]},
        "examples": {
            "one": {"value": msgspec.to_builtins(answer_one(0.93, "3a24b4d3fd69"))},
            "several": {"value": msgspec.to_builtins(answer_many([0.93, 0.08], "3a24b4d3fd69"))},
        },
    },
    "/explain": {
        "schema": {"$ref": "#/components/schemas/Explanation"},
        "examples": {"one": {"value": msgspec.to_builtins(WHY)}},
    },
}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "RFC 9457",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901, into the request's body"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def document(app: FastAPI) -> None:
    """Give the application its OpenAPI document, made when it is first asked for."""
    app.openapi = cache(lambda: write_document(app))  # type: ignore[method-assign]


def write_document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=TITLE, version=VERSION, routes=app.routes, description=DESCRIPTION)
    _, schemas = msgspec.json.schema_components(
        [Passenger, Answer, Answers, Explanation], ref_template="#/components/schemas/{name}"
    )
    document["components"] = {
        "schemas": {**schemas, "Problem": PROBLEM_SCHEMA},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            if path in BODIES:
                operation["requestBody"] = {"required": True, "content": {"application/json": BODIES[path]}}
                operation["responses"]["200"]["content"] = {"application/json": ANSWERS[path]}
            for status in PROBLEMS.get(path, ()):
                operation["responses"][str(status)] = describe_problem(status)
            if 401 in PROBLEMS.get(path, ()):
                operation["security"] = [{"key": []}, {}]  # a key only where the service has one
    return document


def describe_problem(status: int) -> dict[str, Any]:
    example = msgspec.json.decode(write_problem(ProblemError(status, "what to do about it")))
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
