"""What a search tries first, and when it has looked long enough for something better."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from forkmerge.search.conflict_driven import ENOUGH, ConflictDriven
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict, Worth

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.recombination.values import Genome

PICKS = (Worth(9, 0), Worth(0, 400), Worth(6, 400, chimeric=True), Worth(9, 300, chimeric=True))
"""Ours, theirs, the merge of the place, and one that keeps more of the poorer side and much less of the other."""

SPACE = Landscape((PICKS,) * 8, (2,) * 8, (0,) * 8, (1,) * 8)


def play(search: ConflictDriven, fails: Callable[[Genome], set[str]], probe: float = 0.02) -> list[Query]:
    log: list[Query] = []
    for _ in range(3000):
        asked = search.ask()
        if asked is None:
            return log
        for query in asked if isinstance(asked, tuple) else (asked,):
            log.append(query)
            failed = fails(query.genome)
            failed &= query.tests if query.tests is not None else failed
            search.tell(query, Verdict(frozenset(failed), cost=1.0 if query.tests is None else probe))
    raise AssertionError("it never ends")


def new(landscape: Landscape = SPACE) -> ConflictDriven:
    return ConflictDriven(landscape, Budget(50, 100.0), Random(1))


def test_the_plain_merge_is_tried_before_what_ranks_higher() -> None:
    search = new()
    log = play(search, lambda genome: {f"t{i}" for i, a in enumerate(genome) if a == 3})
    candidates = [query.genome for query in log if query.tests is None][2:]
    assert candidates[0] == SPACE.default
    assert SPACE.key(candidates[1]) > SPACE.key(SPACE.default)
    assert search.answer().good


def test_something_better_is_sought_for_a_bounded_cost() -> None:
    search = new()
    play(search, lambda genome: {f"t{i}{a}" for i, a in enumerate(genome) if a == 3 and sum(genome) != 16}, 0.2)
    answer = search.answer()
    assert answer.best.genome == SPACE.default
    assert answer.cost <= 1 + ENOUGH + 4


def test_what_is_found_better_gives_it_new_room() -> None:
    def fails(genome: Genome) -> set[str]:
        return {"t"} if list(genome).count(3) > 2 else set()

    search = new()
    play(search, fails)
    answer = search.answer()
    assert answer.good
    assert SPACE.key(answer.best.genome) > SPACE.key(SPACE.default)


@pytest.mark.parametrize("seen", [True, False])
def test_a_plain_merge_that_is_known_to_fail_is_not_tried(seen: bool) -> None:
    landscape = replace(SPACE, tests=frozenset({"t"}), covers=lambda _: frozenset({0}))
    landscape = replace(landscape, default=((1 if seen else 2), *SPACE.default[1:]))
    search = new(landscape)
    log = play(search, lambda genome: {"t"} if genome[0] in (1, 2) else set())
    assert any(query.genome == landscape.default for query in log) is not seen
    assert search.answer().good
