"""Errors over HTTP as RFC 9457 asks: application/problem+json, one shape for every one of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "1"  # a full queue is empty again within this


class ProblemError(Exception):
    """Ends a request: what is said to the client, and nothing that it should not know."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **extensions: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers, self.extensions = dict(headers or {}), extensions


def write_problem(problem: ProblemError) -> bytes:
    """Return the problem's JSON; its type is about:blank, so its title is the status code's name."""
    return msgspec.json.encode(
        {
            "type": "about:blank",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail,
        }
        | problem.extensions
    )


def respond(problem: ProblemError) -> Response:
    return Response(write_problem(problem), problem.status, problem.headers, MEDIA_TYPE)


def unavailable(detail: str) -> ProblemError:
    """Return a 503 for what will work when it is asked again."""
    return ProblemError(503, detail, headers={"Retry-After": RETRY_AFTER_S})
