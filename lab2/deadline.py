"""A time limit for whatever is waited for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from common.stage import LabError


@contextmanager
def deadline(what: str, timeout_s: float) -> Iterator[None]:
    """Raise a LabError when the block takes longer: also by bytes that come one by one, each in time."""

    def stop(*_: object) -> None:
        raise LabError(f"'{what}' took longer than {timeout_s:g} s: raise --timeout-s, or try later")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
