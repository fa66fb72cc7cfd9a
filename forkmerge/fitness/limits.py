"""Time limits of candidates, from what the parents took: three times the slowest, and ten seconds on top.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.suites.runner import TestLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.model.outcome import SuiteRun

FACTOR, SLACK = 3.0, 10.0
LESS_SLACK = 2.0
"""For what runs after a test that hung."""
START = 20.0


def limits_for(parents: Iterable[SuiteRun], *, grace: float = 5.0) -> TestLimits:
    """Return the limits for candidates; the whole run has slack for a few tests that hang up to their own limit."""
    runs = tuple(parents)
    slowest = max((r.seconds for run in runs for r in run.results), default=0.0)
    whole = max((run.seconds for run in runs), default=0.0)
    per_test = FACTOR * slowest + SLACK
    return TestLimits(
        per_test=per_test,
        whole=FACTOR * whole + START + 3 * (per_test + 2 * grace),
        grace=grace,
        hung=FACTOR * slowest + LESS_SLACK,
    )
