"""Shrinking a set that has a property to one from which nothing more can be left out.

QuickXplain (Junker, AAAI 2004) on blocks of things that belong together, then on the things by themselves: about
2k*log2(n/k)+2k questions for k of n things.  It takes for granted that a larger set has the property too; where that is
not so, delta debugging (Zeller & Hildebrandt, TSE 2002) takes over, which never leaves a set that has it.

Invariants: the result was itself seen to have the property; without any single thing of it, the property was seen not
to hold (one-minimal), whether the property is monotone or not; nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from forkmerge.search.quickxplain import smallest

Holds: TypeAlias = Callable[[frozenset[int]], bool]


def one_minimal(count: int, holds: Holds, *, groups: Sequence[Sequence[int]] = ()) -> frozenset[int]:
    """Return a set of the things ``0 <= i < count`` that has the property and loses it without any one of them.

    All things together are known to have it.  ``groups`` are things that belong together (a thing that is in none is
    a group by itself, one in several joins them).  Whatever ``holds`` raises ends the shrinking.
    """
    asked = _Asked(count, holds)
    kept = _explained(_joined(count, groups), asked)
    kept = _explained([(i,) for i in sorted(kept)], asked)
    return _polished(kept, asked)


def ahead(
    count: int,
    known: Mapping[frozenset[int], bool],
    asked: frozenset[int],
    *,
    groups: Sequence[Sequence[int]] = (),
) -> tuple[frozenset[int], ...]:
    """Return what ``one_minimal`` asks after ``asked``, whatever the answer to that is; ``known`` are those before."""
    found = []
    for answer in (False, True):
        answers = {**known, asked: answer}
        try:
            one_minimal(count, partial(_told, answers), groups=groups)
        except _UnknownError as unknown:
            found.append(unknown.things)
    return tuple(dict.fromkeys(found))


class _UnknownError(Exception):
    """Nobody has answered this yet."""

    def __init__(self, things: frozenset[int]) -> None:
        super().__init__()
        self.things = things


def _told(answers: Mapping[frozenset[int], bool], things: frozenset[int]) -> bool:
    if things not in answers:
        raise _UnknownError(things)
    return answers[things]


class _Asked:
    """The property, asked once for each set."""

    def __init__(self, count: int, holds: Holds) -> None:
        self._holds = holds
        self._known: dict[frozenset[int], bool] = {frozenset(range(count)): True}

    def __call__(self, things: frozenset[int]) -> bool:
        if things not in self._known:
            self._known[things] = self._holds(things)
        return self._known[things]


def _joined(count: int, groups: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return the groups as disjoint blocks that hold every thing."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for group in groups:
        for other in group[1:]:
            parent[root(other)] = root(group[0])
    blocks: dict[int, list[int]] = {}
    for i in range(count):
        blocks.setdefault(root(i), []).append(i)
    return [tuple(block) for block in blocks.values()]


def _explained(blocks: Sequence[tuple[int, ...]], asked: _Asked) -> frozenset[int]:
    """Return the union of few of ``blocks`` that has the property, as the union of all of them does."""
    nothing: frozenset[int] = frozenset()
    if asked(nothing):
        return nothing

    def union(chosen: Sequence[int]) -> frozenset[int]:
        return nothing.union(*(blocks[i] for i in chosen))

    found = smallest(len(blocks), lambda chosen: asked(union(chosen)))
    if asked(union(found)):
        return union(found)
    return _thinned(list(range(len(blocks))), lambda chosen: asked(union(chosen)), union)


def _thinned(
    kept: list[int], holds: Callable[[list[int]], bool], union: Callable[[Sequence[int]], frozenset[int]]
) -> frozenset[int]:
    """Leave out runs of blocks, long ones first, as long as the property stays."""
    size = len(kept) // 2
    while size:
        at = 0
        while at < len(kept):
            without = kept[:at] + kept[at + size :]
            if holds(without):
                kept = without
            else:
                at += size
        size //= 2
    return union(kept)


def _polished(kept: frozenset[int], asked: _Asked) -> frozenset[int]:
    """Leave out single things until none can be."""
    again = True
    while again:
        again = False
        for thing in sorted(kept):
            if asked(kept - {thing}):
                kept -= {thing}
                again = True
    return kept
