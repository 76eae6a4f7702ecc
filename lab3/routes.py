"""The service's routes: what each is asked and answers."""

import asyncio
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from answers import answer_many, answer_one, answer_why, respond_json
from batching import Batcher, QueueFullError
from complaints import find_complaints
from documentation import document
from edge import DirectRoute, read_body
from holder import LoadedModel, ModelHolder
from metrics import CONTENT_TYPE, Metrics
from passenger import EXAMPLE, Passenger, decode, pack
from problems import ProblemError, respond, unavailable

OPEN_ROUTES = {"/healthz", "/readyz", "/metrics", "/openapi.json"}  # no key: no model can be asked here


def add_routes(app: FastAPI, holder: ModelHolder, batcher: Batcher, metrics: Metrics) -> None:
    """Give the application its routes, its documentation and its form of errors."""

    async def predict(request: Request) -> Response:
        """The probability of survival of a passenger, or of each of up to 1,000."""
        people = read_passengers(await read_body(request))
        find_model(holder)
        if isinstance(people, Passenger):
            request.scope["passengers"] = 1
            (probability,), version = await ask(batcher, pack(people))
            return respond_json(answer_one(probability, version))
        request.scope["passengers"] = len(people)
        probabilities, version = await ask(batcher, b"".join(map(pack, people)))
        return respond_json(answer_many(probabilities, version))

    async def explain(request: Request) -> Response:
        """What moved one passenger's prediction: SHAP values, in log-odds, that add up to it."""
        person = read_passengers(await read_body(request))
        if isinstance(person, list):
            raise ProblemError(422, "one passenger is explained at a time: give an object, not a list")
        model = find_model(holder)
        request.scope["passengers"] = 1
        row = pack(person)
        base, contributions = await asyncio.to_thread(model.predictor.explain, row)
        probability = model.predictor.predict(row)[0]
        return respond_json(answer_why(probability, base, contributions, model.version))

    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "alive"}

    async def readyz() -> dict[str, str | None]:
        """The model is loaded and answers; else 503 and the reason."""
        model = find_model(holder)
        model.predictor.predict(pack(msgspec.convert(EXAMPLE, Passenger)))
        return {"status": "ready", "model_version": model.version, "refused": holder.reason or None}

    async def describe_model() -> dict[str, Any]:
        """What the model is: model.json, and its card once it has been tested."""
        model = find_model(holder)
        return {"version": model.version, "model": model.description, "card": model.card}

    async def render_metrics() -> Response:
        """Numbers for Prometheus."""
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    app.router.routes += [
        DirectRoute("/predict", predict, methods=["POST"]),
        DirectRoute("/explain", explain, methods=["POST"]),
    ]
    for path, endpoint in {"/healthz": healthz, "/readyz": readyz, "/model": describe_model}.items():
        app.get(path)(endpoint)
    app.get("/metrics", response_class=Response)(render_metrics)
    document(app)
    app.add_exception_handler(ProblemError, answer_problem)
    app.add_exception_handler(HTTPException, answer_exception)


def read_passengers(body: bytes) -> Passenger | list[Passenger]:
    try:
        try:
            return decode(body)
        except msgspec.ValidationError as error:
            first = {"pointer": "", "detail": str(error)}
            content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, f"the body cannot be read as JSON: {error}") from error
    complaints = find_complaints(content) or [first]  # a name twice: the last one counts, and may be right
    raise ProblemError(422, "this is not a passenger, nor a list of them", errors=complaints)


def find_model(holder: ModelHolder) -> LoadedModel:
    if holder.current is None:
        raise unavailable(holder.reason)
    return holder.current


async def ask(batcher: Batcher, rows: bytes) -> tuple[list[float], str]:
    try:
        return await batcher.ask(rows)
    except QueueFullError:
        raise unavailable("too many passengers are waiting: try again") from None


async def answer_problem(_: Request, problem: ProblemError) -> Response:
    return respond(problem)


async def answer_exception(request: Request, error: HTTPException) -> Response:
    """Say what FastAPI found, a wrong path or method, as a problem."""
    detail = {404: f"there is no '{request.url.path}' here", 405: f"{request.method} is not for this path"}
    return respond(
        ProblemError(error.status_code, detail.get(error.status_code, error.detail), headers=error.headers)
    )
