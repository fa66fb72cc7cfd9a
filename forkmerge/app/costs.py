"""What a question counts against the budget, told in tests and not in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.search.protocol import Query

_START = 0.05
"""What starting a run of a few tests counts, in suites: told in tests and not in seconds, so that the same seed asks
the same questions on a busy machine."""


def cost_of(query: Query, tests: int, *, selects: bool) -> float:
    """Return what a question counts against the budget, in evaluations of the whole suites."""
    if query.tests is None:
        return 1.0
    if not selects:
        return 0.5 * len({key.partition(":")[0] for key in query.tests})
    return _START + len(query.tests) / max(1, tests)
