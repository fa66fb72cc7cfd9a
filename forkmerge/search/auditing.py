"""Doubting what keeps better genomes away than the best that passes.

A shrunk nogood claims too much where a part of the cause stood in all genomes that it was found beside: what both have
in common is never blamed.  Nothing is lost by that until something passes; then each nogood that alone keeps a better
genome away is doubted.  Its test runs on the best genome that it excludes.  Where the test fails there, another way to
mend it is looked for, that leaves the blamed alleles as they are: the alleles that had to go belong to the cause too,
and the nogood is widened by them, so that it excludes less.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.recombination.values import Clause
from forkmerge.search.blame import Probing
from forkmerge.search.knowledge import BROKEN
from forkmerge.search.optimum import Optimum, TooLargeError, optimum
from forkmerge.search.quickxplain import closed, explained, mixed
from forkmerge.search.remembering import Shrunk
from forkmerge.search.suspicion import MOST_PROBES, MOST_SEARCHES, Suspecting, at_most

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from forkmerge.recombination.values import Genome
    from forkmerge.search.protocol import Budget, Evaluated, Landscape, Query, Verdict

PROOF_NODES = 300
"""How far branching goes for a doubt or a proof; past it there is no certificate."""

FEW = 3
"""A test that failed more often than that on its way to a nogood did not by chance, unless other tests are flaky."""

MOST_DOUBTED = 16
"""How many tests are asked once more whether they always fail, before an answer is taken for the best."""

MOST_MENDED = 3
"""Towards how many passing genomes another way to mend a test is looked for."""


class Auditing(Suspecting):
    """A strategy that doubts its shrunk nogoods before it takes an answer for the best."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        super().__init__(landscape, budget)
        self.skipped: list[Clause] = []
        self.optimal = False
        self.doubted: set[str] = set()
        self._believed: set[tuple[Clause, str]] = set()
        self._vain: Counter[str] = Counter()

    def audit(self, candidate: Optimum, best: Evaluated) -> Generator[tuple[Query, ...], tuple[Verdict, ...], bool]:
        """Doubt the shrunk nogoods that keep better genomes away; return whether one of them fell.

        Each is tried once, with a run of its own test on the best genome that it alone excludes.
        """
        if (yield from self.loosened(candidate.binding, best)):
            return True
        if (yield from self.doubt(candidate.binding, best)):
            return True
        certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods())
        bound = self.bound(certain)
        if bound is not None and bound.exact and not self.knowledge.flaky:
            self.optimal = self.landscape.key(bound.genome) <= self.landscape.key(best.genome)
        return False

    def loosened(
        self, binding: Sequence[Clause], best: Evaluated | Optimum | None, *, early: bool = False
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], bool]:
        """Return whether a nogood of ``binding`` fell, or was widened, that keeps a better genome away than ``best``.

        None as ``best``: any genome.
        """
        certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods(), *self.skipped)
        for doubted in [s for s in self.shrunk if s.clause in binding]:
            freed = self.bound((*certain, *(s.clause for s in self.shrunk if s is not doubted)))
            if freed is None:
                continue
            if best is not None and self.landscape.key(freed.genome) <= self.landscape.key(best.genome):
                continue
            if self.cost >= self.budget.suites:
                return False
            if early and ((doubted.clause, doubted.test) in self._believed or doubted.test == BROKEN):
                continue
            if self.knowledge.known(doubted.test, freed.genome) is None:
                yield from self.run_tests(freed.genome, doubted.test)
            if doubted not in self.shrunk or (yield from self._widened(doubted, freed.genome)):
                return True
        return False

    def _widened(self, doubted: Shrunk, failing: Genome) -> Generator[tuple[Query, ...], tuple[Verdict, ...], bool]:
        """Return whether ``doubted`` was replaced by nogoods that exclude less.

        Its test fails on ``failing``; it is mended there by other loci than those that are blamed, if it can be.
        """
        test, blamed = doubted.test, {locus for locus, _ in doubted.clause.cells}
        if test == BROKEN or (doubted.clause, test) in self._believed or self._vain[test] >= MOST_SEARCHES:
            return False
        self._believed.add((doubted.clause, test))
        if self.knowledge.known(test, failing) is not False or not doubted.clause.violated(failing):
            return False
        parents = (self.landscape.ours, self.landscape.theirs)
        passing = sorted(
            self.knowledge.passing(test), key=lambda g: (g not in parents, -len(self._between(test, failing, g)))
        )
        for other in passing[:MOST_MENDED]:
            loci = [x for x in self._between(test, failing, other) if x not in blamed]
            mended = closed(self.landscape.clauses, mixed(failing, other, loci), failing)
            if mended is None or not (yield from self._passes_with(test, mended, failing)):
                continue
            first, second = self._by_likelihood(test, [x for x in loci if mended[x] != failing[x]])
            probes = partial(at_most, MOST_PROBES, partial(explained, failing, mended, first, second))
            needed = yield from self._led(Probing(probes, test, mended, passes=True))
            self._vain[test] += not needed
            if needed:
                self.shrunk = [s for s in self.shrunk if s is not doubted]
                for locus in needed:
                    cells = (*doubted.clause.cells, (locus, frozenset({failing[locus]})))
                    self.shrunk.append(Shrunk(Clause(tuple(sorted(cells)), test), test, failing))
                return True
        return False

    def doubt(
        self, binding: Sequence[Clause], best: Evaluated | None
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], bool]:
        """Ask tests once more that failed by chance, perhaps; return whether one of them did, which is flaky then.

        Asked is what alone keeps a better genome away than ``best`` (None: any genome): no other test says the same,
        and the search for blame did not see it fail again and again.
        """
        lonely = self.knowledge.lonely()
        sure = not self.knowledge.flaky
        shrunk = {s.test for s in self.shrunk if sure and self.knowledge.failures(s.test) > FEW}
        tests = dict.fromkeys(lonely[c] for c in binding if c in lonely and lonely[c] not in (BROKEN, *shrunk))
        for test in [t for t in tests if t not in self.doubted][:MOST_DOUBTED]:
            if self.cost >= self.budget.suites:
                return False
            if best is not None:
                sound = (c for c in self.knowledge.sound_nogoods() if lonely.get(c) != test)
                known = (*self.landscape.clauses, *sound, *self.skipped)
                freed = self.bound((*known, *(s.clause for s in self.shrunk if s.test != test)))
                if freed is None or self.landscape.key(freed.genome) <= self.landscape.key(best.genome):
                    continue
            self.doubted.add(test)
            if (yield from self.ask_again(self.knowledge.failing(test)[0], test)):
                self.knowledge.flaky.add(test)
                self.shrunk = [s for s in self.shrunk if s.test != test]
                return True
        return False

    def bound(self, clauses: tuple[Clause, ...]) -> Optimum | None:
        """Return the best genome under ``clauses``, None where there is none or the proof would take too long."""
        try:
            return optimum(self.landscape, clauses, most_nodes=PROOF_NODES, or_raise=True)
        except TooLargeError:
            return None
