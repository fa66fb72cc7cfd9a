"""Nogoods that claim too much, and what static clauses tie together in a probe."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from forkmerge.recombination.values import Clause
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.optimum import optimum
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict, Worth
from forkmerge.search.quickxplain import closed
from forkmerge.search.remembering import FAR

if TYPE_CHECKING:
    from forkmerge.recombination.values import Genome

LARGE = (Worth(40, 0), Worth(0, 40), Worth(40, 40, chimeric=True))
OURS, THEIRS = (Worth(2, 0), Worth(0, 0)), (Worth(0, 0), Worth(0, 2))
MANY = FAR + 20


def clause(*cells: tuple[int, int]) -> Clause:
    return Clause(tuple((locus, frozenset({allele})) for locus, allele in cells))


def wide(first: tuple[Worth, ...], default: int) -> Landscape:
    """Return a landscape of one locus in conflict, and so many edits of ours and theirs that the two are far apart."""
    worths = (first, *(THEIRS, OURS) * (MANY // 2))
    start = (default, *(1, 0) * (MANY // 2))
    every = len(worths)
    return Landscape(worths, start, (0,) * every, (1,) * every, dormant=frozenset(range(1, every)))


def play(search: ConflictDriven, truth: dict[str, list[Clause]]) -> list[Query]:
    log: list[Query] = []
    while (asked := search.ask()) is not None:
        for query in asked if isinstance(asked, tuple) else (asked,):
            log.append(query)
            failed = {t for t, found in truth.items() if any(c.violated(query.genome) for c in found)}
            failed &= query.tests if query.tests is not None else failed
            passed = (query.tests if query.tests is not None else frozenset(truth)) - failed
            search.tell(query, Verdict(frozenset(failed), passed=passed, cost=1.0 if query.tests is None else 0.01))
        assert len(log) < 1000
    return log


def new(landscape: Landscape) -> ConflictDriven:
    return ConflictDriven(landscape, Budget(20, 40.0), Random(1))


def changed(landscape: Landscape, genome: Genome) -> dict[int, int]:
    return {x: a for x, a in enumerate(genome) if a != landscape.default[x]}


@pytest.mark.parametrize("small", [31, 32])
def test_a_small_edit_is_left_out_where_the_nearest_parent_has_it_too(small: int) -> None:
    """What the candidate and the genome next to it have in common is not blamed at first."""
    landscape = wide(LARGE, 2)
    search = new(landscape)
    log = play(search, {"t": [clause((0, 2), (small, landscape.default[small]))]})
    answer = search.answer()
    assert answer.good
    assert changed(landscape, answer.best.genome) == {small: 1 - landscape.default[small]}
    assert sum(query.tests is None for query in log) == 4, "the parents, the plain merge, and the best"


def test_nogoods_that_leave_nothing_are_doubted_before_they_all_go() -> None:
    """One test needs theirs' small edit; another one fails where that meets ours in the conflict."""
    landscape = wide((Worth(40, 0), Worth(0, 30)), 0)
    search = new(landscape)
    play(search, {"needed": [clause((1, 0))], "t": [clause((0, 0), (1, 1))]})
    answer = search.answer()
    assert answer.good
    assert changed(landscape, answer.best.genome) == {0: 1}
    assert answer.candidates <= 3


def test_edits_that_static_clauses_tie_are_probed_together_and_one_of_them_stands_for_all() -> None:
    worths = (Worth(5, 0), Worth(0, 5), Worth(5, 5, chimeric=True))
    ties = tuple(Clause(((x, frozenset({2})), (x + 1, frozenset({0, 1})))) for x in range(2, 14))
    landscape = Landscape((worths,) * 30, (2,) * 30, (0,) * 30, (1,) * 30, clauses=ties)
    search = new(landscape)
    play(search, {"t": [clause((2, 2), (25, 2))]})
    assert search.answer().good
    assert {len(nogood.cells) for nogood in search.answer().nogoods} == {2}
    assert sum(changed(landscape, search.answer().best.genome).values()) <= 1


def test_closing_changes_what_else_has_to_change_and_tells_where_nothing_helps() -> None:
    tie, chain = clause((0, 1), (1, 0)), clause((1, 1), (2, 0))
    assert closed((tie, chain), (1, 0, 0, 0), (1, 1, 1, 1)) == (1, 1, 1, 0)
    assert closed((tie, chain), (0, 0, 0, 1), (1, 1, 1, 1)) == (0, 0, 0, 1)
    assert closed((clause((0, 1), (3, 1)),), (1, 0, 0, 1), (1, 1, 1, 1)) is None


def test_what_binds_is_told_of_every_clause_that_says_the_same_of_the_loci_that_move() -> None:
    landscape = Landscape((LARGE, OURS), (2, 0), (0, 0), (1, 1), dormant=frozenset({1}))
    shrunk, sound = clause((0, 2)), clause((0, 2), (1, 0))
    for order in ((shrunk, sound), (sound, shrunk)):
        found = optimum(landscape, order, held=frozenset({1}))
        assert found is not None
        assert set(found.binding) == {shrunk, sound}


def test_how_far_apart_two_programs_are_is_a_matter_of_what_the_test_sees() -> None:
    landscape = wide(LARGE, 2)
    assert new(landscape)._far("t", landscape.ours, landscape.theirs)
    seen = replace(landscape, covers=lambda _: frozenset(range(10)), tests=frozenset({"t"}))
    assert not new(seen)._far("t", seen.ours, seen.theirs)
