"""Scores the rows of a file block by block, on all cores; what cannot be scored is told with the reason."""

import csv
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from common.files import MISSING

from candidates import probabilities
from csv_rows import CsvInput, Rows
from parquet_rows import ParquetInput
from schema import BOUNDS

DIGITS = 6  # of probabilities: the next ones differ between processors
THRESHOLD = 0.5
MOST_WORKERS = 8  # each has a block or two in memory


@dataclass(frozen=True)
class Scored:
    """A block's answers, encoded, and its bad rows as (number, reason, text)."""

    answers: Any
    rejected: list[tuple[int, str, str]]
    rows: int
    malignant: int
    amount: int  # of the input: bytes of a CSV, rows of Parquet


def score_all(
    source: CsvInput | ParquetInput, model: Any, encode: Callable[[pa.Table], Any]
) -> Iterator[Scored]:
    """Yield the scored blocks in the input's order; one more than there are cores is in memory."""
    workers = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    waiting: deque[Future[Scored]] = deque()
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        for number, block, amount in source.blocks():
            waiting.append(pool.submit(score_block, source, model, encode, number, block, amount))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def score_block(
    source: CsvInput | ParquetInput,
    model: Any,
    encode: Callable[[pa.Table], Any],
    number: int,
    block: bytes | pa.Table,
    amount: int,
) -> Scored:
    rows = source.read(number, block)
    highest = np.array([BOUNDS[name] for name in source.features])
    fits = (rows.features >= 0) & (rows.features <= highest)  # never of NaN
    good = fits.all(axis=1)
    reasons = rows.unreadable | {
        int(rows.numbers[place]): explain(source, rows, place, int(np.argmin(fits[place])))
        for place in np.flatnonzero(~good)
    }
    numbers, features, others = rows.numbers, rows.features, rows.others
    if not good.all():
        numbers, features, others = numbers[good], features[good], others.filter(pa.array(good))
    malignant = probabilities(model, features).round(DIGITS) if len(features) else np.empty(0)
    predictions = (malignant >= THRESHOLD).astype("int8")
    columns = {source.unit: numbers, **dict(zip(others.column_names, others.columns, strict=True))}
    return Scored(
        answers=encode(pa.table(columns | {"prediction": predictions, "probability": malignant})),
        rejected=[(at, why, rows.text(at)) for at, why in sorted(reasons.items())],
        rows=len(numbers),
        malignant=int(predictions.sum()),
        amount=amount,
    )


def explain(source: CsvInput | ParquetInput, rows: Rows, place: int, column: int) -> str:
    """Return what is wrong with a feature of a row."""
    name = source.features[column]
    fields = next(csv.reader([rows.text(int(rows.numbers[place]))]), [])
    value = fields[source.columns.index(name)].strip() if fields else ""  # an empty line has no fields
    if value in MISSING:
        return f"{name} is missing"
    return f"{name}: '{value}' is not a number from 0 to {BOUNDS[name]:g}"
