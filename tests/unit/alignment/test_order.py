from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.alignment.order import kept_order, moved

weighted = st.permutations(range(7)).flatmap(
    lambda order: st.tuples(
        st.just([(left, right) for left, right in enumerate(order)]),
        st.lists(st.integers(1, 9), min_size=7, max_size=7),
    )
)


def increasing(pairs: list[tuple[int, int]]) -> bool:
    ordered = sorted(pairs)
    return all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(ordered))


@given(weighted)
def test_kept_order_is_the_heaviest_increasing_choice(case: tuple[list[tuple[int, int]], list[int]]) -> None:
    pairs, weights = case
    kept = kept_order(pairs, weights)
    assert increasing([pairs[i] for i in kept])
    best = max(
        sum(weights[i] for i in some)
        for size in range(1, 8)
        for some in combinations(range(7), size)
        if increasing([pairs[i] for i in some])
    )
    assert sum(weights[i] for i in kept) == best


def test_moved_names_the_small_piece_that_went_past_the_others() -> None:
    assert moved([(0, 3), (1, 0), (2, 1), (3, 2)]) == (0,)


def test_moved_names_the_light_piece_when_two_change_places() -> None:
    assert moved([(0, 1), (1, 0)], [50, 3]) == (1,)
    assert moved([(0, 1), (1, 0)], [3, 50]) == (0,)


def test_pairs_at_the_same_place_are_not_both_kept() -> None:
    assert len(kept_order([(0, 0), (1, 0), (2, 0)])) == 1
