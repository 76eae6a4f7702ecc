"""Brings a gradebook up to date: what is kept and still holds stays, the rest is graded, tables follow."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.grading.book.comments import write_comment
from common.grading.book.entries import Attempt
from common.grading.book.hashing import result_key
from common.grading.book.page import write_page
from common.grading.book.rows import as_row, choose
from common.grading.book.rubrics import Criterion
from common.grading.book.store import Store
from common.grading.book.tables import write_tables
from common.grading.book.task import Graded, Task
from common.grading.book.workers import Results
from common.grading.texts import text

REWRITE_S = 5.0  # after each result it would cost the square of the class


@dataclass(frozen=True)
class Course:
    """What is the same for every submission."""

    labs: tuple[str, ...]
    criteria: Sequence[Criterion]
    options: tuple[str, ...]  # of the grader, as they are typed
    judges: str  # a hash of the rubrics and the grader
    counts: str  # best or last
    starter: Path | None = None


class Collection:
    def __init__(self, store: Store, course: Course, attempts: Sequence[Attempt]) -> None:
        self.store, self.course, self.attempts = store, course, attempts
        self.rows: dict[Attempt, dict] = {}
        self._written_s = -REWRITE_S

    def take_kept(self, changed: set[str] | None) -> list[Task]:
        """Take over the kept results that still hold; return what is to be graded.

        With `changed`, names of entries, every other kept result holds, whatever has graded it.
        """
        tasks = []
        for attempt in self.attempts:
            kept = self.store.read(attempt)
            if kept and changed is not None and attempt.path.name not in changed:
                self._add(attempt, kept)
                continue
            try:
                key = result_key(attempt.path, self.course.judges, (*self.course.labs, *self.course.options))
            except OSError as error:
                why = text("it cannot be read: {why}", why=error.strerror or error)
                self._keep(attempt, Graded("", why, None, 0.0))
                continue
            if kept and kept["key"] == key:
                self._add(attempt, kept)
            else:
                tasks.append(Task(attempt, self.course.labs, self.course.options, key, self.course.starter))
        return tasks

    def grade(self, tasks: Sequence[Task], grade_all: Callable[[Iterable[Task]], Results]) -> Iterator[dict]:
        """Grade the tasks; keep, and yield the row of, each as it comes."""
        for task, graded in grade_all(tasks):
            yield self._keep(task.attempt, graded)
            if time.monotonic() - self._written_s > REWRITE_S:
                self.write()

    def write(self) -> list[dict]:
        """Write tables, comments and the page of what is there; return the rows."""
        ordered = [self.rows[attempt] for attempt in self.attempts if attempt in self.rows]
        rows = choose(ordered, self.course.counts)
        write_tables(self.store.folder, rows, self.course.criteria)
        self._written_s = time.monotonic()
        return rows

    def finish(self) -> list[dict]:
        """Write everything, with what is only worth doing once: pages, comments and likenesses."""
        from common.grading.book.sketch import alike  # scipy, half a second

        rows = self.write()
        sketches = ((row["student"], self.store.of_row(row)["sketch"]) for row in rows)
        write_page(self.store.folder, rows, self.course.criteria, alike(sketches))
        for row in rows:
            labs = self.store.of_row(row)["labs"]
            write_comment(self.store.folder / row["folder"], row, labs, self.course.criteria)
        return rows

    def _keep(self, attempt: Attempt, graded: Graded) -> dict:
        return self._add(attempt, self.store.keep(attempt, graded))

    def _add(self, attempt: Attempt, result: dict) -> dict:
        self.rows[attempt] = as_row(attempt, result, self.course.criteria)
        return self.rows[attempt]
