"""The pairs found so far between two tables, and what speaks for each.

Every step of the alignment adds pairs here and none takes one away, so a step may build on all that came before it.
Groups of units (files, classes) are paired too: a file with the file it was renamed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.alignment.table import Table


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of ``one`` that stands in ``other``; ``split`` when it left a unit that lives on, else joined one."""

    one: int
    other: int
    split: bool
    share: float


class Pairing:
    """One-to-one pairs of unit numbers ``to_right`` / ``to_left``; files are in it under their group numbers."""

    def __init__(self, left: Table, right: Table) -> None:
        self.left = left
        self.right = right
        self.to_right: dict[int, int] = {}
        self.to_left: dict[int, int] = {}
        self.score: dict[int, float] = {}
        self.evidence: dict[int, tuple[str, ...]] = {}
        self.doubtful: set[int] = set()
        self.fresh: list[tuple[int, int]] = []
        """Pairs of groups whose members have not been looked at yet."""
        self.parts: tuple[Part, ...] = ()

    def join(
        self, one: int, other: int, *evidence: str, score: float = 1.0, doubtful: bool = False, identical: bool = False
    ) -> None:
        """Pair ``one`` with ``other``; both must be free.  ``identical`` joins all that they hold, too."""
        self.to_right[one], self.to_left[other] = other, one
        if one >= 0:
            self.score[one], self.evidence[one] = score, evidence
            if doubtful:
                self.doubtful.add(one)
        mine, yours = self.left.members.get(one), self.right.members.get(other)
        if mine is None or yours is None:
            return
        if identical and len(mine) == len(yours):
            for a, b in zip(mine, yours, strict=True):
                if a not in self.to_right and b not in self.to_left:
                    self.join(a, b, *evidence, identical=True)
        else:
            self.fresh.append((one, other))

    def free_left(self, group: int) -> list[int]:
        """Return the members of a group at the left that have no partner."""
        return [i for i in self.left.members.get(group, ()) if i not in self.to_right]

    def free_right(self, group: int) -> list[int]:
        """Return the members of a group at the right that have no partner."""
        return [i for i in self.right.members.get(group, ()) if i not in self.to_left]

    def siblings(self, one: int, other: int) -> bool:
        """Return whether the groups that hold the two are paired with each other."""
        return self.to_right.get(self.left.parent[one], None) == self.right.parent[other]

    def both_homeless(self, one: int, other: int) -> bool:
        """Return whether both lie in units that have no partner yet."""
        home, there = self.left.parent[one], self.right.parent[other]
        return home >= 0 and there >= 0 and home not in self.to_right and there not in self.to_left

    def same_file(self, one: int, other: int) -> bool:
        """Return whether the files of the two are paired with each other."""
        return self.to_right.get(-1 - self.left.file[one], None) == -1 - self.right.file[other]
