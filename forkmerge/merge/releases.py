"""Sections of a changelog, each under the version it tells of: where both sides added some, versions say the order.

Only where all three files keep such sections in the order of their versions, newest first or newest last; a version
that both sides tell of is left to the other rules.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.items import Item

Rank: TypeAlias = "tuple[tuple[int, ...], bool, str]"

_VERSION = re.compile(r"(?:[Vv]ersion |[Rr]elease )?\[?[Vv]?(\d+(?:\.\d+)+)(?:[-.]?([A-Za-z][\w.-]*+))?")
"""How a heading begins that names a version; behind its numbers what came before the release."""
_FEW = 2
"""Sections that tell an order; of a place no more than two at each side are looked at."""


def in_turn(ours: Sequence[Item], theirs: Sequence[Item], whole: Sequence[Sequence[Item]]) -> list[tuple[Item, str]]:
    """Return the sections of both sides in the order of their versions, each with its side; none where nothing tells.

    ``whole`` are the sequences of base, ours and theirs.
    """
    tagged = [(i, "ours") for i in ours] + [(i, "theirs") for i in theirs]
    ranks = [_rank(i) for i, _ in tagged]
    if not ours or not theirs or None in ranks or len(set(ranks)) < len(ranks):
        return []
    falling = {_falling(side) for side in whole}
    if len(falling) != 1 or None in falling:
        return []
    known = sorted(zip(ranks, range(len(ranks)), strict=True), reverse=bool(falling.pop()))
    return [tagged[at] for _, at in known]


def _falling(sequence: Sequence[Item]) -> bool | None:
    """Return whether the versions fall from section to section or rise, None where they do neither."""
    ranks = [rank for i in sequence if (rank := _rank(i)) is not None]
    if len(ranks) < _FEW:
        return None
    if all(a > b for a, b in pairwise(ranks)):
        return True
    return False if all(a < b for a, b in pairwise(ranks)) else None


def _rank(item: Item) -> Rank | None:
    """Return what puts the version of a section among others, None for anything else."""
    if item.kind != "section" or item.key is None or (found := _VERSION.match(item.key[1])) is None:
        return None
    numbers = tuple(int(part) for part in found[1].split("."))
    return numbers, found[2] is None, (found[2] or "").lower()
