"""Blame that is not to be found far from what passes, and a search that comes to its end."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from forkmerge.model.hunk import FileMerge, Hunk
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge, TreeMerge
from forkmerge.recombination.loci import loci
from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.landscape import Refiner, landscape_of
from forkmerge.search.optimum import optimum, unsatisfiable_core
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict, Worth
from forkmerge.search.suspicion import MOST_PROBES, MOST_SEARCHES

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN = (Worth(4, 0), Worth(0, 4), Worth(4, 4, chimeric=True), Worth(3, 3, chimeric=True))
SIDED = (Worth(1, 0), Worth(0, 0))
MANY = 400


def far(awake: int) -> Landscape:
    """Return a landscape of ``awake`` loci in conflict and many of one side."""
    return Landscape(
        (OPEN,) * awake + (SIDED,) * MANY,
        (2,) * awake + (0,) * MANY,
        (0,) * (awake + MANY),
        (1,) * (awake + MANY),
        dormant=frozenset(range(awake, awake + MANY)),
        files=("a.py",) * awake + tuple(f"{i % 5}.py" for i in range(MANY)),
        near=lambda _: frozenset({0}),
    )


def play(search: ConflictDriven, fails: Callable[[Genome], set[str]], *, most: int = 600) -> list[Query]:
    log: list[Query] = []
    for _ in range(most):
        asked = search.ask()
        if asked is None:
            return log
        for query in asked if isinstance(asked, tuple) else (asked,):
            log.append(query)
            failed = fails(query.genome)
            failed &= query.tests if query.tests is not None else failed
            search.tell(query, Verdict(frozenset(failed), cost=1.0 if query.tests is None else 0.01))
    raise AssertionError("it never ends")


@pytest.mark.parametrize("enough", [MANY * 2 / 3, MANY + 1])
def test_a_cause_that_lies_all_over_two_programs_is_given_up_and_the_near_locus_is_suspected(enough: float) -> None:
    def fails(genome: Genome) -> set[str]:
        more_of_theirs = sum(a == 1 for a in genome) > enough
        return set() if more_of_theirs or genome[0] == 3 else {"t"}

    search = ConflictDriven(far(2), Budget(20, 40.0), Random(1))
    log = play(search, fails)
    answer = search.answer()
    assert answer.good
    assert answer.best.genome[0] == 3, "what the test ran something of"
    probes = [query for query in log if query.tests]
    assert len(probes) <= (MOST_SEARCHES + 1) * (MOST_PROBES + 20)


def test_search_ends_where_the_same_nogoods_leave_nothing_again() -> None:
    def fails(genome: Genome) -> set[str]:
        return {f"t{genome[0]}"} | ({"u"} if genome[0] == 0 else set())

    landscape = Landscape((OPEN,) * 4, (2,) * 4, (0,) * 4, (1,) * 4)
    search = ConflictDriven(landscape, Budget(100, 100.0), Random(1))
    play(search, lambda g: fails(g) if g not in ((0,) * 4, (1,) * 4) else {"t0"} if g[0] else {"t1", "t2", "t3"})
    answer = search.answer()
    assert not answer.good
    assert answer.candidates <= 12, "and not as many as there are genomes, or as the budget has"


def test_a_locus_is_not_split_where_the_best_would_be_lost() -> None:
    base, ours, theirs = b"a\nb\nc\nd\n", b"A\nb\nc\nd\n", b"a\nb\nc\nD\n"
    both = b"A + D\nb\nc\n"
    hunk = Hunk(base, ours, theirs, None, "conflict")
    entries = [Entry(REGULAR, name) for name in ("1", "2", "3")]
    coarse = loci(TreeMerge((PathMerge("f.txt", *entries, file=FileMerge("f.txt", (hunk,))),)))
    made = coarse.loci[0].alleles[coarse.loci[0].ours]
    coarse = coarse.with_alleles(0, (type(made)("adapted", (both,), 2, 2, chimeric=True),))
    lost = (len(coarse.loci[0].alleles) - 1,)
    refiner = Refiner(coarse)
    assert landscape_of(coarse).key(lost)
    assert refiner(0, lost) is None
    assert len(refiner.maps) == 1
    assert refiner(0, (coarse.loci[0].ours,)) is not None
    assert len(refiner.maps) == 2


def test_a_core_has_nothing_to_spare_among_many_clauses() -> None:
    landscape = Landscape((OPEN,) * 30, (2,) * 30, (0,) * 30, (1,) * 30)
    idle = [Clause(((x, frozenset({0})), (x + 1, frozenset({1})))) for x in range(28)]
    shut = [Clause(((7, frozenset({0, 1})),)), Clause(((7, frozenset({2})), (9, frozenset({0, 1, 2, 3}))))]
    shut += [Clause(((7, frozenset({3})),))]
    core = unsatisfiable_core(landscape, (*idle[:9], *shut[:2], *idle[9:], *shut[2:]))
    assert set(core) == set(shut)
    assert optimum(landscape, core[1:]) is not None
