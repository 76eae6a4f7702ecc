"""The outermost ASGI application: key, size limit, problems, metrics and log around every request.

The routes where speed counts are called from here, without FastAPI's own machinery around them; FastAPI
knows them too, for its documentation, and answers everything else.
"""

import asyncio
import hmac
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from log import RequestLog, log_event
from metrics import Metrics
from problems import ProblemError, respond, unavailable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]

LARGEST_BODY_BYTES = 1_000_000
CLIENT_GONE = 499  # nobody reads this status: it is for the log
NO_ROUTE = "other"  # a path that is not ours may be anything: it is not logged


class ClientGoneError(Exception):
    """The connection ended, or was too slow, before the request was whole."""


class DirectRoute(APIRoute):
    """A route whose function gets the request and gives the response, with nothing in between."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        return self.endpoint


class Edge:
    """Wraps a FastAPI application."""

    def __init__(
        self, app: FastAPI, metrics: Metrics, log: RequestLog, *, api_key: str, open_routes: set[str]
    ):
        self._app, self._metrics, self._log = app, metrics, log
        self._key, self._open_routes = api_key.encode(), open_routes
        routes = [route for route in app.routes if hasattr(route, "path")]
        self._known = {route.path for route in routes}
        self._direct = {
            (method, route.path): route.endpoint
            for route in routes
            if isinstance(route, DirectRoute)
            for method in route.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        method, path = scope["method"], scope["path"]
        status = CLIENT_GONE
        try:
            if self._key and path not in self._open_routes:
                self._check_key(scope)
            endpoint = self._direct.get((method, path))
            if endpoint is None:
                status = await self._pass_on(scope, receive, send)
            else:
                response = await endpoint(Request(scope, receive))
                status = response.status_code
                await response(scope, receive, send)
        except ProblemError as problem:
            status = problem.status
            await respond(problem)(scope, receive, send)
        except ClientGoneError:
            status = 408 if scope.get("timed_out") else CLIENT_GONE
        except asyncio.CancelledError:
            status = 503  # the grace after SIGTERM is over
            await respond(unavailable("the service stops"))(scope, receive, send)
        except Exception as error:
            status = 500
            log_event("error", error=repr(error), traceback=traceback.format_exc())
            await respond(ProblemError(500, "this is a mistake of the service, its log says more"))(
                scope, receive, send
            )
        finally:
            seconds = time.perf_counter() - began_s
            route = path if path in self._known else NO_ROUTE
            self._metrics.observe_request(method, route, status, seconds)
            self._log.add(method, route, status, seconds, scope.get("passengers", 0))

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection that is one too many."""
        problem = unavailable("too many connections: try again")
        problem.headers["Connection"] = "close"
        self._metrics.observe_request(scope["method"], NO_ROUTE, 503, 0)
        self._log.add(scope["method"], NO_ROUTE, 503, 0, 0)
        await respond(problem)(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> int:
        status = 500

        async def note_status(message: Scope) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, note_status)
        return status

    def _check_key(self, scope: Scope) -> None:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, key = given.partition(b" ")
        # Constant time: how long the comparison takes must not say how much of the key was right.
        if not hmac.compare_digest(key, self._key) or scheme.lower() != b"bearer":
            raise ProblemError(
                401,
                "send the key of this service in the header 'Authorization: Bearer KEY'",
                headers={"WWW-Authenticate": "Bearer"},
            )


async def read_body(request: Request) -> bytes:
    """Return the body; ProblemError 413 as soon as it is too large, announced or not."""
    headers = request.scope["headers"]
    announced = next((value for name, value in headers if name == b"content-length"), b"0")
    if int(announced) > LARGEST_BODY_BYTES:
        raise ProblemError(
            413, f"the body has {int(announced):,} bytes: send {LARGEST_BODY_BYTES:,} or fewer"
        )
    body = b""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body = body + message["body"] if body else message["body"]
        if len(body) > LARGEST_BODY_BYTES:
            raise ProblemError(413, f"the body has more than {LARGEST_BODY_BYTES:,} bytes: send fewer")
        if not message["more_body"]:
            return body
