"""The best genome under clauses and nogoods: exact by branch and bound, by MaxSAT where that grows too large.

Clauses come into play only when the best genome so far breaks them (lazy constraints), so the huge sound nogoods cost
nothing until they matter.  Branching takes a clause that can still be broken; child i breaks it at cell i and keeps the
cells before, so children are disjoint.

Bounds: the rank looks at the poorer side first, so it can't be summed over loci.  But for any weight w in 0..1 the
poorer side is at most w * ours + (1 - w) * theirs, which is a sum over loci; w is chosen once, where that bound is
lowest.  Clauses still open that share no locus add what breaking each of them costs at least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.search.frontier import Frontier, State, choices, join, options, product
from forkmerge.search.protocol import Key, Landscape, scaled
from forkmerge.search.quickxplain import smallest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forkmerge.recombination.values import Clause, Genome

MOST_NODES = 3000
"""Branching nodes of one solution before MaxSAT takes over."""

MOST_WORK = 3_000_000
"""Branching nodes times the cells of the clauses in play: the same bound where clauses are long."""

_PARTS = 64

Allowed: TypeAlias = "Mapping[int, frozenset[int]]"
Pair: TypeAlias = tuple[int, int]
"""A bound on (the poorer side times ``_PARTS``, the sum of both sides)."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best genome, whether that is proven, and the clauses that had to be looked at for it."""

    genome: Genome
    exact: bool
    binding: tuple[Clause, ...]


class TooLargeError(Exception):
    """Branching went past its bound."""


class UndecidedError(Exception):
    """Whether any genome breaks none of the clauses could not be found out within the work that is allowed."""


