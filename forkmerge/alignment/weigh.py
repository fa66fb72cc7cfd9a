"""The scale of one comparison: bags of units, made when first asked for, and their similarity."""

from __future__ import annotations

from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.alignment.words import Bag, Lexicon, Run, compare, counts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from forkmerge.alignment.table import Table


Feature: TypeAlias = bytes | Run
_NEARLY = 0.99
"""Units that differ only in names that the other side does not know are nearly the same, not the same."""
_RUN_PROBES, _WORD_PROBES = 40, 24


class Scale:
    """Similarities of left and right units under one ``Lexicon``."""

    def __init__(self, left: Table, right: Table, count: Callable[[bytes], Counter[bytes]] = counts) -> None:
        self._left = left
        self._right = right
        mine, yours = {s.data for s in left.files}, {s.data for s in right.files}
        self.lexicon = Lexicon(map(count, sorted(mine - yours)), map(count, sorted(yours - mine)))
        self._left_bags: dict[int, Bag] = {}
        self._right_bags: dict[int, Bag] = {}
        self._probes: dict[tuple[bool, int], tuple[Feature, ...]] = {}
        self._compared: dict[tuple[int, int], tuple[float, float]] = {}

    def learn(self, pairs: dict[int, int]) -> None:
        """Take over the renames among the matched units; what was weighed with another meaning is forgotten."""
        renames = {
            (self._left.own(one), self._right.own(other))
            for one, other in pairs.items()
            if one >= 0 and self._left.located[one].unit.name != self._right.located[other].unit.name
        }
        changed = self.lexicon.learn(sorted(renames))
        if not changed:
            return
        stale_left = {i for i, bag in self._left_bags.items() if not changed.isdisjoint(bag.secret)}
        stale_right = {i for i, bag in self._right_bags.items() if not changed.isdisjoint(bag.secret)}
        for i in stale_left:
            del self._left_bags[i]
            self._probes.pop((True, i), None)
        for i in stale_right:
            del self._right_bags[i]
            self._probes.pop((False, i), None)
        for pair in [p for p in self._compared if p[0] in stale_left or p[1] in stale_right]:
            del self._compared[pair]

    def left_bag(self, number: int) -> Bag:
        """Return the bag of a left unit."""
        bag = self._left_bags.get(number)
        if bag is None:
            bag = self.lexicon.bag(*self._left.head_and_body(number), self._left.own(number), left=True)
            self._left_bags[number] = bag
        return bag

    def right_bag(self, number: int) -> Bag:
        """Return the bag of a right unit."""
        bag = self._right_bags.get(number)
        if bag is None:
            bag = self.lexicon.bag(*self._right.head_and_body(number), self._right.own(number), left=False)
            self._right_bags[number] = bag
        return bag

    def probes(self, number: int, *, left: bool) -> tuple[Feature, ...]:
        """Return the heaviest words and runs of a unit: what it is looked up by."""
        bag = self.left_bag(number) if left else self.right_bag(number)
        found = self._probes.get((left, number))
        if found is None:
            runs = nlargest(_RUN_PROBES, bag.runs.items(), key=itemgetter(1))
            words = nlargest(_WORD_PROBES, bag.words.items(), key=itemgetter(1))
            found = self._probes[left, number] = (*(run for run, _ in runs), *(word for word, _ in words))
        return found

    def compare(self, one: int, other: int) -> tuple[float, float]:
        """Return how alike a left and a right unit are, in 0..1, and how many bits they share."""
        known = self._compared.get((one, other))
        if known is None:
            score, bits = compare(self.left_bag(one), self.right_bag(other))
            if score > _NEARLY and not self.same_body(one, other):
                score = _NEARLY
            known = self._compared[one, other] = score, bits
        return known

    def same_body(self, one: int, other: int) -> bool:
        """Return whether two units are the same but for their names and white space."""
        left, right = self._left, self._right
        return any(left.digest(one, recursive=r) == right.digest(other, recursive=r) for r in (False, True))

    def similarity(self, one: int, other: int) -> float:
        """Return how alike two units are, in 0..1."""
        return self.compare(one, other)[0]
