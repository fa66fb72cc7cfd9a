"""The conflict-driven search, going on after its answer: other genomes that pass and behave differently.

Every answer is blocked by a clause over what it does at the loci that make a difference, and the best genome that is
left is tried next; its failures are nogoods as ever.  A genome that differs in format alone is never run.

Invariants: no two answers behave alike, none behaves like a parent or leaves out all of one side; the first is the one
that the search finds by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from forkmerge.recombination.values import Clause
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.driven import OutOfBudget
from forkmerge.search.optimum import optimum

if TYPE_CHECKING:
    from collections.abc import Hashable
    from random import Random

    from forkmerge.recombination.values import Genome
    from forkmerge.search.conflict_driven import Refine
    from forkmerge.search.driven import Story
    from forkmerge.search.protocol import Budget, Landscape

PATIENCE = 6
"""So many genomes in a row may fail before no more answers are looked for."""

MOST_SKIPPED = 300
"""How many genomes are looked at that turn out to behave like one that was seen."""


class Behaviour(Protocol):
    """What is known, without running anything, of what alleles and genomes do."""

    def of(self, genome: Genome, generation: int) -> Hashable:
        """Return the behaviour of a genome; equal ones differ in format alone."""
        ...

    def kinds(self, locus: int, generation: int) -> tuple[int, ...]:
        """Return for each allele of a locus the number of its behaviour; all are one where it makes no difference."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many answers are wanted, and what tells them apart."""

    answers: int
    behaviour: Behaviour


class Diverse(ConflictDriven):
    """Conflict-driven search for several answers.

    ``exhausted``: all that is left holds alleles that failed a test together.  What was shrunk may claim too much, so
    some of that is tried all the same.
    """

    def __init__(
        self, landscape: Landscape, budget: Budget, rng: Random, *, wanted: Wanted, refine: Refine | None = None
    ) -> None:
        super().__init__(landscape, budget, rng, refine=refine)
        self.wanted = wanted
        self.exhausted = False
        self._others = False
        self._reserve = min(budget.evaluations // 2, 2 * (wanted.answers - 1))

    def story(self) -> Story:
        """Yield the questions of the search, then those for the other answers."""
        try:
            yield from super().story()
        except OutOfBudget:
            if self._best_good() is None:
                raise
        self._others = True
        if self._best_good() is not None:
            yield from self._seek()

    def spend(self) -> None:
        """Count a candidate; some of the budget is left to the other answers once there is a first one."""
        if not self._others and self.candidates >= self.budget.evaluations - self._reserve and self._best_good():
            raise OutOfBudget
        super().spend()

    def answers(self) -> tuple[Genome, ...]:
        """Return the genomes of this landscape that pass and behave differently, best first."""
        seen = {self._does(self.landscape.ours), self._does(self.landscape.theirs)}
        found = []
        for one in self.ranked():
            if not one.broken and not one.failed and self._of_both(one.genome) and self._does(one.genome) not in seen:
                seen.add(self._does(one.genome))
                found.append(one.genome)
        return tuple(found)

    def _seek(self) -> Story:
        held = self._held()
        blocked = [self._like(genome) for genome in (*self.answers(), self.landscape.ours, self.landscape.theirs)]
        blocked += self._nothing()
        seen = {self._does(e.genome) for e in self.ranked()}
        failures = skipped = 0
        while len(self.answers()) < self.wanted.answers and failures < PATIENCE and skipped < MOST_SKIPPED:
            genome = self._next(held, blocked)
            if genome is None:
                self.exhausted = True
                if not self.shrunk:
                    return
                self.shrunk.clear()
                continue
            blocked.append(self._like(genome))
            does = self._does(genome)
            if does in seen or not self._of_both(genome):
                skipped += 1
                continue
            seen.add(does)
            verdict = yield from self.screen(genome, [s.test for s in self.shrunk])
            if self.passes(verdict):
                verdict = yield from self.try_genome(genome)
            if self.passes(verdict):
                failures = 0
                continue
            failures += 1
            if verdict.status != "unverified":
                yield from self.blame(genome, verdict)

    def _next(self, held: frozenset[int], blocked: list[Clause]) -> Genome | None:
        known = (*self.landscape.clauses, *self.knowledge.sound_nogoods(), *(s.clause for s in self.shrunk))
        found = optimum(self.landscape, (*known, *blocked, *self.skipped), held=held)
        return None if found is None else found.genome

    def _like(self, genome: Genome) -> Clause:
        """Return the clause that all genomes break which do the same at every locus that makes a difference."""
        cells = []
        for locus, allele in enumerate(genome):
            kinds = self.wanted.behaviour.kinds(locus, self.generation)
            if len(set(kinds)) > 1:
                alike = frozenset(a for a, kind in enumerate(kinds) if kind == kinds[allele])
                cells.append((locus, alike))
        return Clause(tuple(cells), "behaves like another answer")

    def _nothing(self) -> list[Clause]:
        """Return clauses against leaving out both sides' edits of a locus where the first answer has something."""
        first = self.answers()[:1]
        out = []
        for locus, worths in enumerate(self.landscape.worths):
            none = frozenset(a for a, w in enumerate(worths) if not w.ours and not w.theirs)
            if none and len(none) < len(worths) and not any(genome[locus] in none for genome in first):
                out.append(Clause(((locus, none),), "leaves out both sides' edits"))
        return out

    def _does(self, genome: Genome) -> Hashable:
        return self.wanted.behaviour.of(genome, self.generation)

    def _of_both(self, genome: Genome) -> bool:
        """Return whether something of each side's edits is in a genome."""
        kept = [w[a] for w, a in zip(self.landscape.worths, genome, strict=True)]
        ours, theirs = self.landscape.totals
        return (not ours or any(w.ours for w in kept)) and (not theirs or any(w.theirs for w in kept))
