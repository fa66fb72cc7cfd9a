"""The best genome under clauses and nogoods: exact by branch and bound, by MaxSAT where that grows too large.

Clauses come into play only when the best genome so far breaks them (lazy constraints), so the huge sound nogoods cost
nothing until they matter.  Loci that clauses tie together form components; the Pareto frontier of each component is
found by branching on clauses (child i breaks cell i and keeps the cells before it, so children are disjoint), and the
frontiers of components and of free loci are joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.search.frontier import Frontier, State, choices, join, options, product, prune
from forkmerge.search.protocol import Landscape, scaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forkmerge.recombination.values import Clause, Genome

MOST_NODES = 1500
"""Branching nodes of one component before MaxSAT takes over."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best genome, whether that is proven, and the clauses that had to be looked at for it."""

    genome: Genome
    exact: bool
    binding: tuple[Clause, ...]


class TooLargeError(Exception):
    """Branching went past its bound."""


def optimum(landscape: Landscape, clauses: Iterable[Clause], *, most_nodes: int = MOST_NODES) -> Optimum | None:
    """Return the genome of the highest ``landscape.key`` that breaks none of ``clauses``, None when there is none."""
    everything = tuple(clauses)
    active: list[Clause] = []
    while True:
        try:
            solved = _solve(landscape, active, most_nodes)
        except TooLargeError:
            from forkmerge.search.maxsat import best_by_maxsat  # noqa: PLC0415 - a solver that is rarely needed

            genome = best_by_maxsat(landscape, everything)
            return None if genome is None else Optimum(genome, False, everything)
        if solved is None:
            return None
        genome, exact = solved
        broken = [c for c in everything if c.violated(genome)]
        if not broken:
            return Optimum(genome, exact, tuple(active))
        active += broken


def unsatisfiable_core(landscape: Landscape, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Return a part of ``clauses`` that excludes every genome and of which no clause can be left out."""
    core = list(clauses)
    for clause in clauses:
        rest = [c for c in core if c is not clause]
        if optimum(landscape, rest) is None:
            core = rest
    return tuple(core)


def _solve(landscape: Landscape, clauses: Sequence[Clause], most_nodes: int) -> tuple[Genome, bool] | None:
    components = _components(clauses)
    tied = {locus for loci, _ in components for locus in loci}
    frontier = product(
        (locus, options(range(len(worths)), worths))
        for locus, worths in enumerate(landscape.worths)
        if locus not in tied
    )
    for loci, inside in components:
        part = _Component(landscape, loci, inside, most_nodes).frontier()
        if not part.states:
            return None
        frontier = join(frontier, part)
    totals = landscape.totals

    def rank(state: State) -> tuple[int, ...]:
        return (*scaled(state.ours, state.theirs, totals), *(-x for x in state.against))

    chosen = choices(max(frontier.states, key=rank))
    return tuple(chosen[i] for i in range(len(landscape.worths))), frontier.exact


def _components(clauses: Sequence[Clause]) -> list[tuple[tuple[int, ...], list[Clause]]]:
    groups: list[tuple[set[int], list[Clause]]] = []
    for clause in clauses:
        loci = {locus for locus, _ in clause.cells}
        touching = [g for g in groups if g[0] & loci]
        groups = [g for g in groups if not g[0] & loci]
        inside = [c for g in touching for c in g[1]]
        groups.append((loci.union(*(g[0] for g in touching)), [*inside, clause]))
    return [(tuple(sorted(loci)), inside) for loci, inside in groups]


class _Component:
    """The frontier of loci that clauses tie together."""

    def __init__(self, landscape: Landscape, loci: Sequence[int], clauses: Sequence[Clause], most_nodes: int) -> None:
        self.worths = landscape.worths
        self.totals = landscape.totals
        self.loci = loci
        self.clauses = sorted(clauses, key=lambda c: len(c.cells))
        self.left = most_nodes
        self.states: tuple[State, ...] = ()
        self.exact = True
        self.memo: dict[tuple[int, frozenset[int]], tuple[State, ...]] = {}

    def frontier(self) -> Frontier:
        self._explore({locus: frozenset(range(len(self.worths[locus]))) for locus in self.loci})
        return Frontier(self.states, self.exact)

    def _explore(self, allowed: Mapping[int, frozenset[int]]) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLargeError
        if self._beaten(allowed):
            return
        clause = next((c for c in self.clauses if all(allowed[x] & a for x, a in c.cells)), None)
        if clause is None:
            self._leaf(allowed)
            return
        cells = sorted(clause.cells, key=lambda cell: self._loss(allowed[cell[0]], *cell))
        for index, (locus, alleles) in enumerate(cells):
            child = dict(allowed)
            child[locus] = allowed[locus] - alleles
            for other, inside in cells[:index]:
                child[other] = allowed[other] & inside
            if all(child[x] for x, _ in cells[: index + 1]):
                self._explore(child)

    def _loss(self, allowed: frozenset[int], locus: int, alleles: frozenset[int]) -> float:
        """Return what leaving ``alleles`` costs at best, in shares of both sides together."""
        values = {a: self._value(locus, a) for a in allowed}
        without = [v for a, v in values.items() if a not in alleles]
        return max(values.values()) - max(without) if without else float("inf")

    def _value(self, locus: int, allele: int) -> float:
        worth = self.worths[locus][allele]
        return worth.ours / max(1, self.totals[0]) + worth.theirs / max(1, self.totals[1])

    def _beaten(self, allowed: Mapping[int, frozenset[int]]) -> bool:
        best = [self._options(locus, alleles) for locus, alleles in allowed.items()]
        ours, theirs = sum(o[0].ours for o in best), sum(o[-1].theirs for o in best)
        return any(s.ours >= ours and s.theirs >= theirs and (s.ours > ours or s.theirs > theirs) for s in self.states)

    def _options(self, locus: int, allowed: frozenset[int]) -> tuple[State, ...]:
        found = self.memo.get((locus, allowed))
        if found is None:
            found = self.memo[locus, allowed] = options(sorted(allowed), self.worths[locus])
        return found

    def _leaf(self, allowed: Mapping[int, frozenset[int]]) -> None:
        frontier = product((locus, self._options(locus, allowed[locus])) for locus in self.loci)
        pruned = prune([*self.states, *frontier.states])
        self.states = pruned.states
        self.exact = self.exact and frontier.exact and pruned.exact
