"""Shrinking: what comes out has the property and loses it without any one thing, whatever the property is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.search.shrinking import ahead, one_minimal

Sets = st.frozensets(st.integers(0, 9), max_size=4)
Groups = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), max_size=4)


class Asked:
    """A property that counts how often it is asked, and minds being asked twice."""

    def __init__(self, *wanted: frozenset[int], forbidden: tuple[frozenset[int], ...] = ()) -> None:
        self.wanted, self.forbidden = wanted, forbidden
        self.questions: list[frozenset[int]] = []

    def truth(self, things: frozenset[int]) -> bool:
        fits = any(w <= things for w in self.wanted)
        return fits and not any(f == things for f in self.forbidden)

    def __call__(self, things: frozenset[int]) -> bool:
        assert things not in self.questions
        self.questions.append(things)
        return self.truth(things)


@given(st.lists(Sets, min_size=1, max_size=4), Groups)
def test_a_monotone_property_is_shrunk_to_one_of_its_minimal_sets(
    wanted: list[frozenset[int]], groups: list[list[int]]
) -> None:
    asked = Asked(*wanted)
    found = one_minimal(10, asked, groups=groups)
    assert asked.truth(found)
    assert found in wanted, "a minimal set of a monotone property is one of those that define it"
    assert not any(asked.truth(found - {thing}) for thing in found)


@given(
    st.sets(st.frozensets(st.integers(0, 6)), min_size=0, max_size=40),
    st.lists(st.lists(st.integers(0, 6), min_size=1), max_size=3),
)
def test_any_property_is_shrunk_to_a_one_minimal_set(true: set[frozenset[int]], groups: list[list[int]]) -> None:
    true.add(frozenset(range(7)))
    found = one_minimal(7, lambda things: things in true, groups=groups)
    assert found in true
    assert not any(found - {thing} in true for thing in found)


@given(st.lists(Sets, min_size=1, max_size=4), Groups)
def test_what_is_asked_next_is_foreseen(wanted: list[frozenset[int]], groups: list[list[int]]) -> None:
    asked = Asked(*wanted)
    known: dict[frozenset[int], bool] = {frozenset(range(10)): True}
    foreseen: list[tuple[frozenset[int], ...]] = []

    def holds(things: frozenset[int]) -> bool:
        assert not foreseen or things in foreseen[-1]
        foreseen.append(ahead(10, known, things, groups=groups))
        assert things not in foreseen[-1]
        known[things] = asked(things)
        return known[things]

    one_minimal(10, holds, groups=groups)
    assert all(len(following) <= 2 for following in foreseen)


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_few_of_many_are_found_by_few_questions(count: int) -> None:
    asked = Asked(frozenset({count // 7, count // 2, count - 1}))
    assert one_minimal(count, asked) == asked.wanted[0]
    assert len(asked.questions) <= 60


def test_groups_are_asked_as_wholes_first() -> None:
    asked = Asked(frozenset({3}))
    one_minimal(8, asked, groups=[(0, 1), (2, 3), (4, 5), (6, 7)])
    assert [sorted(q) for q in asked.questions[:3]] == [[], [0, 1, 2, 3], [0, 1]]


def test_nothing_is_kept_where_nothing_is_needed() -> None:
    assert one_minimal(5, lambda _: True) == frozenset()


def test_what_the_property_raises_ends_the_shrinking() -> None:
    def stop(_: frozenset[int]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_minimal(3, stop)
