from __future__ import annotations

import time

from forkmerge.app.clock import Clock


def test_without_a_limit_there_is_always_time() -> None:
    clock = Clock(None, time.monotonic() - 10_000, suites=100.0)
    assert clock.left is None
    assert clock.limit is None
    assert not clock.over()
    assert clock.leaves(whole=True)
    assert not clock.short


def test_the_time_is_up_for_good_once_it_was_seen_to_be() -> None:
    clock = Clock(5.0, time.monotonic() - 6)
    assert not clock.up
    assert clock.over()
    assert clock.up
    assert clock.left == 0.0


def test_another_run_is_begun_only_where_a_confirmation_still_has_its_time_after_it() -> None:
    clock = Clock(100.0, time.monotonic(), suites=45.0)
    assert clock.leaves(whole=False)
    assert not clock.leaves(whole=True)
    assert clock.short
    assert not clock.leaves(whole=False)


def test_what_thinks_too_long_is_ended_unless_what_was_found_is_being_told() -> None:
    clock = Clock(5.0, time.monotonic() - 6)
    limit = clock.limit
    assert limit is not None
    assert limit.seconds == 0.0
    assert limit.late()
    assert clock.up
    telling = Clock(5.0, time.monotonic() - 6, ended=True)
    assert telling.limit is not None
    assert not telling.limit.late()
    assert not telling.up
