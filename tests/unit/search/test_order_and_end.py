"""What a search tries first, and when it has looked long enough for something better."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from forkmerge.recombination.values import Clause
from forkmerge.search.conflict_driven import ENOUGH, ConflictDriven, Refined
from forkmerge.search.protocol import Budget, Evaluated, Landscape, Query, Verdict, Worth

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


def test_a_clause_that_no_test_can_see_is_not_proven_wrong_by_the_plain_merge() -> None:
    """A test file as it is merged lacks an import, and each side's tests are asked as that side has them."""
    dangling = Clause(((6, frozenset({2})), (7, frozenset({2}))), "an import and its user")
    landscape = replace(SPACE, clauses=(dangling,), tests=frozenset({"t"}), covers=lambda _: frozenset(range(6)))
    assert not landscape.seen(dangling)
    search = new(landscape)
    log = play(search, lambda _: set())
    assert any(query.genome == landscape.default for query in log), "it is scored"
    assert search.answer().good
    assert not dangling.violated(search.answer().best.genome)
    seen = replace(landscape, covers=lambda _: frozenset(range(8)))
    assert seen.seen(dangling)
    search = new(seen)
    play(search, lambda _: set())
    assert search.landscape.clauses == ()


@pytest.mark.parametrize(("genome", "ends"), [(SPACE.theirs, False), (SPACE.ours, False), (SPACE.default, True)])
def test_a_parent_that_passes_ends_nothing(genome: Genome, ends: bool) -> None:
    search = new()
    best = Evaluated(genome, frozenset(), broken=False)
    assert not search._in_vain(best)
    search.cost += ENOUGH
    assert search._in_vain(best) is ends


def test_what_was_spent_in_vain_stays_so_in_a_finer_landscape() -> None:
    search = new()
    best = Evaluated(SPACE.default, frozenset(), broken=False)
    assert not search._in_vain(best)
    search.cost += ENOUGH
    finer = replace(SPACE, worths=(*SPACE.worths, PICKS), default=(*SPACE.default, 2))
    finer = replace(finer, ours=(*SPACE.ours, 0), theirs=(*SPACE.theirs, 1))
    search._move(Refined(finer, lambda genome: (*genome, genome[-1]), lambda *_: None))
    assert search._in_vain(replace(best, genome=(*SPACE.default, 2)))
    assert not search._in_vain(replace(best, genome=(*SPACE.default, 3)))


@pytest.mark.parametrize(("failed", "asked"), [({"theirs:b"}, ["theirs"]), (set(), ["theirs", "ours"])])
def test_a_first_look_asks_the_tests_of_one_side_and_then_those_of_the_other(
    failed: set[str], asked: list[str]
) -> None:
    search = new()
    looking = search.screen(SPACE.default, ["ours:a", "theirs:a", "ours:b", "theirs:b"])
    sides = []
    (query,) = next(looking)
    with suppress(StopIteration):
        while query.tests is not None:
            sides.append({test.partition(":")[0] for test in query.tests})
            (query,) = looking.send((Verdict(frozenset(failed) & query.tests, cost=0.1),))
    assert sides == [{side} for side in asked]
