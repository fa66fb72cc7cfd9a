"""Work in a thread."""

from __future__ import annotations

import threading

import pytest

from forkmerge.app.meanwhile import Meanwhile


def test_the_answer_is_there_and_the_thread_is_not() -> None:
    before = threading.active_count()
    work = Meanwhile(lambda: 7)
    assert work.result() == work.result() == 7
    assert threading.active_count() == before


def test_what_is_raised_there_is_raised_here() -> None:
    def work() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Meanwhile(work).result()
