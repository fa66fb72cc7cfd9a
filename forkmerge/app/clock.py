"""The time that a run is given: what is left of it, whether it is up, and how much of it a confirmation needs.

A search ends while there is still time to confirm what it found: an answer that was seen once is worth less than one
that was seen twice, the second time in fresh clones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from forkmerge.app.stopping import Limit

_CONFIRMATION = 1.5
"""A confirmation may take so much longer than the last run of the whole suites."""


@dataclass(slots=True)
class Clock:
    """``seconds`` (None: as long as it takes) from ``started`` on, by ``time.monotonic``.

    ``up``: the time was seen to be up; ``ended``: what was found is being told, and nothing is left to end;
    ``suites``: what the last run of whole suites took; ``short``: the search ended early, for the confirmation.
    """

    seconds: float | None
    started: float
    up: bool = False
    ended: bool = False
    short: bool = False
    suites: float = 0.0

    @property
    def passed(self) -> float:
        """Return how long it has taken."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float | None:
        """Return how much is left, None where there is no limit."""
        return None if self.seconds is None else max(0.0, self.seconds - self.passed)

    @property
    def limit(self) -> Limit | None:
        """Return the limit for what only thinks."""
        return None if self.left is None else Limit(self.left, self._late)

    def over(self) -> bool:
        """Return whether the time is up."""
        self.up = self.up or (self.seconds is not None and self.passed > self.seconds)
        return self.up

    def leaves(self, *, whole: bool) -> bool:
        """Return whether a confirmation still has its time after another run, of ``whole`` suites or a few tests."""
        left = self.left
        self.short = self.short or (left is not None and left < self.suites * (_CONFIRMATION + whole))
        return not self.short

    def _late(self) -> bool:
        self.up = self.up or not self.ended
        return not self.ended
