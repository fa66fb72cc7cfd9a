"""Several answers: all pass, no two behave alike, the first is the search's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.diverse import Diverse, Wanted
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict, Worth

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

ALLELES = (Worth(4, 0), Worth(0, 4), Worth(3, 3, chimeric=True), Worth(0, 0))
"""Ours, theirs, parts of both, nothing."""


@dataclass(frozen=True)
class Told:
    """A behaviour that is told by the numbers of the alleles; loci in ``format`` make no difference."""

    format: frozenset[int] = frozenset()

    def of(self, genome: Genome, generation: int) -> Hashable:
        del generation
        return tuple(a for i, a in enumerate(genome) if i not in self.format)

    def kinds(self, locus: int, generation: int) -> tuple[int, ...]:
        del generation
        return (0,) * len(ALLELES) if locus in self.format else tuple(range(len(ALLELES)))


def space(count: int, **more: object) -> Landscape:
    return Landscape((ALLELES,) * count, (2,) * count, (0,) * count, (1,) * count, **more)  # type: ignore[arg-type]


def clause(*cells: tuple[int, int]) -> Clause:
    return Clause(tuple((locus, frozenset({allele})) for locus, allele in cells))


def failing(*rules: tuple[str, Clause]) -> Callable[[Query], Verdict]:
    def answer(query: Query) -> Verdict:
        names = {name for name, rule in rules if rule.violated(query.genome)}
        names &= names if query.tests is None else query.tests
        return Verdict(frozenset(names), cost=1.0 if query.tests is None else 0.01)

    return answer


def play(search: ConflictDriven, answer: Callable[[Query], Verdict]) -> int:
    for count in range(3000):
        asked = search.ask()
        if asked is None:
            return count
        for query in asked if isinstance(asked, tuple) else (asked,):
            search.tell(query, answer(query))
    raise AssertionError("it never ends")


def seek(landscape: Landscape, wanted: int, *, budget: int = 40, behaviour: Told | None = None) -> Diverse:
    return Diverse(landscape, Budget(budget, 80.0), Random(1), wanted=Wanted(wanted, behaviour or Told()))


def test_as_many_as_are_wanted_and_no_more() -> None:
    search = seek(space(3), 3)
    play(search, failing())
    assert len(search.answers()) == 3
    assert search.candidates == 3


def test_the_first_answer_is_the_searchs_own() -> None:
    rules = failing(("t", clause((0, 2))), ("u", clause((1, 2), (2, 2))))
    alone, several = ConflictDriven(space(4), Budget(40, 80.0), Random(1)), seek(space(4), 4)
    play(alone, rules)
    play(several, rules)
    assert several.answers()[0] == alone.answer().best.genome
    assert several.answer().best.genome == alone.answer().best.genome


def test_what_differs_in_format_alone_is_never_run() -> None:
    """Three alleles at two loci, less the two parents: that the third locus has three too makes no difference."""
    search = seek(space(3), 99, behaviour=Told(frozenset({2})))
    play(search, failing())
    assert len(search.answers()) == search.candidates == 7
    assert search.exhausted


def test_a_parent_is_no_answer_nor_is_what_leaves_out_both_sides() -> None:
    search = seek(space(1), 9)
    play(search, failing())
    assert search.answers() == ((2,),)
    assert search.exhausted


def test_loci_that_stand_still_go_on_standing_still() -> None:
    search = seek(space(4, dormant=frozenset({1, 2, 3})), 9)
    play(search, failing())
    assert {genome[1:] for genome in search.answers()} == {(2, 2, 2)}
    assert len(search.answers()) == 3


def test_the_budget_ends_it() -> None:
    search = seek(space(5), 30, budget=6)
    play(search, failing())
    assert search.candidates == 6
    assert not search.exhausted
    assert 1 < len(search.answers()) <= 6


def test_where_nothing_passes_there_is_no_answer() -> None:
    search = seek(space(2), 3)
    never = failing(*((f"t{a}{b}", clause((0, a), (1, b))) for a in range(4) for b in range(4) if a != b or a > 1))
    play(search, never)
    assert search.answers() == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_all_answers_pass_and_differ(seed: int, wanted: int) -> None:
    random = Random(seed)
    count = random.randint(2, 5)
    rules = []
    for n in range(random.randint(0, 4)):
        loci = random.sample(range(count), random.randint(1, 2))
        rules.append((f"t{n}", clause(*((locus, random.randint(1, 2)) for locus in loci))))
    rules = [r for r in rules if not r[1].violated((0,) * count) and not r[1].violated((1,) * count)]
    search = seek(space(count), wanted)
    play(search, failing(*rules))
    found = search.answers()
    assert len(found) <= wanted or search.candidates <= wanted + 20
    assert all(not rule.violated(genome) for genome in found for _, rule in rules)
    assert all(one != other for one, other in combinations(found, 2))
    assert all(genome not in ((0,) * count, (1,) * count) for genome in found)
