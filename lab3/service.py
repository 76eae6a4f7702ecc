"""Serves the model of survival over REST.

    python lab3/service.py

Listens on http://127.0.0.1:8000, with batches, limits and metrics; lab3/README.md lists the settings. SIGTERM
ends it after what was accepted has been answered, SIGHUP makes it load the model again.
"""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from common.stage import EXIT_LAB_ERROR, LabError

from batching import Batcher
from edge import Edge
from holder import ModelHolder
from log import EventHandler, RequestLog, log_event
from metrics import Metrics
from routes import OPEN_ROUTES, add_routes
from server import Server
from settings import Settings, load_settings


def build(settings: Settings, server: Server) -> Edge:
    """Return the service as one ASGI application; the model is loaded when it starts."""
    holder = ModelHolder(settings.model_folder)

    def predict(rows: bytes) -> tuple[list[float], str]:
        model = holder.current
        return model.predictor.predict(rows), model.version

    metrics = Metrics()
    batcher = Batcher(
        predict,
        most_rows=settings.batch_rows,
        queue_rows=settings.queue_rows,
        delay_s=settings.batch_delay_ms / 1000,
        count_requests=server.count_requests,
        count_few=lambda: holder.current.predictor.few,
        observe_rows=metrics.observe_batch,
    )
    metrics.watch_queue(lambda: batcher.waiting_rows)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        load(holder, metrics)
        gc.freeze()  # what is here now stays: looking for garbage among it only delays answers
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, load, holder, metrics)
        yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    add_routes(app, holder, batcher, metrics)
    return Edge(
        app,
        metrics,
        RequestLog(),
        api_key=settings.api_key.get_secret_value(),
        open_routes=OPEN_ROUTES,
    )


def load(holder: ModelHolder, metrics: Metrics) -> None:
    """Load the model, or keep the one there is; say on stderr what came of it. It takes some milliseconds."""
    loaded = holder.reload()
    version = holder.current.version if holder.current else None
    metrics.note_load(version, result="loaded" if loaded else "refused")
    if loaded:
        log_event("model loaded", version=version, shortcuts=holder.current.predictor.shortcuts)
    else:
        log_event("model refused", reason=holder.reason, serving=version)


def main() -> int:
    if sys.argv[1:]:
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    logging.basicConfig(handlers=[EventHandler()], level=logging.WARNING)
    try:
        settings = load_settings()
        server = Server(settings)
        edge = build(settings, server)
        return server.serve_until_stopped(edge, edge.refuse)
    except LabError as error:
        print(f"service.py: {error}", file=sys.stderr)
        return EXIT_LAB_ERROR


if __name__ == "__main__":
    sys.exit(main())