def optimum(
    landscape: Landscape,
    clauses: Iterable[Clause],
    *,
    held: frozenset[int] = frozenset(),
    most_nodes: int = MOST_NODES,
    or_raise: bool = False,
) -> Optimum | None:
    """Return the genome of the highest ``landscape.key`` that breaks none of ``clauses``, None when there is none.

    The loci in ``held`` stay at their default; ``exact`` speaks of the others alone.  With ``or_raise`` TooLargeError
    is raised where branching would have to give way to MaxSAT.  Raises UndecidedError where MaxSAT, too, did not come
    to an answer, and neither the default nor a parent is one.
    """
    whole: dict[Clause, list[Clause]] = {}
    for clause in clauses:
        left = _left(clause, landscape.default, held)
        if left is not None and not left.cells:
            return None
        if left is not None:
            whole.setdefault(left, []).append(clause)
    active: list[Clause] = []
    while True:
        nodes = min(most_nodes, MOST_WORK // (1 + sum(len(c.cells) for c in active)))
        try:
            solved = _Tree(landscape, active, nodes, held).solve()
        except TooLargeError:
            if or_raise:
                raise
            from forkmerge.search.maxsat import best_by_maxsat  # noqa: PLC0415 - a solver that is rarely needed

            try:
                found = best_by_maxsat(landscape, tuple(whole))
            except UndecidedError:
                found = _at_hand(landscape, tuple(whole), held)
            if found is None:
                return None
            genome = tuple(landscape.default[x] if x in held else a for x, a in enumerate(found))
            return Optimum(genome, exact=False, binding=tuple(chain.from_iterable(whole.values())))
        if solved is None:
            return None
        genome, exact = solved
        broken = [c for c in whole if c.violated(genome)]
        if not broken:
            return Optimum(genome, exact, tuple(chain.from_iterable(whole[c] for c in active)))
        active += broken


def _at_hand(landscape: Landscape, clauses: Sequence[Clause], held: frozenset[int]) -> Genome:
    """Return the best of the default and the parents that breaks no clause; raises UndecidedError where none is."""
    known = []
    for parent in (landscape.default, landscape.ours, landscape.theirs):
        genome = tuple(landscape.default[x] if x in held else a for x, a in enumerate(parent))
        if not any(clause.violated(genome) for clause in clauses):
            known.append(genome)
    if not known:
        raise UndecidedError
    return max(known, key=landscape.key)


def _left(clause: Clause, default: Genome, held: frozenset[int]) -> Clause | None:
    """Return what ``clause`` says of the loci that are not held, None where the held ones keep it from being broken."""
    if not held:
        return clause
    if any(locus in held and default[locus] not in alleles for locus, alleles in clause.cells):
        return None
    return replace(clause, cells=tuple(cell for cell in clause.cells if cell[0] not in held))


def unsatisfiable_core(landscape: Landscape, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Return a part of ``clauses`` that excludes every genome and of which no clause can be left out.

    All of them together are known to.  Where it can't be told of a part of them, it counts as leaving something.
    """

    def excludes(chosen: Sequence[int]) -> bool:
        try:
            return optimum(landscape, [clauses[i] for i in chosen]) is None
        except UndecidedError:
            return False

    return tuple(clauses[i] for i in smallest(len(clauses), excludes))


class _Tree:
    """Branch and bound over the loci that active clauses tie; the others are one frontier."""

    def __init__(
        self, landscape: Landscape, clauses: Sequence[Clause], most_nodes: int, held: frozenset[int] = frozenset()
    ) -> None:
        self.landscape = landscape
        self.totals = landscape.totals
        self.clauses = sorted(clauses, key=lambda c: len(c.cells))
        self.loci = sorted({locus for clause in clauses for locus, _ in clause.cells})
        self.left = most_nodes
        self.exact = True
        self.best: tuple[Key, State] | None = None
        self._options: dict[tuple[int, frozenset[int]], tuple[State, ...]] = {}
        self._bounds: dict[tuple[int, frozenset[int]], Pair] = {}
        tied = set(self.loci)
        self.free: Frontier = product(
            (locus, options((landscape.default[locus],) if locus in held else range(len(worths)), worths))
            for locus, worths in enumerate(landscape.worths)
            if locus not in tied
        )
        self.weight = self._lowest()
        self.outside = self._outside()

    def solve(self) -> tuple[Genome, bool] | None:
        self._explore({x: frozenset(range(len(self.landscape.worths[x]))) for x in self.loci})
        if self.best is None:
            return None
        chosen = choices(self.best[1])
        return tuple(chosen[i] for i in range(len(self.landscape.worths))), self.exact

    def _explore(self, allowed: Allowed) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLargeError
        pending = [c for c in self.clauses if all(allowed[x] & a for x, a in c.cells)]
        if self._beaten(allowed, pending):
            return
        if not pending:
            self._leaf(allowed)
            return
        certain = [c for c in pending if all(self._first(x, allowed) in a for x, a in c.cells)]
        clause = (certain or pending)[0]
        cells = sorted(clause.cells, key=lambda cell: (-self._loss(allowed, cell)[1], cell[0]))
        cells.reverse()
        for index, (locus, alleles) in enumerate(cells):
            child = dict(allowed)
            child[locus] = allowed[locus] - alleles
            for other, inside in cells[:index]:
                child[other] = allowed[other] & inside
            if all(child[x] for x, _ in cells[: index + 1]):
                self._explore(child)

    def _first(self, locus: int, allowed: Allowed) -> int:
        found: int = self._choice(locus, allowed[locus])[0].choices
        return found

    def _beaten(self, allowed: Allowed, pending: Sequence[Clause]) -> bool:
        """Return whether nothing below can be better than the best so far; inseparable clauses are found here too."""
        poorer, both = self.outside
        for locus in self.loci:
            bound = self._bound(locus, allowed[locus])
            poorer, both = poorer + bound[0], both + bound[1]
        seen: set[int] = set()
        for clause in pending:
            if any(x in seen for x, _ in clause.cells):
                continue
            losses = [self._loss(allowed, cell) for cell in clause.cells]
            if all(loss[0] < 0 for loss in losses):
                return True
            seen.update(x for x, _ in clause.cells)
            poorer -= min(loss[0] for loss in losses if loss[0] >= 0)
            both -= min(loss[1] for loss in losses if loss[1] >= 0)
        if self.best is None:
            return False
        key = self.best[0]
        return poorer < key[0] * _PARTS or (poorer < (key[0] + 1) * _PARTS and both < key[1])

    def _loss(self, allowed: Allowed, cell: tuple[int, frozenset[int]]) -> Pair:
        """Return what leaving the alleles of ``cell`` costs at least; (-1, -1) where nothing else is allowed."""
        locus, alleles = cell
        rest = allowed[locus] - alleles
        if not rest:
            return (-1, -1)
        now, then = self._bound(locus, allowed[locus]), self._bound(locus, rest)
        return (now[0] - then[0], now[1] - then[1])

    def _choice(self, locus: int, allowed: frozenset[int]) -> tuple[State, ...]:
        found = self._options.get((locus, allowed))
        if found is None:
            found = options(sorted(allowed), self.landscape.worths[locus])
            self._options[locus, allowed] = found
        return found

    def _bound(self, locus: int, allowed: frozenset[int]) -> Pair:
        found = self._bounds.get((locus, allowed))
        if found is None:
            found = self._pair(self._choice(locus, allowed), self.weight)
            self._bounds[locus, allowed] = found
        return found

    def _pair(self, states: Sequence[State], weight: int) -> Pair:
        ours, theirs = self._scales()
        return (
            max(weight * s.ours * ours + (_PARTS - weight) * s.theirs * theirs for s in states),
            max(s.ours * ours + s.theirs * theirs for s in states),
        )

    def _scales(self) -> Pair:
        ours, theirs = self.totals
        if not ours or not theirs:
            return (int(bool(ours) or not theirs), int(bool(theirs)))
        return theirs, ours

    def _lowest(self) -> int:
        """Return the weight (in parts) that bounds the poorer side best when nothing is forbidden."""
        ours, theirs = self.totals
        if not ours or not theirs:
            return _PARTS if not theirs else 0
        every = [self._choice(x, frozenset(range(len(self.landscape.worths[x])))) for x in self.loci]

        def bound(weight: int) -> int:
            return self._pair(self.free.states, weight)[0] + sum(self._pair(s, weight)[0] for s in every)

        return min(range(_PARTS + 1), key=bound)

    def _outside(self) -> Pair:
        pair = self._pair(self.free.states, self.weight)
        return pair if all(self.totals) else (pair[0], pair[1])

    def _leaf(self, allowed: Allowed) -> None:
        inside = product((locus, self._choice(locus, allowed[locus])) for locus in self.loci)
        whole = join(self.free, inside)
        self.exact = self.exact and whole.exact
        for state in whole.states:
            kept = scaled(state.ours, state.theirs, self.totals)
            key = (*kept, *(-x for x in state.against))
            if self.best is None or key > self.best[0]:
                self.best = (key, state)  # type: ignore[assignment]  # five numbers, which the star hides
