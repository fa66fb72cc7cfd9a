"""Many pieces of work, each of which may raise, crash or hang, in a few forked children that outlive their answers.

Idea: as ``app.guarded`` does for one file, but a fork for each file would cost more than most merges.  A child works
through its share and sends each answer as it is ready; when it dies or takes too long over one, that one is given up
and a new child goes on with the rest.  What the parent has imported and read, the children share.
Invariant: the answers come in the order of the work, whatever the number of children.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import select
import signal
import struct
import sys
import time
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_CYCLES = 100_000
"""Objects to be made before a child looks for reference cycles: trees of syntax make many, and live briefly."""
_HEAD = struct.Struct("!IQ")


class Gave(NamedTuple, Generic[T]):
    """The answer to one piece of work, or why there is none."""

    value: T | None
    trouble: str = ""


class _Child:
    """A running child, what it still has to do (the first is what it is at), and what it sent of the next answer."""

    __slots__ = ("data", "deadline", "pid", "reader", "todo")

    def __init__(self, pid: int, reader: int, todo: list[int], deadline: float) -> None:
        self.pid, self.reader, self.todo, self.deadline = pid, reader, todo, deadline
        self.data = bytearray()


def each(works: Sequence[Callable[[], T]], *, seconds: float, children: int = 1) -> list[Gave[T]]:
    """Return what each of ``works`` returns, which must be picklable; ``seconds`` are for each one."""
    if not hasattr(os, "fork"):
        return [_here(work) for work in works]
    answers: dict[int, Gave[T]] = {}
    count = max(1, min(children, len(works)))
    running: list[_Child] = []
    try:
        for number in range(count):
            share = list(range(number, len(works), count))
            if share:
                running.append(_start(works, share, seconds))
        while running:
            running = _wait(works, running, answers, seconds)
    finally:
        for child in running:
            _end(child)
    return [answers[index] for index in range(len(works))]


def _here(work: Callable[[], T]) -> Gave[T]:
    try:
        return Gave(work())
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes words
        return Gave(None, f"{type(error).__name__}: {error}")


def _start(works: Sequence[Callable[[], Any]], todo: list[int], seconds: float) -> _Child:
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(reader)
            gc.set_threshold(_CYCLES)
            for index in todo:
                data = pickle.dumps(_here(works[index]))
                _send(writer, _HEAD.pack(index, len(data)) + data)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    return _Child(pid, reader, todo, time.monotonic() + seconds)


def _send(writer: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(writer, view) :]


def _wait(
    works: Sequence[Callable[[], Any]], running: list[_Child], answers: dict[int, Gave[T]], seconds: float
) -> list[_Child]:
    """Take in what the children send until one of them has to be replaced or is done; return who is running then."""
    left = max(0.0, min(child.deadline for child in running) - time.monotonic())
    ready = select.select([child.reader for child in running], [], [], left)[0]
    out = []
    for child in running:
        trouble = ""
        if child.reader in ready:
            part = os.read(child.reader, 1 << 20)
            child.data += part
            _take(child, answers, seconds)
            trouble = "" if part else "it ended early"
        elif time.monotonic() >= child.deadline:
            trouble = "it took too long"
        if child.todo and not trouble:
            out.append(child)
            continue
        died = _end(child)
        if child.todo:
            answers[child.todo[0]] = Gave(None, died or trouble)
            if child.todo[1:]:
                out.append(_start(works, child.todo[1:], seconds))
    return out


def _take(child: _Child, answers: dict[int, Gave[T]], seconds: float) -> None:
    while len(child.data) >= _HEAD.size:
        index, size = _HEAD.unpack_from(child.data)
        if len(child.data) < _HEAD.size + size:
            return
        answers[index] = pickle.loads(child.data[_HEAD.size : _HEAD.size + size])  # noqa: S301 - our own child wrote it
        del child.data[: _HEAD.size + size]
        child.todo.remove(index)
        child.deadline = time.monotonic() + seconds


def _end(child: _Child) -> str:
    """End the child and return which signal had ended it before, "" if none had."""
    os.close(child.reader)
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    if not pid and child.todo:
        time.sleep(0.01)  # its pipe is closed before it is dead
        pid, status = os.waitpid(child.pid, os.WNOHANG)
    if not pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        return ""
    return f"it was ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else ""
