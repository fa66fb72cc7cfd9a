"""Signals that end a run: what is running is killed at once, and the caller goes on with what it has.

A thread that waits for a run can't be interrupted, so the signal first tells the runs to stop and then raises.  A
second signal within a moment (keys are often hit twice) changes nothing, so that the best so far is still reported and
kept; a later one raises again.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOMENT = 3.0


@contextlib.contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """While this is entered SIGINT and SIGTERM call ``stop`` and raise KeyboardInterrupt; in the main thread only."""
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

    before = [(number, signal.signal(number, handle)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
