"""Which members of a sequence kept their relative order, and which were moved.

Given pairs of positions (left, right), the heaviest subsequence that increases on both sides stays; everything else was
moved past it.  Weights make the smaller piece the one that is said to have moved, as a reader would.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def kept_order(pairs: Sequence[tuple[int, int]], weights: Sequence[int] | None = None) -> frozenset[int]:
    """Return the indexes into ``pairs`` of the heaviest subsequence that increases strictly on both sides.

    ``weights`` are at least 1 (all 1 when not given).  O(n log n) searches over a staircase of (right position, weight
    of the best chain that ends at or before it), as for the longest increasing subsequence.
    """
    by_left = sorted(range(len(pairs)), key=lambda i: (pairs[i][0], -pairs[i][1]))
    ends: list[int] = []  # right positions, increasing
    best: list[tuple[int, int]] = []  # (weight of the chain, its last index), weights increasing
    before: dict[int, int | None] = {}
    for index in by_left:
        right = pairs[index][1]
        step = bisect_left(ends, right)
        weight = max(1, weights[index]) if weights else 1
        chain, before[index] = (best[step - 1][0] + weight, best[step - 1][1]) if step else (weight, None)
        if step < len(ends) and ends[step] == right and best[step][0] >= chain:
            continue
        last = step
        while last < len(ends) and best[last][0] <= chain:
            last += 1
        ends[step:last] = [right]
        best[step:last] = [(chain, index)]
    kept: list[int] = []
    cursor = best[-1][1] if best else None
    while cursor is not None:
        kept.append(cursor)
        cursor = before[cursor]
    return frozenset(kept)


def moved(pairs: Sequence[tuple[int, int]], weights: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return the indexes into ``pairs`` that are out of order, smallest first."""
    kept = kept_order(pairs, weights)
    return tuple(i for i in range(len(pairs)) if i not in kept)
