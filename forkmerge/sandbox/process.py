"""Watching a started process: its output's tail, the wall limit, the caller's wish to cancel.

Nothing here knows of isolation: the backend gives ``stop``, which kills the whole run.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.sandbox.backend import Tick

TICK = 0.1
_GRACE = 2.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Watched:
    """How it ended (``ended`` by itself, ``timeout``, ``cancelled``), the process's return code, tail and wall time."""

    how: Literal["ended", "timeout", "cancelled"]
    returncode: int
    tail: bytes
    seconds: float


class Tail:
    """The last ``size`` bytes of what was fed to it; memory stays bounded whatever the flood."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: deque[bytes] = deque()
        self._length = 0

    def feed(self, data: bytes) -> None:
        """Take ``data`` in and forget what is too old."""
        self._kept.append(data)
        self._length += len(data)
        while self._kept and self._length - len(self._kept[0]) >= self._size:
            self._length -= len(self._kept.popleft())

    def bytes(self) -> bytes:
        """Return what is kept."""
        return b"".join(self._kept)[-self._size :] if self._size else b""


def watch(
    process: subprocess.Popen[bytes],
    *,
    wall: float,
    output: int,
    stop: Callable[[], None],
    on_tick: Tick | None,
) -> Watched:
    """Return how ``process`` ended; its stdout (a pipe) is read to the end or until nobody is left to write to it.

    ``stop`` is called once, at the wall limit or when ``on_tick`` says so, and on any exception (Ctrl-C).
    """
    started = time.monotonic()
    tail = Tail(output)
    how: Literal["ended", "timeout", "cancelled"] = "ended"
    if process.stdout is None:
        raise ValueError("the process must be started with stdout=PIPE")
    stream = process.stdout.fileno()
    os.set_blocking(stream, False)
    gone = process_handle(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            selector.register(gone, selectors.EVENT_READ)
            while process.poll() is None:
                left = started + wall - time.monotonic()
                if left <= 0:
                    how = "timeout"
                elif on_tick is not None and on_tick():
                    how = "cancelled"
                if how != "ended":
                    break
                for key, _ in selector.select(min(TICK, left)):
                    if key.fd == stream and not drain(stream, tail):
                        selector.unregister(stream)
        if how != "ended":
            stop()
        _finish(process, stream, tail)
    except BaseException:
        stop()
        _finish(process, stream, tail)
        raise
    finally:
        os.close(gone)
        process.stdout.close()
    return Watched(how, process.returncode, tail.bytes(), time.monotonic() - started)


def process_handle(pid: int) -> int:
    """Return a pidfd of ``pid``: it names the process even when its number is used again."""
    return os.pidfd_open(pid)


def drain(stream: int, tail: Tail) -> bool:
    """Read what is there into ``tail``; return False at the end of the stream."""
    try:
        data = os.read(stream, _CHUNK)
    except BlockingIOError:
        return True
    tail.feed(data)
    return bool(data)


def _finish(process: subprocess.Popen[bytes], stream: int, tail: Tail) -> None:
    """Reap the process and take the rest of its output, for at most a grace period should a writer be left."""
    try:
        process.wait(_GRACE * 5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    until = time.monotonic() + _GRACE
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0 and selector.select(left):
            if not drain(stream, tail):
                return
