"""Suspicion where blame is not to be had: a cause that lies all over two programs.

Where the nearest genome on which a test passes is another program (it differs at many loci where nothing has to be
decided), most mixtures of the two fail in ways of their own.
The smallest set of loci that makes the test fail is then half of the difference, takes hundreds of runs to find, and
says nothing; or any one of a thousand loci does, and each candidate blames another.  So the search for it ends after a
bounded number of probes, and is not begun again and again for one test: what the candidate has at the loci in conflict
that the test ran something of is suspected instead, and the next candidate has something else there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.recombination.values import Clause
from forkmerge.search.blame import MANY_CHANGED, Blaming, Probing
from forkmerge.search.knowledge import BROKEN
from forkmerge.search.remembering import Shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from forkmerge.recombination.values import Genome
    from forkmerge.search.driven import Story
    from forkmerge.search.protocol import Budget, Landscape, Query, Verdict
    from forkmerge.search.quickxplain import Check

MOST_PROBES = 40
"""How many runs a cause may take that is looked for far from what passes."""

MOST_SEARCHES = 3
"""How often causes of one test's failures are looked for there."""


class Suspecting(Blaming):
    """A strategy that gives up a search for blame far from what passes, and suspects what is near to the test."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        super().__init__(landscape, budget)
        self._blamed: Genome = ()
        self._limit: int | None = None
        self._searches: Counter[str] = Counter()

    def blame(self, genome: Genome, verdict: Verdict) -> Story:
        """Shrink the failures of a candidate (``Blaming.blame``)."""
        self._blamed = genome
        yield from super().blame(genome, verdict)

    def _explain(
        self, test: str, passing: Genome, failing: Genome
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        changed = self._between(test, failing, passing)
        if test == BROKEN or len(self.landscape.dormant.intersection(changed)) < MANY_CHANGED:
            return (yield from super()._explain(test, passing, failing))
        found: tuple[int, ...] = ()
        self._searches[test] += 1
        if self._searches[test] <= MOST_SEARCHES:
            self._limit = MOST_PROBES
            found = yield from super()._explain(test, passing, failing)
            self._limit = None
        if not found and failing == self._blamed:
            self._suspect(test, failing, changed)
        return found

    def _led(self, probing: Probing) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        if self._limit is not None and not probing.passes:
            probing = replace(probing, search=partial(at_most, self._limit, probing.search))
        return (yield from super()._led(probing))

    def _suspect(self, test: str, failing: Genome, changed: tuple[int, ...]) -> None:
        """Take the alleles at the loci in conflict for a nogood, those near to ``test`` where any are."""
        near = self.landscape.near(test) if self.landscape.near is not None else None
        awake = [i for i in changed if i not in self.landscape.dormant]
        loci = [i for i in awake if near and i in near] or awake
        if loci:
            cells = tuple((i, frozenset({failing[i]})) for i in loci)
            self.shrunk.append(Shrunk(Clause(cells, test), test, failing))


def at_most(most: int, search: Callable[[], Check]) -> Check:
    """Return what ``search`` finds, () where it asks more than ``most`` questions."""
    probes = search()
    try:
        probe = next(probes)
        for _ in range(most):
            probe = probes.send((yield probe))
    except StopIteration as stop:
        return tuple(stop.value)
    return ()
