"""What /metrics says: requests, latency, batch sizes, the queue, the model that is serving."""

from collections.abc import Callable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
ROWS_POWERS = 11  # buckets of 1, 2, 4 … 1024 rows


class BatchRows(Collector):
    """A histogram of batch sizes that costs a lone passenger's prediction next to nothing."""

    def __init__(self) -> None:
        self._batches = [0] * ROWS_POWERS
        self._rows = 0

    def observe(self, rows: int) -> None:
        self._batches[(rows - 1).bit_length()] += 1
        self._rows += rows

    def collect(self) -> Iterator[HistogramMetricFamily]:
        buckets = [(str(2.0**power), sum(self._batches[: power + 1])) for power in range(ROWS_POWERS)]
        buckets.append(("+Inf", sum(self._batches)))
        yield HistogramMetricFamily(
            "lab3_batch_rows", "Passengers predicted at once.", buckets=buckets, sum_value=self._rows
        )


class Metrics:
    """The counters of one service. Those of each kind of request are kept: looking them up costs a lot."""

    def __init__(self) -> None:
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
        batch_rows = BatchRows()
        self._registry.register(batch_rows)
        self.observe_batch = batch_rows.observe
        self._model = Gauge(
            "lab3_model_info", "1 for the model that is serving.", ("version",), registry=self._registry
        )
        self._reloads = Counter(
            "lab3_model_loads", "Times that a model was asked for.", ("result",), registry=self._registry
        )

    def watch_queue(self, count_rows: Callable[[], int]) -> None:
        waiting = Gauge("lab3_waiting_rows", "Passengers waiting to be predicted.", registry=self._registry)
        waiting.set_function(count_rows)

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
