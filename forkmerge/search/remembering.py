"""Running what is not known yet, and keeping what came out: the part of a search that remembers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.search.driven import Driven, Story
from forkmerge.search.knowledge import BROKEN, Knowledge
from forkmerge.search.protocol import Budget, Evaluated, Landscape, Query, Verdict

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause, Genome

MOST_PARTIAL = 0.6
"""From this share of unseen tests on the whole suite is run at once, which saves the run that confirms it."""

MOST_SCREENED = 8
"""How many tests that failed before are tried on a new candidate before the whole suite is."""

FAR = 150
"""Genomes that differ in so many dormant loci are different programs."""

Asking: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], Verdict]
Telling: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], bool]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A heuristic nogood: these alleles together fail this test, as was seen on the genome ``where``."""

    clause: Clause
    test: str
    where: Genome = ()


class Remembering(Driven):
    """A strategy that remembers every run; ``shrunk`` are the heuristic nogoods that no run has refuted."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        super().__init__(landscape, budget)
        self.knowledge = Knowledge(landscape)
        self.shrunk: list[Shrunk] = []

    def ranked(self) -> tuple[Evaluated, ...]:
        """Return everything evaluated, best first; tests that proved to be flaky don't count."""
        for place, found in self.evaluated.items():
            if found.failed & self.knowledge.flaky:
                self.evaluated[place] = replace(found, failed=self.lost(found.failed))
        return super().ranked()

    def note(self, genome: Genome, verdict: Verdict) -> None:
        """Keep a verdict without what proved to be flaky."""
        super().note(genome, replace(verdict, failed=self.lost(verdict.failed)))

    # -- running -------------------------------------------------------------------------------------------------

    def parents(self) -> Story:
        """Ask for ours and theirs; what they cost is not counted as search."""
        queries = tuple(dict.fromkeys((Query(self.landscape.ours), Query(self.landscape.theirs))))
        before = self.cost
        verdicts = yield queries
        self.cost = before
        for query, verdict in zip(queries, verdicts, strict=True):
            self._learn(query, verdict)
            self.note(query.genome, verdict)

    def try_genome(self, genome: Genome) -> Asking:
        """Return the verdict of all required tests on ``genome``, running only what is not known."""
        self.spend()
        if self.landscape.gate and self.knowledge.known(BROKEN, genome) is None:
            gate = yield from self._ask(Query(genome, frozenset(), self.generation))
            if gate.status != "ok":
                self.note(genome, gate)
                return gate
        tests = self.landscape.tests
        if tests is None or self.landscape.covers is None:
            verdict = yield from self._ask(Query(genome, None, self.generation))
        else:
            unseen = self.knowledge.unseen(tests, genome)
            asked: frozenset[str] | None = unseen
            if unseen:
                asked = unseen if len(unseen) < MOST_PARTIAL * len(tests) else None
                verdict = yield from self._ask(Query(genome, asked, self.generation))
            else:
                verdict = Verdict(cost=0.0)
            if verdict.status == "ok":
                failed = frozenset(t for t in tests if self.knowledge.known(t, genome) is False)
                verdict = replace(verdict, failed=failed)
                if not self.lost(failed) and (not unseen or asked is not None):
                    verdict = yield from self._ask(Query(genome, None, self.generation))
        self.note(genome, verdict)
        return verdict

    def screen(self, genome: Genome, tests: list[str]) -> Asking:
        """Return the verdict of the latest of ``tests`` on ``genome``, those that failed before: a cheap first look.

        What one of them says is enough to refuse a genome; that they all pass says nothing of the others.  Tests of one
        side are one run, so those of the other are asked only where these pass.
        """
        latest = [t for t in dict.fromkeys(reversed(tests)) if t != BROKEN and self.knowledge.known(t, genome) is None]
        verdict = Verdict(cost=0.0)
        owners = dict.fromkeys(_owner(t) for t in latest[:MOST_SCREENED])
        for owner in owners:
            if self.cost < self.budget.suites and self.passes(verdict):
                asked = [t for t in latest[:MOST_SCREENED] if _owner(t) == owner]
                verdict = yield from self.run_tests(genome, *asked)
        return verdict

    def run_tests(self, genome: Genome, *tests: str) -> Asking:
        """Return the verdict of a few tests on ``genome``; import and collection are asked for by the empty set."""
        wanted = frozenset(t for t in tests if t != BROKEN)
        verdict = yield from self._ask(Query(genome, wanted, self.generation))
        return verdict

    def ask_again(self, genome: Genome, test: str) -> Telling:
        """Return whether ``test``, which failed on ``genome``, passes there now: then it is flaky."""
        verdict = yield from self._ask(Query(genome, frozenset({test}), self.generation, again=True))
        return test in self.knowledge.flaky or (verdict.status == "ok" and test not in verdict.failed)

    def _ask(self, query: Query) -> Asking:
        (verdict,) = yield (query,)
        self._learn(query, verdict)
        return verdict

    def _learn(self, query: Query, verdict: Verdict) -> None:
        self.knowledge.record(query, verdict)
        self.shrunk = [s for s in self.shrunk if not self._refuted(s, query.genome)]

    def _refuted(self, shrunk: Shrunk, genome: Genome) -> bool:
        if shrunk.test in self.knowledge.flaky:
            return True
        if not shrunk.clause.violated(genome) or self._far(shrunk.test, genome, shrunk.where):
            return False
        return self.knowledge.known(shrunk.test, genome) is True

    def _far(self, test: str, genome: Genome, other: Genome) -> bool:
        """Return whether two genomes are different programs to ``test``, as far as it sees them."""
        if not other:
            return False
        covered = self.knowledge.covered(test)
        loci = self.landscape.dormant if covered is None else self.landscape.dormant & covered
        return sum(genome[i] != other[i] for i in loci) >= FAR

    # -- state ---------------------------------------------------------------------------------------------------

    def lost(self, failed: frozenset[str]) -> frozenset[str]:
        """Return ``failed`` without what proved to be flaky."""
        return failed - self.knowledge.flaky

    def passes(self, verdict: Verdict) -> bool:
        """Return whether nothing is lost, flaky tests aside."""
        return verdict.status == "ok" and not self.lost(verdict.failed)


def _owner(test: str) -> str:
    """Return the side of a test that is called ``side:test``: the tests of one are one run."""
    return test.partition(":")[0] if ":" in test else ""
