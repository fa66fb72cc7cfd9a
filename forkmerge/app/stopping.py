"""Signals that end a run: what is running is killed at once, and the caller goes on with what it has.

A thread that waits for a run can't be interrupted, so the signal first tells the runs to stop and then raises.  A
second signal within a moment (keys are often hit twice) changes nothing, so that the best so far is still reported and
kept; a later one raises again.

Test runs look at the clock themselves; what only thinks (reads, merges, chooses the next candidate) does not, so where
the time is limited an alarm ends it, a moment after the runs have had their chance.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOMENT = 3.0
GRACE = 2.0
"""So many seconds after its time something that only thinks is ended."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``seconds`` from now on; past them ``late`` is called, and says whether there is anything left to end."""

    seconds: float
    late: Callable[[], bool]


@contextlib.contextmanager
def stopping(stop: Callable[[], None], limit: Limit | None = None) -> Iterator[None]:
    """While this is entered SIGINT and SIGTERM call ``stop`` and raise KeyboardInterrupt; in the main thread only.

    So does an alarm past the ``limit``, once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    first: list[float] = []

    def handle(_: int, __: FrameType | None) -> None:
        stop()
        if first and time.monotonic() - first[0] < _MOMENT:
            return
        first.append(time.monotonic())
        raise KeyboardInterrupt

    def ring(_: int, __: FrameType | None) -> None:
        if limit is not None and limit.late():
            stop()
            raise KeyboardInterrupt

    before = [(number, signal.signal(number, handle)) for number in _SIGNALS]
    if limit is not None:
        before.append((signal.SIGALRM, signal.signal(signal.SIGALRM, ring)))
        signal.setitimer(signal.ITIMER_REAL, max(0.0, limit.seconds) + GRACE)
    try:
        yield
    finally:
        if limit is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before:
            signal.signal(number, handler)
