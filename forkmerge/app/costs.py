"""What a question counts against the budget, told from what the parents' own runs took.

Invariant: nothing that is measured while searching counts.  The parents' runs are in the ledger, so a run that is taken
up again asks the same questions, and so does one on a machine that has become busy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.fitness.parents import suite_seconds
from forkmerge.model.outcome import RunStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from forkmerge.model.outcome import SuiteRun
    from forkmerge.search.protocol import Query

START = 0.05
"""What starting a run of a few tests counts at least, in suites."""
_BESIDE = 0.5
"""How much of what a whole run takes beside its tests one of hardly any takes: it imports and tells less (pytest: 2.4 s
beside some 900 tests, 1.2 s for one of them)."""
_SMALL = 5.0
"""Suites that take fewer seconds are taken to take so many: nobody waits for a search among these."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of runs, in runs of all parents' suites (``whole`` seconds).

    ``starts`` are the seconds that a run of each owner takes beside its tests, ``seconds`` those of each test, by duty
    (``ours:test``).  ``tests`` is how many there are; where nothing was measured, their share alone counts.
    """

    tests: int
    whole: float = _SMALL
    starts: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    def some(self, duties: Collection[str]) -> float:
        """Return the price of asking a few tests alone; of none it is that of collecting them."""
        owners = {key.partition(":")[0] for key in duties} if duties else set(self.starts)
        share = len(duties) / max(1, self.tests)
        beside = _BESIDE + (1 - _BESIDE) * min(1.0, share) if duties else 1.0
        starts = beside * sum(self.starts.get(owner, 0.0) for owner in owners)
        took = starts + sum(self.seconds.get(key, 0.0) for key in duties)
        return max(START + share, took / self.whole)


def prices(runs: Mapping[str, Iterable[SuiteRun]], tests: int) -> Prices:
    """Return the prices where the suites of the parents (by owner) took what ``runs`` say.

    Of several runs the fastest counts: the others had to wait for something.
    """
    starts: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for owner, several in runs.items():
        for run in several:
            if run.status is RunStatus.COMPLETED:
                beside = max(0.0, run.seconds - sum(result.seconds for result in run.results))
                starts[owner] = min(beside, starts.get(owner, beside))
                for result in run.results:
                    key = f"{owner}:{result.test}"
                    seconds[key] = min(result.seconds, seconds.get(key, result.seconds))
    return Prices(tests, max(_SMALL, suite_seconds(*runs.values())), starts, seconds)


def cost_of(query: Query, known: Prices, *, selects: bool) -> float:
    """Return what a question counts against the budget, in evaluations of the whole suites."""
    if query.tests is None:
        return 1.0
    if not selects:
        return 0.5 * len({key.partition(":")[0] for key in query.tests})
    return known.some(query.tests)
