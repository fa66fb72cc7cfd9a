"""Longest common subsequences of short and long sequences.

Patience first (elements that are unique on both sides anchor the rest; Bram Cohen's patience diff), then the greedy
O(ND) algorithm of Myers ("An O(ND) Difference Algorithm and Its Variations", 1986) between the anchors.  Pure and
deterministic; elements only have to be hashable.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Pairs = list[tuple[int, int]]

_MAX_D = 1500
"""Edit distance past which a stretch without unique elements is called different as a whole (bounds time)."""


def common(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs:
    """Return index pairs (i, j) of equal elements, strictly increasing in both: a common subsequence, near longest."""
    pairs: Pairs = []
    if type(a) is not type(b):
        a, b = list(a), list(b)  # slices of them are compared
    stack = [(0, len(a), 0, len(b))]
    while stack:
        alo, ahi, blo, bhi = stack.pop()
        size = alike(a, b, alo, blo, min(ahi - alo, bhi - blo), 1)
        pairs.extend(zip(range(alo, alo + size), range(blo, blo + size), strict=True))
        alo, blo = alo + size, blo + size
        size = alike(a, b, ahi, bhi, min(ahi - alo, bhi - blo), -1)
        ahi, bhi = ahi - size, bhi - size
        pairs.extend(zip(range(ahi, ahi + size), range(bhi, bhi + size), strict=True))
        if alo == ahi or blo == bhi:
            continue
        anchors = _unique_anchors(a, b, alo, ahi, blo, bhi)
        if not anchors:
            pairs.extend(_myers(a, b, alo, ahi, blo, bhi))
            continue
        pairs.extend(anchors)
        last_i, last_j = alo, blo
        for i, j in anchors:
            if last_i < i and last_j < j:
                stack.append((last_i, i, last_j, j))
            last_i, last_j = i + 1, j + 1
        stack.append((last_i, ahi, last_j, bhi))
    pairs.sort()
    return pairs


def hunks(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """Return where the two differ: start and stop in ``before``, start and stop in ``after``."""
    if type(before) is not type(after):
        before, after = list(before), list(after)
    start = alike(before, after, 0, 0, min(len(before), len(after)), 1)
    end = alike(before, after, len(before), len(after), min(len(before), len(after)) - start, -1)
    middles = before[start : len(before) - end], after[start : len(after) - end]
    out = []
    i = j = 0
    for x, y in [*common(*middles), (len(middles[0]), len(middles[1]))]:
        if (i, j) != (x, y):
            out.append((start + i, start + x, start + j, start + y))
        i, j = x + 1, y + 1
    return out


def alike(a: Sequence[Hashable], b: Sequence[Hashable], i: int, j: int, most: int, step: int) -> int:
    """Return how many elements, ``most`` of them, are equal from ``i`` and ``j`` on, or (``step`` -1) before them.

    PERF: many are compared at once, by slices.
    """
    low, more = 0, 1
    while low + more <= most and _same(a, b, i, j, low, low + more, step):
        low, more = low + more, more * 2
    high = min(most, low + more)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _same(a, b, i, j, low, middle, step) else (low, middle - 1)
    return low


def _same(a: Sequence[Hashable], b: Sequence[Hashable], i: int, j: int, low: int, high: int, step: int) -> bool:
    if step < 0:
        return a[i - high : i - low] == b[j - high : j - low]
    return a[i + low : i + high] == b[j + low : j + high]


def _unique_anchors(
    a: Sequence[Hashable], b: Sequence[Hashable], alo: int, ahi: int, blo: int, bhi: int
) -> list[tuple[int, int]]:
    """Return the longest increasing run of pairs of elements that stand once in each range."""
    in_a, in_b = Counter(a[alo:ahi]), Counter(b[blo:bhi])
    where = {b[j]: j for j in range(blo, bhi) if in_b[b[j]] == 1}
    candidates = [(i, where[a[i]]) for i in range(alo, ahi) if in_a[a[i]] == 1 and a[i] in where]
    return longest_increasing(candidates)


def longest_increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence of ``pairs`` (sorted by their first) whose seconds increase (patience sorting)."""
    tails: list[int] = []
    at: list[int] = []
    previous: list[int] = []
    for index, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        previous.append(at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(j)
            at.append(index)
        else:
            tails[place] = j
            at[place] = index
    out: list[tuple[int, int]] = []
    index = at[-1] if at else -1
    while index >= 0:
        out.append(pairs[index])
        index = previous[index]
    return out[::-1]


def _myers(a: Sequence[Hashable], b: Sequence[Hashable], alo: int, ahi: int, blo: int, bhi: int) -> Pairs:
    """Return the longest common subsequence of two ranges; what stands on one side alone is left out beforehand."""
    in_a, in_b = set(a[alo:ahi]), set(b[blo:bhi])
    rows = [i for i in range(alo, ahi) if a[i] in in_b]
    columns = [j for j in range(blo, bhi) if b[j] in in_a]
    found = _greedy([a[i] for i in rows], [b[j] for j in columns])
    return [(rows[x], columns[y]) for x, y in found]


def _greedy(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs:
    n, m = len(a), len(b)
    offset = min(n + m, _MAX_D) + 1
    frontier = [0] * (2 * offset + 2)
    trace: list[list[int]] = []
    for d in range(offset):
        trace.append(frontier[offset - d - 1 : offset + d + 2])
        for k in range(-d, d + 1, 2):
            at = offset + k
            down = k == -d or (k != d and frontier[at - 1] < frontier[at + 1])
            x = frontier[at + 1] if down else frontier[at - 1] + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x, y = x + 1, y + 1
            frontier[at] = x
            if x >= n and y >= m:
                return _backtrack(trace, n, m)
    return []


def _backtrack(trace: list[list[int]], n: int, m: int) -> Pairs:
    """Return the pairs on the path to (n, m); ``trace[d]`` holds the furthest x for k = -d-1..d+1 before step d."""
    pairs: Pairs = []
    x, y = n, m
    for d in range(len(trace) - 1, -1, -1):
        frontier = trace[d]
        k = x - y
        at = k + d + 1
        down = k == -d or (k != d and frontier[at - 1] < frontier[at + 1])
        previous_k = k + 1 if down else k - 1
        previous_x = frontier[previous_k + d + 1] if d else 0
        previous_y = previous_x - previous_k if d else 0
        while x > previous_x and y > previous_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = previous_x, previous_y
    return pairs
