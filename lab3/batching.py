"""Micro-batching: what arrives together is predicted together, in the event loop itself.

A batch of 16 costs CatBoost hardly more than one passenger does, and far less than handing it to a thread
and back. So there is no thread: a request's rows wait until every request that has arrived has brought its
own (or for the delay that was asked for), then all are predicted at once. Where so few are being served that
answering them one by one is quicker still, nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from passenger import ROW

Answer = tuple[list[float], str]  # probabilities, and the version of the model that gave them


class QueueFullError(Exception):
    """The queue's bound is reached: refuse now rather than answer late."""


class Waiting(NamedTuple):
    rows: bytes
    count: int
    answer: "asyncio.Future[Answer]"


class Batcher:
    """Collects rows and predicts them in the order they came, `most_rows` at once where they fit."""

    def __init__(
        self,
        predict: Callable[[bytes], Answer],
        *,
        most_rows: int,
        queue_rows: int,
        delay_s: float,
        count_requests: Callable[[], int],
        count_few: Callable[[], int],
        observe_rows: Callable[[int], None],
    ) -> None:
        self._predict, self._observe_rows = predict, observe_rows
        self._count_requests, self._count_few = count_requests, count_few
        self._most_rows, self._queue_rows, self._delay_s = most_rows, queue_rows, delay_s
        self._queue: deque[Waiting] = deque()
        self._timer: asyncio.Handle | None = None
        self.waiting_rows = 0

    async def ask(self, rows: bytes) -> Answer:
        """Return the probabilities of packed rows; QueueFullError where they do not fit any more."""
        if not self._queue and not self._delay_s and self._count_requests() <= self._count_few():
            self._observe_rows(len(rows) // ROW.size)
            return self._predict(rows)
        return await self._submit(rows)

    def _submit(self, rows: bytes) -> "asyncio.Future[Answer]":
        count = len(rows) // ROW.size
        if self.waiting_rows + count > self._queue_rows:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        is_last = self._nobody_else_comes()
        answer = loop.create_future()
        self._queue.append(Waiting(rows, count, answer))
        self.waiting_rows += count
        if self._timer is None:
            self._timer = (
                loop.call_later(self._delay_s, self._flush) if self._delay_s else loop.call_soon(self._flush)
            )
        if is_last or self.waiting_rows >= self._most_rows:
            self._timer.cancel()
            self._flush()
        return answer

    def _nobody_else_comes(self) -> bool:
        """Say whether every request that has arrived waits here already, or is the one that asks."""
        return not self._delay_s and len(self._queue) + 1 >= self._count_requests()

    def _flush(self) -> None:
        """Predict one batch; the loop reads and refuses in between where more than one is waiting."""
        batch = self._take()
        self._timer = asyncio.get_running_loop().call_soon(self._flush) if self._queue else None
        if not batch:
            return
        rows = batch[0].rows if len(batch) == 1 else b"".join([waiting.rows for waiting in batch])
        self._observe_rows(len(rows) // ROW.size)
        try:
            probabilities, version = self._predict(rows)
        except Exception as error:
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        begin = 0
        for waiting in batch:
            end = begin + waiting.count
            if not waiting.answer.done():  # its client may have gone
                waiting.answer.set_result((probabilities[begin:end], version))
            begin = end

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        room = self._most_rows
        while self._queue and (not batch or self._queue[0].count <= room):
            waiting = self._queue.popleft()
            self.waiting_rows -= waiting.count
            if waiting.answer.done():
                continue
            room -= waiting.count
            batch.append(waiting)
        return batch
