"""Pareto frontiers of what can be kept of both sides.

A state is (kept of ours, kept of theirs, what counts against it, the choices that lead there).  A state that another
one beats on one side and equals on the other can never end up better, whatever is added to both, because the rank looks
at the poorer side first and at the sum second; so only the frontier is carried on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forkmerge.search.protocol import Worth

Tail: TypeAlias = tuple[int, int, int]
MOST_STATES = 512
"""Past this many states a frontier is thinned, and what comes of it is no longer proven."""


class State(NamedTuple):
    """What a partial genome keeps; ``choices`` is a chain of (locus, allele, the rest)."""

    ours: int
    theirs: int
    against: Tail
    choices: Any


class Frontier(NamedTuple):
    """States none of which beats another; ``exact`` is False once some were thinned out."""

    states: tuple[State, ...]
    exact: bool = True


def options(alleles: Iterable[int], worths: Sequence[Worth]) -> tuple[State, ...]:
    """Return those of ``alleles`` that no other one beats, as states whose ``choices`` is the allele."""
    states = []
    for a in alleles:
        worth = worths[a]
        states.append(State(worth.ours, worth.theirs, (int(worth.chimeric), worth.distance, worth.size), a))
    return prune(states).states


def product(per_locus: Iterable[tuple[int, tuple[State, ...]]]) -> Frontier:
    """Return the frontier of choosing one of its ``options`` for each locus.

    Loci with one option only add up; so the work grows with the few where the sides compete.
    """
    ours = theirs = chimeric = distance = size = 0
    chain: Any = None
    open_loci = []
    for locus, found in per_locus:
        if len(found) != 1:
            open_loci.append((locus, found))
            continue
        only = found[0]
        ours, theirs = ours + only.ours, theirs + only.theirs
        chimeric, distance, size = _plus((chimeric, distance, size), only.against)
        chain = (locus, only.choices, chain)
    frontier = Frontier((State(ours, theirs, (chimeric, distance, size), chain),))
    for locus, found in open_loci:
        states = [
            State(s.ours + o.ours, s.theirs + o.theirs, _plus(s.against, o.against), (locus, o.choices, s.choices))
            for s in frontier.states
            for o in found
        ]
        pruned = prune(states)
        frontier = Frontier(pruned.states, pruned.exact and frontier.exact)
    return frontier


def join(one: Frontier, two: Frontier) -> Frontier:
    """Return the frontier of choosing independently in two disjoint sets of loci."""
    states = [
        State(a.ours + b.ours, a.theirs + b.theirs, _plus(a.against, b.against), (-1, a.choices, b.choices))
        for a in one.states
        for b in two.states
    ]
    pruned = prune(states)
    return Frontier(pruned.states, pruned.exact and one.exact and two.exact)


def prune(states: list[State]) -> Frontier:
    """Return the states that no other one beats."""
    kept: list[State] = []
    most = -1
    for state in sorted(states, key=lambda s: (-s.ours, -s.theirs, s.against)):
        if state.theirs > most:
            kept.append(state)
            most = state.theirs
    if len(kept) <= MOST_STATES:
        return Frontier(tuple(kept))
    step = len(kept) / MOST_STATES
    return Frontier(tuple(kept[int(i * step)] for i in range(MOST_STATES)), exact=False)


def choices(state: State) -> dict[int, int]:
    """Return the choices of a state: locus -> allele."""
    found: dict[int, int] = {}
    chains = [state.choices]
    while chains:
        chain = chains.pop()
        while chain is not None:
            locus, allele, rest = chain
            if locus == -1:
                chains.append(allele)
            else:
                found[locus] = allele
            chain = rest
    return found


def _plus(one: Tail, two: Tail) -> Tail:
    return (one[0] + two[0], one[1] + two[1], one[2] + two[2])
