"""Where gradings run: processes of this machine, or tasks on a Dask cluster that sees the same folders."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from threading import Thread

from common.grading.book.task import GRADER, Graded, Task, grade, stop_running
from common.grading.texts import shown, speak, spoken, text
from common.stage import LabError

Results = Iterator[tuple[Task, Graded]]
AHEAD = 2  # tasks that wait for each worker: a thousand results at once would not fit in memory


@contextmanager
def local(jobs: int) -> Iterator[Callable[[Iterable[Task]], Results]]:
    """Give a function that grades tasks, `jobs` at a time, and yields results as they come."""
    GRADER.begin()
    # It brings scipy, half a second, while the first submissions are graded.
    Thread(target=import_module, args=["common.grading.book.sketch"]).start()
    # The pool's threads only wait: each grading is a process of its own.
    pool = ThreadPoolExecutor(jobs)
    try:
        yield lambda tasks: _as_they_come(lambda task: pool.submit(grade, task), tasks, jobs)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        stop_running()


@contextmanager
def cluster(scheduler: str) -> Iterator[Callable[[Iterable[Task]], Results]]:
    """Give the same on the workers of a Dask scheduler; LabError where it does not answer."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise LabError(
            text("--scheduler needs Dask: type  .venv/bin/python -m pip install 'mlops-workbook[cluster]'")
        ) from None
    try:
        client = Client(scheduler, timeout=5, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise LabError(
            text("no Dask scheduler answers at '{address}' ({why}): start one", address=scheduler, why=error)
        ) from None
    with client:
        # A worker that dies loses its task, not the grading: the scheduler gives it to another, thrice.
        # One process of the grader a thread; workers that come later count with the next tasks.
        many = max(1, sum(client.nthreads().values()))
        submit = client.get_executor(pure=False, retries=3).submit
        yield lambda tasks: _as_they_come(lambda task: submit(_grade_in, spoken(), task), tasks, many)


def _grade_in(language: str, task: Task) -> Graded:
    speak(language)  # the worker's own process has spoken English so far
    return grade(task)


def _as_they_come(submit: Callable[[Task], Future], tasks: Iterable[Task], workers: int) -> Results:
    waiting, left = {}, iter(tasks)
    while True:
        for task in islice(left, workers * AHEAD - len(waiting)):
            waiting[submit(task)] = task
        if not waiting:
            return
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            task = waiting.pop(future)
            yield task, _result(future, task)


def _result(future: Future, task: Task) -> Graded:
    try:
        return future.result()
    except Exception as error:  # of one grading: a worker that died each time, a file that is gone
        why = f"{type(error).__name__}: {error}"
        return Graded(task.key, text("it could not be graded: {why}", why=shown(why)), None, 0.0)
