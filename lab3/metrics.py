"""What /metrics says: requests, latency, batch sizes, the queue, the model that is serving."""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The counters of one service. Those of each kind of request are kept: looking them up costs a lot."""

    def __init__(self, count_waiting_rows: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "lab3_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "lab3_request_seconds",
            "From a request's headers to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        batch_rows = Histogram(
            "lab3_batch_rows", "Passengers predicted at once.", buckets=ROWS, registry=self._registry
        )
        self.observe_batch = batch_rows.observe
        waiting = Gauge("lab3_waiting_rows", "Passengers waiting to be predicted.", registry=self._registry)
        waiting.set_function(count_waiting_rows)
        self._model = Gauge(
            "lab3_model_info", "1 for the model that is serving.", ("version",), registry=self._registry
        )
        self._reloads = Counter(
            "lab3_model_loads", "Times that a model was asked for.", ("result",), registry=self._registry
        )

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        children = self._children.get(key)
        if children is None:
            children = self._requests.labels(method, route, status), self._seconds.labels(route)
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def note_load(self, version: str | None, *, result: str) -> None:
        self._reloads.labels(result).inc()
        self._model.clear()
        if version:
            self._model.labels(version).set(1)

    def render(self) -> bytes:
        return generate_latest(self._registry)
