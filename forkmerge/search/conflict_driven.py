"""The search that learns from each failure.

The candidate is always the best genome under the static clauses and the nogoods learnt so far; at first that is
everything merged.  Every failure becomes two nogoods: the sound one (what the test saw of the genome, certain to fail
again) and a shrunk one (a minimal set of alleles, found by QuickXplain with single-test runs; it may claim too much,
since it was found beside other alleles).  Shrunk ones steer; sound ones prove.  A shrunk nogood that a passing run
contradicts is dropped; when nothing is left to try, all of them are; when the sound ones alone leave nothing, no genome
of this allele space can pass, and the core says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.auditing import Auditing
from forkmerge.search.optimum import Optimum, UndecidedError, optimum, unsatisfiable_core
from forkmerge.search.protocol import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from random import Random

    from forkmerge.search.driven import Story
    from forkmerge.search.protocol import Answer, Budget, Evaluated, Landscape, Query
    from forkmerge.search.remembering import Shrunk


@dataclass(frozen=True, slots=True)
class Refined:
    """A finer landscape: ``translate`` gives the genomes of the coarse one in it, None for those that it lacks.

    ``parts`` gives the finer loci and alleles that one allele of a coarse locus became.
    """

    landscape: Landscape
    translate: Callable[[Genome], Genome | None]
    parts: Callable[[int, int], tuple[tuple[int, int], ...] | None]

    def nogood(self, coarse: Shrunk) -> Shrunk | None:
        """Return what a shrunk nogood says of the finer landscape, None where it can't be said there.

        The pieces of an allele make its text together, so together they are to blame.
        """
        cells: list[tuple[int, frozenset[int]]] = []
        for locus, alleles in coarse.clause.cells:
            places = [self.parts(locus, allele) for allele in sorted(alleles)]
            if len(places) == 1 and places[0] is not None:
                cells += [(x, frozenset({a})) for x, a in places[0]]
            elif all(place is not None and len(place) == 1 for place in places):
                singles = [place[0] for place in places if place is not None]
                cells.append((singles[0][0], frozenset(a for _, a in singles)))
            else:
                return None
        clause = replace(coarse.clause, cells=tuple(cells))
        return replace(coarse, clause=clause, where=self.translate(coarse.where) or () if coarse.where else ())


PATIENCE = 2
"""After so many alleles of a locus that failed and belong to no parent, a parent's own is tried there first."""

OFTEN = 0.2
"""A test that failed on such a share of earlier offspring looks at a new candidate before the whole suite does."""

ENOUGH = 5.0
"""So many suites may be spent on something better than what passes, without finding it."""

EARLY = 1
"""After so many candidates the nogoods are no longer doubted before something passes.

At first that makes the next candidate better for some runs of single tests.  Where candidate after candidate fails, the
two sides are programs of their own, and to doubt what is known of their mixtures only weakens it.
"""

LINKS = 4
"""So many nogoods tie loci together before they are tried as one parent has them, all of them at once."""

Cells: TypeAlias = "tuple[tuple[int, frozenset[int]], ...]"
Refine: TypeAlias = Callable[[int, Genome | None], "Refined | None"]
"""Splits a locus of the present landscape; None where it can't be, or the genome could not be told there any more."""


