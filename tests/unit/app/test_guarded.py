from __future__ import annotations

import os
import signal
import time

import pytest

from forkmerge.app.guarded import GaveUp, guarded

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


def test_an_answer_comes_back_whole() -> None:
    assert guarded(lambda: b"x" * 3_000_000, 20) == b"x" * 3_000_000
    assert guarded(lambda: b"", 20) == b""


def test_an_exception_is_told_in_words() -> None:
    def work() -> bytes:
        raise ValueError("no way")

    with pytest.raises(GaveUp, match="ValueError: no way"):
        guarded(work, 20)


def test_a_crash_of_the_process_is_survived() -> None:
    def work() -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    with pytest.raises(GaveUp, match="signal 9"):
        guarded(work, 20)


def test_a_stack_that_overflows_is_survived() -> None:
    def work() -> bytes:
        return work()

    with pytest.raises(GaveUp, match="RecursionError"):
        guarded(work, 20)


def test_a_hang_ends_at_the_deadline_and_leaves_no_process() -> None:
    def work() -> bytes:
        while True:
            time.sleep(1)

    started = time.monotonic()
    with pytest.raises(GaveUp, match="too long"):
        guarded(work, 0.2)
    assert time.monotonic() - started < 5
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
