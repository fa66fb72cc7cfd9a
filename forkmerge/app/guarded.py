"""Work that must not be able to take its caller down: run in a forked child, with a deadline.

Idea: the structured merge calls parsers written in C and runs on any file that somebody commits.  An exception, a stack
that overflows, a crash or a hang in it must end in git's own answer, so it runs in a child that the parent can wait for
and give up on.  A fork costs about a millisecond; an alarm signal would stop neither a crash nor a loop in C.
Where there is no ``fork`` the work runs in the caller, with exceptions caught and without a deadline.

A process that somebody watches (the shell line of the merge driver, which lets git merge when the process dies) needs
no child: ``watched`` lets the deadline kill it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWER, _TROUBLE = b"A", b"T"


class GaveUp(Exception):  # noqa: N818 - a way out as much as an error
    """The work raised, crashed or took too long; the text says which."""


def guarded(work: Callable[[], bytes], seconds: float) -> bytes:
    """Return what ``work`` returns; raise GaveUp when it raises, dies, or is not done after ``seconds``."""
    if not hasattr(os, "fork"):
        try:
            return work()
        except Exception as error:
            raise GaveUp(_words(error)) from error
    import time  # noqa: PLC0415 - not needed where the caller is watched

    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _run_child(work, writer)
    os.close(writer)
    status = 0
    try:
        data = _read(reader, time.monotonic() + seconds)
    except BaseException:
        from signal import SIGKILL  # noqa: PLC0415 - seldom needed, and dear to import

        os.kill(child, SIGKILL)
        raise
    finally:
        os.close(reader)
        _, status = os.waitpid(child, 0)
    if data[:1] == _ANSWER and status == 0:
        return data[1:]
    if data[:1] == _TROUBLE:
        raise GaveUp(data[1:].decode("utf-8", "replace"))
    raise GaveUp(f"it was ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "it ended early")


def watched(work: Callable[[], bytes], seconds: float) -> bytes:
    """Return what ``work`` returns; raise GaveUp when it raises; SIGALRM ends this process after ``seconds``."""
    if not hasattr(os, "fork"):
        return guarded(work, seconds)
    import _signal  # type: ignore[import-not-found]  # noqa: PLC0415 - `signal` makes enums of it, which takes long

    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.setitimer(_signal.ITIMER_REAL, seconds)
    try:
        return work()
    except Exception as error:
        raise GaveUp(_words(error)) from error
    finally:
        _signal.setitimer(_signal.ITIMER_REAL, 0)


def _run_child(work: Callable[[], bytes], writer: int) -> None:
    """Send the answer and leave without running anything that belongs to the parent; never returns."""
    code = 1
    try:
        try:
            message = _ANSWER + work()
            code = 0
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes words
            message = _TROUBLE + _words(error).encode("utf-8", "replace")
        view = memoryview(message)
        while view:
            view = view[os.write(writer, view) :]
    finally:
        os._exit(code)


def _read(reader: int, deadline: float) -> bytes:
    import select  # noqa: PLC0415 - not needed where the caller is watched
    import time  # noqa: PLC0415 - the same

    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            raise GaveUp("it took too long")
        part = os.read(reader, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
