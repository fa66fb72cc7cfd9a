"""The scale of one comparison: bags of units, made when first asked for, and their similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.alignment.words import Bag, Lexicon

if TYPE_CHECKING:
    from forkmerge.alignment.table import Table


class Scale:
    """Similarities of left and right units under one ``Lexicon``."""

    def __init__(self, left: Table, right: Table) -> None:
        self._left = left
        self._right = right
        mine, yours = {s.data for s in left.files}, {s.data for s in right.files}
        self.lexicon = Lexicon(sorted(mine - yours), sorted(yours - mine))
        self._left_bags: dict[int, Bag] = {}
        self._right_bags: dict[int, Bag] = {}

    def learn(self, pairs: dict[int, int]) -> None:
        """Take over the renames among the matched units; bags made before are forgotten if that changes anything."""
        renames = {
            (self._left.own(one), self._right.own(other))
            for one, other in pairs.items()
            if one >= 0 and self._left.located[one].unit.name != self._right.located[other].unit.name
        }
        if self.lexicon.learn(sorted(renames)):
            self._left_bags.clear()
            self._right_bags.clear()

    def left_bag(self, number: int) -> Bag:
        """Return the bag of a left unit."""
        bag = self._left_bags.get(number)
        if bag is None:
            bag = self.lexicon.bag(self._left.text(number), self._left.own(number), left=True)
            self._left_bags[number] = bag
        return bag

    def right_bag(self, number: int) -> Bag:
        """Return the bag of a right unit."""
        bag = self._right_bags.get(number)
        if bag is None:
            bag = self.lexicon.bag(self._right.text(number), self._right.own(number), left=False)
            self._right_bags[number] = bag
        return bag

    def similarity(self, one: int, other: int) -> float:
        """Return how alike two units are, in 0..1."""
        return self.lexicon.similarity(self.left_bag(one), self.right_bag(other))

    def bits_left(self, number: int) -> float:
        """Return how much a left unit tells."""
        return self.left_bag(number).word_bits

    def shared_bits(self, one: int, other: int) -> float:
        """Return how much the words tell that two units share."""
        return self.lexicon.shared_bits(self.left_bag(one), self.right_bag(other))
