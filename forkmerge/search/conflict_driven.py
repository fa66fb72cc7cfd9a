"""The search that learns from each failure.

The candidate is always the best genome under the static clauses and the nogoods learnt so far; at first that is
everything merged.  Every failure becomes two nogoods: the sound one (what the test saw of the genome, certain to fail
again) and a shrunk one (a minimal set of alleles, found by QuickXplain with single-test runs; it may claim too much,
since it was found beside other alleles).  Shrunk ones steer; sound ones prove.  A shrunk nogood that a passing run
contradicts is dropped; when nothing is left to try, all of them are; when the sound ones alone leave nothing, no genome
of this allele space can pass, and the core says why.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.driven import Driven, Story
from forkmerge.search.knowledge import BROKEN, Knowledge
from forkmerge.search.optimum import Optimum, TooLargeError, optimum, unsatisfiable_core
from forkmerge.search.protocol import Answer, Budget, Evaluated, Landscape, Query, Verdict
from forkmerge.search.quickxplain import mixed, quickxplain

if TYPE_CHECKING:
    from random import Random

MOST_CAUSES = 3
"""How many independent causes of one test's failure are looked for in one candidate."""

MOST_PARTIAL = 0.6
"""From this share of unseen tests on the whole suite is run at once, which saves the run that confirms it."""

PROOF_NODES = 300
"""How far branching goes for a doubt or a proof; past it there is no certificate."""

MOST_CONTEXTS = 2
"""In how many other passing genomes the blamed alleles are tried before they are believed."""

MOST_SHRUNK = 16
"""How many failures of one candidate are shrunk before the next candidate is tried."""


@dataclass(frozen=True, slots=True)
class Refined:
    """A finer landscape: ``translate`` gives the genomes of the coarse one in it, None for those that it lacks."""

    landscape: Landscape
    translate: Callable[[Genome], Genome | None]


Refine: TypeAlias = Callable[[int], "Refined | None"]
"""Splits a locus of the present landscape; None where it can't be split."""

Asking: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], Verdict]


@dataclass(frozen=True, slots=True)
class _Shrunk:
    """A heuristic nogood: these alleles together fail this test."""

    clause: Clause
    test: str


