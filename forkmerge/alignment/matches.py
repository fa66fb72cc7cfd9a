"""From pairs of numbers to ``Match`` values: what became of each unit, in words."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.located import Kind, Match
from forkmerge.alignment.order import kept_order

if TYPE_CHECKING:
    from forkmerge.alignment.pairing import Pairing


def to_matches(pairing: Pairing) -> tuple[Match, ...]:
    """Return the matches of a finished pairing: pairs in the order of the left, deleted, added units, parts."""
    left, right = pairing.left, pairing.right
    out_of_order = _out_of_order(pairing)
    pairs = []
    for one in range(len(left)):
        other = pairing.to_right.get(one)
        if other is None:
            continue
        kind = _kind(pairing, one, other, moved=one in out_of_order)
        before, after = left.located[one], right.located[other]
        unchanged = before.text == after.text
        pairs.append(
            Match(
                before,
                after,
                kind,
                1.0 if unchanged else pairing.score[one],
                pairing.evidence[one],
                doubtful=one in pairing.doubtful,
                unchanged=unchanged,
            )
        )
    deleted = [Match(left.located[i], None, Kind.DELETED) for i in range(len(left)) if i not in pairing.to_right]
    added = [Match(None, right.located[i], Kind.ADDED) for i in range(len(right)) if i not in pairing.to_left]
    pieces = [
        Match(
            left.located[part.one],
            right.located[part.other],
            Kind.SPLIT if part.split else Kind.JOINED,
            part.share,
            (f"{part.share:.0%} of it went there" if not part.split else f"{part.share:.0%} of it came from there",),
            doubtful=True,
        )
        for part in pairing.parts
    ]
    return (*pairs, *deleted, *added, *pieces)


def _kind(pairing: Pairing, one: int, other: int, *, moved: bool) -> Kind:
    before, after = pairing.left.located[one], pairing.right.located[other]
    renamed = before.unit.name != after.unit.name
    if before.path != after.path:
        return Kind.MOVED_FILE_RENAMED if renamed else Kind.MOVED_FILE
    if moved or not pairing.siblings(one, other):
        return Kind.MOVED_RENAMED if renamed else Kind.MOVED
    return Kind.RENAMED if renamed else Kind.SAME


def _out_of_order(pairing: Pairing) -> set[int]:
    """Return the left units that stay with their siblings and changed places among them."""
    groups: dict[int, list[int]] = defaultdict(list)
    for one, other in sorted(pairing.to_right.items()):
        if one >= 0 and pairing.siblings(one, other):
            groups[pairing.left.parent[one]].append(one)
    found: set[int] = set()
    for members in groups.values():
        places = [(pairing.left.rank[i], pairing.right.rank[pairing.to_right[i]]) for i in members]
        kept = kept_order(places, [pairing.left.size(i) for i in members])
        found.update(members[i] for i in range(len(members)) if i not in kept)
    return found
