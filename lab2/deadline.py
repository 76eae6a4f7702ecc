"""A time limit for whatever is waited for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from common.stage import LabError


@contextmanager
def deadline(what: str, timeout_s: float) -> Iterator[None]:
    """Raise a LabError when the block takes longer: also by bytes that come one by one, each in time."""
    late = LabError(f"'{what}' took longer than {timeout_s:g} s: raise --timeout-s, or try later")
    is_late = False

    def stop(*_: object) -> None:
        nonlocal is_late
        is_late = True
        raise late

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    except Exception:
        if is_late:  # a library that is interrupted may complain in its own way
            raise late from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