class ConflictDriven(Auditing):
    """Conflict-driven search over a landscape.

    It leaves nothing to chance, so the same landscape gives the same answer; ``rng`` is taken because every strategy
    is made alike.
    """

    def __init__(self, landscape: Landscape, budget: Budget, rng: Random, *, refine: Refine | None = None) -> None:
        super().__init__(landscape, budget)
        self.rng = rng
        self.refine = refine
        self.despaired: set[frozenset[Cells]] = set()
        self._latest: tuple[Evaluated, float] | None = None
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

    def ranked(self) -> tuple[Evaluated, ...]:
        """Return everything evaluated, best first; what a static clause forbids comes after what loses as little."""
        return tuple(
            sorted(super().ranked(), key=lambda e: (e.broken, len(e.failed), not self.landscape.allowed(e.genome)))
        )

    def story(self) -> Story:
        """Candidates, blame, nogoods, until something is proven or nothing is left to spend."""
        yield from self.parents()
        yield from self._plain_merge()
        while True:
            yield from self._climb()
            if self._in_vain(self._best_good()) or not self._refine(self._short()):
                return

    def _plain_merge(self) -> Story:
        """Try the plain merge first: it is scored in any case.

        What ranks higher leaves out more of what is plain to keep more of the poorer side, and fails more often.  Where
        static clauses forbid the plain merge, and it passes, those that a test can see were wrong.
        """
        start = self.landscape.default
        if start in (self.landscape.ours, self.landscape.theirs):
            return
        allowed = self.landscape.allowed(start)
        if allowed and any(clause.violated(start) for clause in self.knowledge.sound_nogoods()):
            return
        verdict = (yield from self.screen(start, self._failing_often())) if allowed else Verdict()
        if self.passes(verdict):
            verdict = yield from self.try_genome(start)
        if verdict.status == "unverified":
            self.skipped.append(_only(start))
        elif self.passes(verdict):
            kept = (c for c in self.landscape.clauses if not c.violated(start) or not self.landscape.seen(c))
            self.landscape = replace(self.landscape, clauses=tuple(kept))
        elif allowed:
            yield from self.blame(start, verdict)

    # -- the rounds ----------------------------------------------------------------------------------------------

    def _climb(self) -> Story:
        """Try the best genome under what is known, again and again, until it passes or none is left."""
        while True:
            candidate = yield from self._candidate()
            if candidate is None:
                if self.core and (yield from self.doubt(self.core, None)):
                    self.inseparable, self.core = False, ()
                    continue
                return
            best = self._best_good()
            if self._in_vain(best):
                return
            if best is not None and self.landscape.key(candidate.genome) <= self.landscape.key(best.genome):
                if (yield from self.audit(candidate, best)):
                    continue
                return
            early = self.candidates <= EARLY
            if early and (yield from self.loosened(candidate.binding, candidate, early=True)):
                continue
            genome = candidate.genome
            if best is None:
                genome = self._plain() or genome
            verdict = yield from self.screen(genome, [*self._failing_often(), *(s.test for s in self.shrunk)])
            if self.passes(verdict):
                verdict = yield from self.try_genome(genome)
            if verdict.status == "unverified":
                self.skipped.append(_only(genome))
            elif not self.passes(verdict):
                yield from self.blame(genome, verdict)

    def _in_vain(self, best: Evaluated | None) -> bool:
        """Return whether enough was spent since something better than before was found to pass."""
        if best is None or best.genome in (self.landscape.ours, self.landscape.theirs):
            return False
        if self._latest is None or best.genome != self._latest[0].genome:
            self._latest = best, self.cost
        return self.cost - self._latest[1] >= ENOUGH

    def _failing_often(self) -> list[str]:
        """Return the tests that failed on many earlier offspring, the likeliest to fail last."""
        known, tests = self.landscape.hints.failing, self.landscape.tests or ()
        often = [test for test, share in known.items() if share >= OFTEN and test in tests]
        return sorted(often, key=lambda test: (known[test], test))

    def _plain(self) -> Genome | None:
        """Return the best genome with parents' own alleles where several others failed, None where nothing allows it.

        Loci that many nogoods tie together are all taken from one parent.  Alleles that were put together from both
        sides are tried from the best down, and each may fail in a way of its own; something good soon, and better after
        it, beats the best at last.
        """
        parents = (self.landscape.ours, self.landscape.theirs)
        cells = {cell for shrunk in self.shrunk for cell in shrunk.clause.cells}
        strange = {
            locus: frozenset(range(len(self.landscape.worths[locus]))) - {parent[locus] for parent in parents}
            for locus, _ in cells
        }
        failed = {
            x: {a for locus, alleles in cells if locus == x for a in alleles & rest} for x, rest in strange.items()
        }
        plain = [Clause(((x, strange[x]),), "plain") for x in sorted(strange) if len(failed[x]) >= PATIENCE]
        tied = linked([s.clause for s in self.shrunk], self.landscape.files)
        whole = [clause for loci in tied for clause in self._of_one_parent(loci)]
        known = (*self.knowledge.sound_nogoods(), *self.skipped, *(s.clause for s in self.shrunk))
        for more in dict.fromkeys(((*plain, *whole), tuple(plain))):
            if more:
                try:
                    found = optimum(self.landscape, (*self.landscape.clauses, *known, *more), held=self._held())
                except UndecidedError:  # it was a wish alone
                    continue
                if found is not None:
                    return found.genome
        return None

    def _of_one_parent(self, loci: tuple[int, ...]) -> list[Clause]:
        """Return clauses that leave ``loci`` all as ours has them, or all as theirs has them."""
        ours, theirs = self.landscape.ours, self.landscape.theirs
        every = {x: frozenset(range(len(self.landscape.worths[x]))) for x in loci}
        out = [Clause(((x, rest),), "plain") for x in loci if (rest := every[x] - {ours[x], theirs[x]})]
        apart = [x for x in loci if ours[x] != theirs[x]]
        for x, y in pairwise(apart):
            out.append(Clause(((x, frozenset({ours[x]})), (y, frozenset({theirs[y]}))), "linked"))
            out.append(Clause(((x, frozenset({theirs[x]})), (y, frozenset({ours[y]}))), "linked"))
        return out

    def _candidate(self) -> Generator[tuple[Query, ...], tuple[Verdict, ...], Optimum | None]:
        """Return the best genome under all nogoods.

        When there is none, those that leave nothing are doubted; where they stand, a locus that they leave no good
        allele is split; where that can't be, the shrunk nogoods go and the sound ones alone decide.  Where the same few
        shrunk ones come back after that, it is at its end.
        """
        while True:
            certain = (*self.landscape.clauses, *self.knowledge.sound_nogoods())
            known = (*certain, *self.skipped, *(s.clause for s in self.shrunk))
            held = self._held()
            found = optimum(self.landscape, known, held=held)
            if found is None and held:
                found = optimum(self.landscape, known)
            if found is not None:
                return found
            if self.shrunk:
                core = self._stuck()
                if (yield from self.loosened(core, None)):
                    continue
                if not self._refine(_most_at_stake(core)):
                    cells = frozenset(clause.cells for clause in core)
                    if cells and cells in self.despaired:
                        return None
                    self.despaired.add(cells)
                    self.shrunk.clear()
                continue
            if optimum(self.landscape, certain) is None:
                self.inseparable = True
                self.core = unsatisfiable_core(self.landscape, certain)
            return None

    def _held(self) -> frozenset[int]:
        """Return the dormant loci that nothing has blamed, nor a static clause tied to one that is awake."""
        awake = set(range(len(self.landscape.worths))) - self.landscape.dormant
        awake |= {locus for shrunk in self.shrunk for locus, _ in shrunk.clause.cells}
        tied = [{locus for locus, _ in clause.cells} for clause in self.landscape.clauses]
        while touched := [loci for loci in tied if loci & awake and not loci <= awake]:
            awake.update(*touched)
        return self.landscape.dormant - awake

    def _best_good(self) -> Evaluated | None:
        for found in self.ranked():
            if not found.broken and not found.failed and self.landscape.allowed(found.genome):
                return found
        return None

    def _refine(self, loci: Sequence[int]) -> bool:
        """Split the first of ``loci`` that can be split; return whether there is a finer landscape now."""
        if self.refine is None or self.candidates >= self.budget.evaluations or self.cost >= self.budget.suites:
            return False
        best = self._best_good()
        for locus in loci:
            refined = self.refine(locus, best.genome if best is not None else None)
            if refined is not None:
                self._move(refined)
                return True
        return False

    def _stuck(self) -> tuple[Clause, ...]:
        """Return the static clauses and shrunk nogoods that together leave nothing, () where they leave something."""
        clauses = (*self.landscape.clauses, *(s.clause for s in self.shrunk))
        if self.bound(clauses) is not None:
            return ()
        return unsatisfiable_core(self.landscape, clauses)

    def _short(self) -> list[int]:
        """Return the loci where the best offspring keeps less than it could, the greatest loss first."""
        ranked = self.ranked()
        if not ranked:
            return []
        best = ranked[0]
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
        finer = (refined.nogood(shrunk) for shrunk in self.shrunk)
        self.shrunk = [shrunk for shrunk in finer if shrunk is not None]
        self.skipped, self.inseparable, self.core, self.optimal = [], False, (), False
        self.despaired.clear()
        if self._latest is not None and (moved := refined.translate(self._latest[0].genome)) is not None:
            self._latest = replace(self._latest[0], genome=moved), self._latest[1]
        for old in tuple(self.evaluated.values()):
            if old.generation == self.generation - 1 and old.genome in genomes:
                new = replace(old, genome=genomes[old.genome], generation=self.generation)
                self.evaluated[self.generation, new.genome] = new


