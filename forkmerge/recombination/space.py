"""A version space: all combinations of choices, held as the choices, enumerated best first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def best_first(scores: Sequence[Sequence[float]]) -> Iterator[tuple[int, ...]]:
    """Yield every combination of one index for each sequence of scores, the highest sum first, lazily.

    Ties come in the order of the choices as given; the work for the first k results is about k * len(scores).
    """
    orders = [sorted(range(len(s)), key=lambda i, s=s: (-s[i], i)) for s in scores]  # type: ignore[misc]
    if any(not order for order in orders):
        return

    def score(ranks: tuple[int, ...]) -> float:
        return sum(s[order[r]] for s, order, r in zip(scores, orders, ranks, strict=True))

    first = (0,) * len(scores)
    queue = [(-score(first), first, 0)]
    while queue:
        _, ranks, last = heapq.heappop(queue)
        yield tuple(order[r] for order, r in zip(orders, ranks, strict=True))
        for place in range(last, len(scores)):
            if ranks[place] + 1 < len(orders[place]):
                following = (*ranks[:place], ranks[place] + 1, *ranks[place + 1 :])
                heapq.heappush(queue, (-score(following), following, place))
