from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.alignment.assignment import assign

edges = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(-3, 20).map(lambda n: n / 8), max_size=14
)


def best_by_trying_all(profits: dict[tuple[int, int], float]) -> float:
    return max(
        sum(max(0.0, profits.get((row, column), 0.0)) for row, column in enumerate(order))
        for order in permutations(range(5))
    )


@given(edges)
@settings(max_examples=300, deadline=None)
def test_assign_reaches_the_best_sum_that_trying_all_finds(profits: dict[tuple[int, int], float]) -> None:
    found = assign(profits)
    assert len(set(found.values())) == len(found)
    assert all(profits[pair] > 0 for pair in found.items())
    assert abs(sum(profits[pair] for pair in found.items()) - best_by_trying_all(profits)) < 1e-9


def test_assign_gives_up_the_best_single_edge_for_a_better_whole() -> None:
    assert assign({(0, 0): 1.0, (0, 1): 0.9, (1, 0): 0.9}) == {0: 1, 1: 0}


def test_assign_of_nothing_is_nothing() -> None:
    assert assign({}) == {}


def test_assign_is_quick_on_long_chains_of_rivals() -> None:
    profits = {(i, j): 1.0 - abs(i - j) / 10 for i in range(2000) for j in range(max(0, i - 3), min(2000, i + 4))}
    assert assign(profits) == {i: i for i in range(2000)}