def linked(clauses: Sequence[Clause], files: Sequence[str] = ()) -> tuple[tuple[int, ...], ...]:
    """Return the groups of loci that many nogoods tie to one another: what fails in so many mixtures belongs together.

    A group hangs together by ``LINKS`` nogoods of several loci, or more.  From twice as many on it is all that stands
    in its ``files``: what was changed beside it in one file seldom belongs elsewhere.
    """
    groups: list[tuple[frozenset[int], int]] = []
    for clause in clauses:
        loci = frozenset(locus for locus, _ in clause.cells)
        if len(loci) > 1:
            joined = [g for g in groups if g[0] & loci]
            groups = [g for g in groups if not g[0] & loci]
            groups.append((loci.union(*(g[0] for g in joined)), 1 + sum(g[1] for g in joined)))
    out = []
    for loci, count in groups:
        if count >= LINKS:
            places = {files[x] for x in loci} if files and count >= 2 * LINKS else set()
            out.append(tuple(sorted(loci | {x for x, file in enumerate(files) if file in places})))
    return tuple(sorted(out))


def _most_at_stake(core: Sequence[Clause]) -> list[int]:
    """Return the loci of ``core``, those first that stand in most of it."""
    count = Counter(locus for clause in core for locus, _ in clause.cells)
    return sorted(count, key=lambda x: (-count[x], x))


def _only(genome: Genome) -> Clause:
    return Clause(tuple((i, frozenset({a})) for i, a in enumerate(genome)), "could not be verified")
