"""What stands around a unit: the classes and files that its neighbours point to, and the gap it lies in.

Containers are found bottom-up: a class whose members mostly went into one class of the other side is that class, and a
file is the file that most of its units went to.  Gaps are found sideways: between two siblings that are matched and in
order, what is left at the left and at the right can only be each other, or deleted and added.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.order import kept_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.table import Table

_MAJORITY = 0.5


def by_members(pairing: Pairing) -> bool:
    """Pair groups, files too, whose members (by size) mostly went into one another; return whether any was found."""
    votes: dict[tuple[int, int], int] = defaultdict(int)
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for one, other in pairing.to_right.items():
        if one < 0:
            continue
        groups = pairing.left.parent[one], pairing.right.parent[other]
        if groups[0] not in pairing.to_right and groups[1] not in pairing.to_left:
            votes[groups] += pairing.left.size(one) + pairing.right.size(other)
            counts[groups] += 1
    found = False
    for (one, other), vote in sorted(votes.items(), key=lambda item: (-item[1], item[0])):
        if one in pairing.to_right or other in pairing.to_left or (one < 0) != (other < 0):
            continue
        members = len(pairing.left.members[one]), len(pairing.right.members[other])
        share = vote / max(1, _members_size(pairing.left, one) + _members_size(pairing.right, other))
        if (
            share < _MAJORITY
            or _few(counts[one, other], members)
            or (one >= 0 and pairing.left.families[one] != pairing.right.families[other])
        ):
            continue
        pairing.join(one, other, f"{counts[one, other]} of {max(members)} members match", score=min(1.0, share))
        found = True
    return found


def gaps(pairing: Pairing) -> Iterator[tuple[list[int], list[int]]]:
    """Yield, for paired groups, the free left and right members that lie between the same matched neighbours."""
    for one, other in sorted(pairing.to_right.items()):
        if one not in pairing.left.members or other not in pairing.right.members:
            continue
        mine, yours = pairing.free_left(one), pairing.free_right(other)
        if mine and yours:
            yield from _gaps_of(pairing, one, other, mine, yours)


def _gaps_of(
    pairing: Pairing, group: int, partner: int, mine: list[int], yours: list[int]
) -> Iterator[tuple[list[int], list[int]]]:
    left, right = pairing.left, pairing.right
    settled = [
        (left.rank[i], right.rank[pairing.to_right[i]])
        for i in left.members[group]
        if i in pairing.to_right and right.parent[pairing.to_right[i]] == partner
    ]
    anchors = sorted(settled[i] for i in kept_order(settled))
    between: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    starts = [a for a, _ in anchors], [b for _, b in anchors]
    for i in mine:
        between[bisect_left(starts[0], left.rank[i])][0].append(i)
    for i in yours:
        between[bisect_left(starts[1], right.rank[i])][1].append(i)
    for key in sorted(between):
        if all(between[key]):
            yield between[key]


def _few(count: int, members: tuple[int, int]) -> bool:
    """Return whether one large member alone speaks for groups that hold several."""
    return 3 * count < max(members) or (count == 1 and max(members) > 1)


def _members_size(table: Table, group: int) -> int:
    return sum(table.size(i) for i in table.members.get(group, ()))