class ConflictDriven(Driven):
    """Conflict-driven search over a landscape; ``rng`` breaks ties, so the same seed gives the same answer."""

    def __init__(self, landscape: Landscape, budget: Budget, rng: Random, *, refine: Refine | None = None) -> None:
        super().__init__(landscape, budget)
        self.rng = rng
        self.refine = refine
        self.knowledge = Knowledge(landscape)
        self.shrunk: list[_Shrunk] = []
        self.skipped: list[Clause] = []
        self.optimal = False
        self.inseparable = False
        self.core: tuple[Clause, ...] = ()

    def answer(self) -> Answer:
        """Return the best offspring so far, with the proofs that there are."""
        return replace(
            super().answer(),
            optimal=self.optimal,
            inseparable=self.inseparable,
            core=self.core,
            nogoods=tuple(s.clause for s in self.shrunk),
            flaky=frozenset(self.knowledge.flaky),
        )

    def note(self, genome: Genome, verdict: Verdict) -> None:
        """Keep a verdict without what proved to be flaky."""
        super().note(genome, replace(verdict, failed=verdict.failed - self.knowledge.flaky))

    def story(self) -> Story:
        """Candidates, blame, nogoods, until something is proven or nothing is left to spend."""
        yield from self._parents()
        while True:
            yield from self._climb()
            if not self._refine():
                return

    # -- the rounds ----------------------------------------------------------------------------------------------

    def _climb(self) -> Story:
        """Try the best genome under what is known, again and again, until it passes or none is left."""
        while True:
            candidate = self._candidate()
            if candidate is None:
                return
            best = self._best_good()
            if best is not None and self.landscape.key(candidate.genome) <= self.landscape.key(best.genome):
                if (yield from self._audit(candidate, best)):
                    continue
                return
            verdict = yield from self._try(candidate.genome)
            if verdict.status == "unverified":
                self.skipped.append(_only(candidate.genome))
            elif not self._passes(verdict):
                yield from self._blame(candidate.genome, verdict)

    def _candidate(self) -> Optimum | None:
        """Return the best genome under all nogoods; when there is none, under the sound ones alone."""
        certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods())
        while True:
            found = optimum(self.landscape, (*certain, *self.skipped, *(s.clause for s in self.shrunk)))
            if found is not None:
                return found
            if self.shrunk:
                self.shrunk.clear()
                continue
            if optimum(self.landscape, certain) is None:
                self.inseparable = True
                self.core = unsatisfiable_core(self.landscape, certain)
            return None

    def _audit(self, candidate: Optimum, best: Evaluated) -> Generator[tuple[Query, ...], tuple[Verdict, ...], bool]:
        """Doubt the shrunk nogoods that keep better genomes away; return whether one of them fell.

        Each is tried once, with a run of its own test on the best genome that it alone excludes.
        """
        certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods(), *self.skipped)
        for doubted in [s for s in self.shrunk if s.clause in candidate.binding]:
            others = [s.clause for s in self.shrunk if s is not doubted]
            freed = self._bound((*certain, *others))
            if freed is None or self.landscape.key(freed.genome) <= self.landscape.key(best.genome):
                continue
            if self.cost >= self.budget.suites:
                break
            known = self.knowledge.known(doubted.test, freed.genome)
            if known is None:
                yield from self._run(freed.genome, doubted.test)
            if doubted not in self.shrunk:
                return True
        certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods())
        bound = self._bound(certain)
        if bound is not None and bound.exact:
            self.optimal = self.landscape.key(bound.genome) <= self.landscape.key(best.genome)
        return False

    def _bound(self, clauses: tuple[Clause, ...]) -> Optimum | None:
        """Return the best genome under ``clauses``, None where there is none or the proof would take too long."""
        try:
            return optimum(self.landscape, clauses, most_nodes=PROOF_NODES, or_raise=True)
        except TooLargeError:
            return None

    # -- running -------------------------------------------------------------------------------------------------

    def _parents(self) -> Story:
        queries = tuple(dict.fromkeys((Query(self.landscape.ours), Query(self.landscape.theirs))))
        before = self.cost
        verdicts = yield queries
        self.cost = before
        for query, verdict in zip(queries, verdicts, strict=True):
            self._learn(query, verdict)
            self.note(query.genome, verdict)

    def _try(self, genome: Genome) -> Asking:
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
                if not self._lost(failed) and (not unseen or asked is not None):
                    verdict = yield from self._ask(Query(genome, None, self.generation))
        self.note(genome, verdict)
        return verdict

    def _run(self, genome: Genome, *tests: str) -> Asking:
        """Return the verdict of a few tests on ``genome``; import and collection are asked for by the empty set."""
        wanted = frozenset(t for t in tests if t != BROKEN)
        verdict = yield from self._ask(Query(genome, wanted, self.generation))
        return verdict

    def _ask(self, query: Query) -> Asking:
        (verdict,) = yield (query,)
        self._learn(query, verdict)
        return verdict

    def _learn(self, query: Query, verdict: Verdict) -> None:
        self.knowledge.record(query, verdict)
        self.shrunk = [s for s in self.shrunk if not self._refuted(s, query.genome)]

    def _refuted(self, shrunk: _Shrunk, genome: Genome) -> bool:
        if shrunk.test in self.knowledge.flaky:
            return True
        return shrunk.clause.violated(genome) and self.knowledge.known(shrunk.test, genome) is True

    # -- blame ---------------------------------------------------------------------------------------------------

    def _blame(self, genome: Genome, verdict: Verdict) -> Story:
        """Shrink the failures of a candidate, one representative for each distinct one."""
        broken = verdict.status == "broken"
        waiting = [BROKEN] if broken else sorted(self._lost(verdict.failed))
        waiting = [t for t in waiting if self._nearest(t, genome) is not None]
        for _ in range(MOST_SHRUNK):
            if not waiting or self.cost >= self.budget.suites:
                return
            test = min(waiting, key=lambda t: (len(self._between(t, genome)), t))
            reason = verdict.reasons.get(test)
            waiting.remove(test)
            explained = yield from self._shrink(test, genome, waiting)
            done = explained | self.knowledge.flaky
            if reason is not None:
                done |= {t for t in waiting if verdict.reasons.get(t) == reason}
            waiting = [t for t in waiting if t not in done]

    def _shrink(
        self, test: str, genome: Genome, others: list[str]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], frozenset[str]]:
        """Learn what makes ``test`` fail on ``genome``; return which of ``others`` fail by the same alleles."""
        explained: frozenset[str] = frozenset()
        if test != BROKEN:
            alone = yield from self._run(genome, test)
            if alone.status == "ok" and test not in alone.failed:
                self.knowledge.flaky.add(test)
                return explained
        for _ in range(MOST_CAUSES):
            start = self._nearest(test, genome)
            if start is None:
                break
            blamed = yield from self._explain(test, start, genome)
            if not blamed:
                break
            context = yield from self._context(test, start, genome, blamed)
            together = mixed(start, genome, blamed)
            cells = tuple((i, frozenset({together[i]})) for i in sorted({*blamed, *context}))
            self.shrunk.append(_Shrunk(Clause(cells, test or "import and collection"), test))
            alike = [t for t in others if t not in explained and set(blamed) <= set(self._between(t, genome))]
            if self.knowledge.covered(test) is not None:
                explained |= frozenset(alike)
            elif alike:
                verdict = yield from self._run(mixed(start, genome, blamed), *alike)
                explained |= verdict.failed
            genome = mixed(genome, start, blamed)
            if not self.landscape.allowed(genome) or self.knowledge.known(test, genome) is True:
                break
            if self.knowledge.known(test, genome) is None:
                verdict = yield from self._run(genome, test)
                if self._clear(test, verdict):
                    break
        return explained

    def _context(
        self, test: str, start: Genome, failing: Genome, blamed: tuple[int, ...]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return the loci whose alleles of ``start`` belong to the cause as well.

        The blamed alleles are set into other genomes on which the test passes; where it goes on passing, what made it
        fail stood in ``start`` too, and is looked for in the same way.
        """
        together = mixed(start, failing, blamed)
        others = [g for g in self.knowledge.passing(test) if set(self._between(test, g, start)) - set(blamed)]
        for other in sorted(others, key=lambda g: -len(self._between(test, g, start)))[:MOST_CONTEXTS]:
            probe = mixed(other, failing, blamed)
            if not self.landscape.allowed(probe):
                continue
            if self.knowledge.known(test, probe) is None:
                yield from self._run(probe, test)
            if self.knowledge.known(test, probe) is True:
                return (yield from self._explain(test, probe, together))
        return ()

    def _explain(
        self, test: str, passing: Genome, failing: Genome
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return a minimal set of loci whose alleles of ``failing`` make ``test`` fail on ``passing``."""
        changed = self._between(test, failing, passing)
        asleep = [i for i in changed if i in self.landscape.dormant]
        awake = [i for i in changed if i not in self.landscape.dormant]
        search = quickxplain(passing, failing, asleep, awake)
        try:
            probe = next(search)
            while True:
                fails = False
                if self.landscape.allowed(probe):
                    known = self.knowledge.known(test, probe)
                    if known is None:
                        verdict = yield from self._run(probe, test)
                        fails = not self._clear(test, verdict)
                    else:
                        fails = not known
                probe = search.send(fails)
        except StopIteration as stop:
            return tuple(stop.value)

    def _clear(self, test: str, verdict: Verdict) -> bool:
        """Return whether ``test`` did not fail: what can't be told, or fails in another way, is no blame."""
        if test == BROKEN:
            return verdict.status != "broken"
        return verdict.status == "unverified" or (verdict.status == "ok" and test not in verdict.failed)

    def _nearest(self, test: str, genome: Genome) -> Genome | None:
        """Return the genome nearest to ``genome``, as ``test`` sees it, on which it is known to pass."""
        found = [g for g in self.knowledge.passing(test) if self._between(test, genome, g)]
        return min(found, key=lambda g: len(self._between(test, genome, g)), default=None)

    def _between(self, test: str, genome: Genome, other: Genome | None = None) -> tuple[int, ...]:
        """Return the loci that ``test`` executes and where two genomes differ."""
        if other is None:
            other = self._nearest(test, genome)
            if other is None:
                return ()
        covered = self.knowledge.covered(test)
        return tuple(
            i
            for i, (a, b) in enumerate(zip(genome, other, strict=True))
            if a != b and (covered is None or i in covered)
        )

    # -- state ---------------------------------------------------------------------------------------------------

    def _lost(self, failed: frozenset[str]) -> frozenset[str]:
        return failed - self.knowledge.flaky

    def _passes(self, verdict: Verdict) -> bool:
        return verdict.status == "ok" and not self._lost(verdict.failed)

    def _best_good(self) -> Evaluated | None:
        for found in self.ranked():
            if not found.broken and not self._lost(found.failed):
                return found
        return None

    def _refine(self) -> bool:
        """Split a locus whose best alleles the nogoods exclude; return whether there is a finer landscape now."""
        if self.refine is None or self.candidates >= self.budget.evaluations or self.cost >= self.budget.suites:
            return False
        for locus in self._short():
            refined = self.refine(locus)
            if refined is not None:
                self._move(refined)
                return True
        return False

    def _short(self) -> list[int]:
        """Return the loci where the best offspring keeps less than it could, the greatest loss first."""
        best = self._best_good() or self.ranked()[0]
        lost = []
        totals = [max(1, t) for t in self.landscape.totals]
        for locus, (worths, chosen) in enumerate(zip(self.landscape.worths, best.genome, strict=True)):
            loss = (max(w.ours for w in worths) - worths[chosen].ours) / totals[0]
            loss += (max(w.theirs for w in worths) - worths[chosen].theirs) / totals[1]
            if loss > 0:
                lost.append((-loss, locus))
        return [locus for _, locus in sorted(lost)]

    def _move(self, refined: Refined) -> None:
        genomes: Mapping[Genome, Genome] = {
            query.genome: moved
            for query, _ in self.knowledge.runs
            if (moved := refined.translate(query.genome)) is not None
        }
        self.knowledge = self.knowledge.moved(refined.landscape, genomes)
        self.landscape = refined.landscape
        self.generation += 1
        self.shrunk, self.skipped, self.inseparable, self.core, self.optimal = [], [], False, (), False
        for old in tuple(self.evaluated.values()):
            if old.generation == self.generation - 1 and old.genome in genomes:
                new = replace(old, genome=genomes[old.genome], generation=self.generation)
                self.evaluated[self.generation, new.genome] = new


def _only(genome: Genome) -> Clause:
    return Clause(tuple((i, frozenset({a})) for i, a in enumerate(genome)), "could not be verified")
