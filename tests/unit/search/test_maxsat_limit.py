"""MaxSAT has a share of work: past it the answer breaks no clause and claims nothing."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.search.test_optimum import brute, clauses, landscapes

from forkmerge.recombination.values import Clause
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.maxsat import Work, best_by_maxsat, maxsat
from forkmerge.search.optimum import UndecidedError, optimum, unsatisfiable_core
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict, Worth

if TYPE_CHECKING:
    from forkmerge.recombination.values import Genome


def crossed(loci: int, count: int) -> tuple[Landscape, tuple[Clause, ...]]:
    """Return loci of three alleles with nogoods of three cells at random, and a genome that breaks none of them."""
    rng = Random(2)
    worths = tuple(tuple(Worth(rng.randint(0, 20), rng.randint(0, 20)) for _ in range(3)) for _ in range(loci))
    ours = tuple(max(range(3), key=lambda a: found[a].ours) for found in worths)
    theirs = tuple(max(range(3), key=lambda a: found[a].theirs) for found in worths)
    good = tuple(rng.randrange(3) for _ in range(loci))
    found: list[Clause] = []
    while len(found) < count:
        cells = tuple((x, frozenset({rng.randrange(3)})) for x in sorted(rng.sample(range(loci), 3)))
        found += [clause] if not (clause := Clause(cells)).violated(good) else []
    return Landscape(worths, ours, ours, theirs), tuple(found)


def pigeons(count: int) -> tuple[Landscape, tuple[Clause, ...]]:
    """Return ``count`` loci that must all differ, with an allele too few: no genome, and no short proof of it."""
    worths = ((Worth(1, 1),) * (count - 1),) * count
    apart = tuple(
        Clause(((x, frozenset({a})), (y, frozenset({a}))))
        for x, y in combinations(range(count), 2)
        for a in range(count - 1)
    )
    return Landscape(worths, (0,) * count, (0,) * count, (1,) * count), apart


def value(landscape: Landscape, genome: Genome | None) -> int:
    assert genome is not None
    return sum(landscape.worths[x][a].ours for x, a in enumerate(genome))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_without_any_work_left_an_answer_breaks_no_clause_and_none_means_that_there_is_none(
    data: st.DataObject,
) -> None:
    landscape = data.draw(landscapes())
    forbidden = data.draw(clauses(landscape))
    found = best_by_maxsat(landscape, forbidden, steps=0)
    assert (found is None) == (brute(landscape, forbidden) is None)
    assert found is None or not any(clause.violated(found) for clause in forbidden)


def test_what_would_take_the_solver_very_long_ends_when_its_work_is_used_up() -> None:
    landscape, forbidden = crossed(100, 500)
    work = Work(50_000)
    found = maxsat(landscape, forbidden, lambda x, a: landscape.worths[x][a].ours, work)
    assert work.left <= 0
    assert found is not None
    assert not any(clause.violated(found) for clause in forbidden)
    assert value(landscape, found) > 0.8 * value(landscape, landscape.ours)
    again = maxsat(landscape, forbidden, lambda x, a: landscape.worths[x][a].ours, Work(50_000))
    assert again == found


def test_what_comes_of_it_is_never_called_exact() -> None:
    landscape, forbidden = crossed(100, 500)
    found = optimum(landscape, forbidden, most_nodes=0)
    assert found is not None
    assert not found.exact
    assert not any(clause.violated(found.genome) for clause in forbidden)


def test_what_can_not_be_decided_is_not_called_impossible() -> None:
    landscape, apart = pigeons(14)
    with pytest.raises(UndecidedError):
        best_by_maxsat(landscape, apart, steps=0)
    small, few = pigeons(3)
    assert best_by_maxsat(small, few, steps=0) is None


def test_a_parent_that_breaks_nothing_answers_what_could_not_be_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    landscape, forbidden = crossed(30, 40)
    good = brute_force_of_one(landscape, forbidden)
    landscape = Landscape(landscape.worths, landscape.default, landscape.ours, good)

    def undecided(*_: object, **__: object) -> None:
        raise UndecidedError

    monkeypatch.setattr("forkmerge.search.maxsat.best_by_maxsat", undecided)
    found = optimum(landscape, forbidden, most_nodes=0)
    assert found is not None
    assert found.genome == good
    assert not found.exact
    with pytest.raises(UndecidedError):
        optimum(landscape, (*forbidden, only(good)), most_nodes=0)


def only(genome: Genome) -> Clause:
    return Clause(tuple((x, frozenset({a})) for x, a in enumerate(genome)))


def brute_force_of_one(landscape: Landscape, forbidden: tuple[Clause, ...]) -> Genome:
    found = best_by_maxsat(landscape, forbidden)
    assert found is not None
    return found


def test_a_core_of_what_can_not_be_decided_still_excludes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    worths = ((Worth(), Worth()), (Worth(), Worth()))
    landscape = Landscape(worths, (0, 0), (0, 0), (1, 1))
    every = tuple(Clause(((x, frozenset({a})),)) for x, a in ((0, 0), (0, 1), (1, 1)))

    def hardly(view: Landscape, given: list[Clause]) -> object:
        if len(given) < len(every):
            raise UndecidedError
        return optimum(view, given)

    monkeypatch.setattr("forkmerge.search.optimum.optimum", hardly)
    assert set(unsatisfiable_core(landscape, every)) == set(every)


def test_a_search_that_can_not_decide_ends_with_the_best_so_far_and_claims_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def undecided(*_: object, **__: object) -> None:
        raise UndecidedError

    monkeypatch.setattr("forkmerge.search.conflict_driven.optimum", undecided)
    both = (Worth(4, 0), Worth(0, 4), Worth(4, 4, chimeric=True))
    landscape = Landscape((both,) * 3, (2,) * 3, (0,) * 3, (1,) * 3)
    search = ConflictDriven(landscape, Budget(20, 40.0), Random(1))
    asked: list[Query] = []
    while (query := search.ask()) is not None:
        for one in query if isinstance(query, tuple) else (query,):
            asked.append(one)
            search.tell(one, Verdict(frozenset({"t"} if one.genome[0] == 2 else ())))
    answer = search.answer()
    assert any(one.genome == landscape.default for one in asked)
    assert answer.good
    assert answer.undecided
    assert answer.best.genome in (landscape.ours, landscape.theirs)
    assert not answer.optimal
    assert not answer.inseparable
