from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quality.landscapes import Shape, World, drive, planted

from forkmerge.model.hunk import FileMerge, Hunk
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge, TreeMerge
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import texts
from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.baselines import Genetic, Gomea, HillClimbing, RandomSearch
from forkmerge.search.conflict_driven import ConflictDriven, linked
from forkmerge.search.landscape import Refiner, landscape_of
from forkmerge.search.protocol import Budget, Hints, Landscape, Query, Strategy, Verdict, Worth
from forkmerge.search.quickxplain import explained
from forkmerge.search.remembering import Shrunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.recombination.values import LocusMap

BOTH = (Worth(4, 0), Worth(0, 4), Worth(4, 4, chimeric=True))
"""Ours, theirs, merged."""


def space(count: int, **more: object) -> Landscape:
    return Landscape((BOTH,) * count, (2,) * count, (0,) * count, (1,) * count, **more)  # type: ignore[arg-type]


def play(strategy: Strategy, answer: Callable[[Query], Verdict], *, most: int = 500) -> list[Query]:
    log: list[Query] = []
    for _ in range(most):
        asked = strategy.ask()
        if asked is None:
            return log
        for query in asked if isinstance(asked, tuple) else (asked,):
            log.append(query)
            strategy.tell(query, answer(query))
    raise AssertionError("it never ends")


def failing(*rules: tuple[str, Clause]) -> Callable[[Query], Verdict]:
    def answer(query: Query) -> Verdict:
        names = {name for name, clause in rules if clause.violated(query.genome)}
        if query.tests is not None:
            names &= query.tests
        return Verdict(frozenset(names), cost=1.0 if query.tests is None else 0.01)

    return answer


def clause(*cells: tuple[int, int]) -> Clause:
    return Clause(tuple((locus, frozenset({allele})) for locus, allele in cells))


def new(landscape: Landscape, **more: object) -> ConflictDriven:
    return ConflictDriven(landscape, Budget(20, 40.0), Random(1), **more)  # type: ignore[arg-type]


def test_search_takes_the_structured_merge_when_it_passes() -> None:
    search = new(space(5))
    log = play(search, failing())
    answer = search.answer()
    assert answer.best.genome == (2,) * 5
    assert answer.good
    assert answer.optimal
    assert len(log) == 3
    assert answer.candidates == 1


def test_search_drops_only_what_interferes() -> None:
    search = new(space(12))
    play(search, failing(("t1", clause((2, 2), (7, 2))), ("t2", clause((9, 2)))))
    answer = search.answer()
    assert answer.good
    assert answer.candidates == 2
    changed = [i for i, a in enumerate(answer.best.genome) if a != 2]
    assert 9 in changed
    assert len(changed) == 2
    assert {c.cells for c in answer.nogoods} == {clause((2, 2), (7, 2)).cells, clause((9, 2)).cells}


def test_search_wakes_a_dormant_locus_only_when_it_is_blamed() -> None:
    one_sided = (Worth(0, 0), Worth(0, 9))
    worths = (BOTH, one_sided, one_sided, BOTH)
    landscape = Landscape(worths, (2, 1, 1, 2), (0, 0, 0, 0), (1, 1, 1, 1), dormant=frozenset({1, 2}))
    search = new(landscape)
    play(search, failing(("t", clause((0, 2), (2, 1)))))
    answer = search.answer()
    assert answer.good
    assert answer.best.genome[1] == 1
    assert clause((0, 2), (2, 1)).cells in {c.cells for c in answer.nogoods}


def test_search_is_never_worse_than_the_best_parent() -> None:
    def answer(query: Query) -> Verdict:
        tests = (
            {"a", "b", "c"} if query.genome not in ((0, 0), (1, 1)) else {"a"} if query.genome == (0, 0) else {"a", "b"}
        )
        asked = tests if query.tests is None else tests & query.tests
        return Verdict(frozenset(asked), cost=0.5)

    search = new(space(2))
    play(search, answer)
    found = search.answer()
    assert found.best.genome == (0, 0)
    assert not found.good


def test_search_proves_that_two_edits_are_inseparable() -> None:
    torn = (Worth(4, 0), Worth(0, 4))
    landscape = Landscape((torn,), (0,), (0,), (1,), covers=lambda _: frozenset({0}))
    search = new(landscape)
    play(search, failing(("for theirs", clause((0, 0))), ("for ours", clause((0, 1)))))
    answer = search.answer()
    assert answer.inseparable
    assert len(answer.core) == 2
    assert not answer.good


def test_search_shrinks_a_broken_import_with_the_gate_alone() -> None:
    def answer(query: Query) -> Verdict:
        if query.genome[3] == 2 and query.genome[5] == 2:
            return Verdict(status="broken", cost=0.05)
        return Verdict(cost=1.0 if query.tests is None else 0.05)

    search = new(space(8, gate=True))
    log = play(search, answer)
    found = search.answer()
    assert found.good
    assert sum(q.tests is None for q in log) == 3
    assert found.nogoods[0].cells == clause((3, 2), (5, 2)).cells


def test_search_sets_a_flaky_test_aside() -> None:
    seen: set[Genome] = set()

    def answer(query: Query) -> Verdict:
        first = query.genome == (2, 2, 2) and query.genome not in seen
        seen.add(query.genome)
        return Verdict(frozenset({"flaky"} if first else ()), cost=0.1)

    search = new(space(3))
    play(search, answer)
    found = search.answer()
    assert found.flaky == {"flaky"}
    assert found.good
    assert found.best.genome == (2, 2, 2)


def test_search_never_asks_for_what_a_static_clause_forbids() -> None:
    forbidden = clause((0, 2), (1, 2))
    landscape = space(4, clauses=(forbidden,))
    search = new(landscape)
    log = play(search, failing(("t", clause((2, 2), (3, 2)))))
    assert search.answer().good
    assert not any(forbidden.violated(q.genome) for q in log if q.genome != search.landscape.default)


def test_search_goes_on_past_what_could_not_be_verified() -> None:
    def answer(query: Query) -> Verdict:
        return Verdict(status="unverified", cost=0.1) if query.genome == (2, 2) else Verdict()

    search = new(space(2))
    play(search, answer)
    found = search.answer()
    assert found.good
    assert found.best.genome != (2, 2)


def test_search_keeps_to_its_budget() -> None:
    world = planted(Shape(30, 6, 0.3), Random(3))
    for kind in (ConflictDriven, RandomSearch, HillClimbing, Genetic, Gomea):
        strategy = kind(world.landscape, Budget(4, 6.0), Random(1))
        drive(strategy, world)
        answer = strategy.answer()
        assert answer.candidates <= 4
        assert answer.cost <= 8.0


def test_search_runs_only_tests_whose_loci_changed() -> None:
    covers = {"t0": frozenset({0}), "t1": frozenset({1}), "t2": frozenset({2})}
    one_sided = ((Worth(0, 0), Worth(0, 9)), BOTH, (Worth(9, 0), Worth(0, 0)))
    landscape = Landscape(
        one_sided,
        (1, 2, 0),
        (0, 0, 0),
        (1, 1, 1),
        covers=covers.get,
        tests=frozenset(covers),
        dormant=frozenset({0, 2}),
    )
    search = new(landscape)
    log = play(search, failing(("t1", clause((1, 2)))))
    third = log[2]
    assert third.tests == {"t1"}
    assert search.answer().good


def test_search_does_not_trust_coverage_that_is_wrong() -> None:
    covers = {"a": frozenset({0}), "b": frozenset({1}), "c": frozenset({2})}
    landscape = space(3, covers=covers.get, tests=frozenset(covers))
    search = new(landscape)
    play(search, failing(("a", clause((1, 2), (2, 2)))))
    answer = search.answer()
    assert answer.good
    assert not clause((1, 2), (2, 2)).violated(answer.best.genome)


def test_same_seed_gives_the_same_answer() -> None:
    for kind in (ConflictDriven, RandomSearch, HillClimbing, Genetic, Gomea):
        logs = []
        for _ in range(2):
            world = planted(Shape(10, 2, 0.3), Random(5))
            drive(kind(world.landscape, Budget(15, 30.0), Random(9)), world)
            logs.append(world.log)
        assert logs[0] == logs[1]


def test_ask_repeats_until_told_and_refuses_strangers() -> None:
    search = new(space(2))
    asked = search.ask()
    assert asked == search.ask()
    with pytest.raises(KeyError):
        search.tell(Query((2, 2)), Verdict())


def coarse_map() -> LocusMap:
    """Return a locus of two edits that its alleles keep together, and two conflicts behind it."""

    def hunk(base: bytes, ours: bytes, theirs: bytes) -> Hunk:
        return Hunk(base, ours, theirs, None, "conflict")

    hunks = [hunk(b"a%d\n" % i, b"o%d\n" % i, b"t%d\n" % i) for i in range(2)]
    file = FileMerge("f.txt", (hunk(b"a\nb\nc\n", b"A\nb\nC\n", b"A2\nb\nC2\n"), b"#\n", *hunks))
    entries = [Entry(REGULAR, side) for side in ("b", "o", "t")]
    found = loci(TreeMerge((PathMerge("f.txt", *entries, file=file),)))
    first = found.loci[0]
    few = tuple(a for a in first.alleles if a.origin != "mixed")
    return replace(found, loci=(replace(first, alleles=few, default=0), *found.loci[1:]))


def refining(lines: dict[str, bytes], without: bytes = b"") -> tuple[ConflictDriven, list[tuple[Query, bytes]]]:
    """Return a finished search in which each test of ``lines`` asks for a line, and "apart" for none ``without``."""
    coarse = coarse_map()
    refiner = Refiner(coarse)
    search = new(landscape_of(coarse), refine=refiner)
    seen = []

    def answer(query: Query) -> Verdict:
        text = texts(refiner.maps[query.generation], query.genome)["f.txt"]
        seen.append((query, text))
        failed = {name for name, line in lines.items() if line not in text}
        failed |= {"apart"} if without and without in text else set()
        return Verdict(frozenset(failed if query.tests is None else failed & query.tests), cost=0.5)

    play(search, answer)
    return search, seen


def test_search_refines_a_locus_and_crosses_over_inside_it() -> None:
    search, seen = refining({"ours": b"A\n", "theirs": b"C2\n"})
    result = search.answer()
    assert result.good
    assert result.best.generation == 1
    assert next(text for query, text in seen if query.genome == result.best.genome).startswith(b"A\nb\nC2\n")


def test_what_was_learnt_of_other_loci_is_not_forgotten_when_one_is_refined() -> None:
    search, seen = refining({"ours": b"A\n", "theirs": b"C2\n"}, without=b"o0\n")
    assert search.answer().good
    tried = [(query.generation, b"o0\n" in text) for query, text in seen if query.tests is None]
    assert (0, True) in tried
    assert (1, False) in tried
    assert (1, True) not in tried


def test_a_nogood_of_a_refined_locus_blames_all_pieces_of_its_allele_together() -> None:
    coarse = coarse_map()
    refined = Refiner(coarse)(0)
    assert refined is not None
    ours = coarse.loci[0].ours
    where = (ours, *(locus.theirs for locus in coarse.loci[1:]))
    cells = ((0, frozenset({ours})), (2, frozenset({coarse.loci[2].theirs})))
    moved = refined.nogood(Shrunk(Clause(cells, "t"), "t", where))
    assert moved is not None
    extra = len(refined.landscape.worths) - len(coarse.loci)
    assert [x for x, _ in moved.clause.cells] == [*range(extra + 1), 2 + extra]
    assert moved.where == refined.translate(where)
    assert moved.clause.violated(moved.where)
    both = ((0, frozenset({ours, coarse.loci[0].theirs})),)
    assert refined.nogood(Shrunk(Clause(both, "t"), "t", where)) is None
    other = ((1, frozenset({0, 1})),)
    assert refined.nogood(Shrunk(Clause(other, "t"), "t")) == Shrunk(
        Clause(((1 + extra, frozenset({0, 1})),), "t"), "t", ()
    )


@settings(deadline=None)
@given(st.integers(1, 24), st.data())
def test_quickxplain_finds_the_minimal_set(count: int, data: st.DataObject) -> None:
    culprits = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    split = data.draw(st.integers(0, count))
    order = data.draw(st.permutations(range(count)))
    search = explained((0,) * count, (1,) * count, order[:split], order[split:])
    probe = next(search, None)
    runs = 0
    blamed: tuple[int, ...] | None = tuple(order) if probe is None else None
    while blamed is None:
        assert probe is not None
        runs += 1
        try:
            probe = search.send(all(probe[i] for i in culprits))
        except StopIteration as stop:
            blamed = stop.value
    assert set(blamed) == culprits
    assert runs <= len(culprits) * (count.bit_length() + 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_search_never_keeps_what_the_truth_forbids(seed: int, known: bool) -> None:
    world: World = planted(Shape(8, 2, 0.3, tests=40, coverage_known=known), Random(seed))
    search = new(world.landscape)
    drive(search, world)
    answer = search.answer()
    assert answer.good
    assert world.good(answer.best.genome)
    if answer.optimal:
        assert world.landscape.key(answer.best.genome) == world.landscape.key(world.best())


def tie(*loci: int) -> Clause:
    return Clause(tuple((x, frozenset({2})) for x in loci), "test")


def test_loci_that_many_nogoods_tie_together_are_one_group_and_at_last_their_files() -> None:
    files = ("a", "a", "a", "b", "c", "c")
    few = [tie(0, 1), tie(0, 1), tie(1), tie(4, 5)]
    assert linked(few, files) == ()
    assert linked([*few, tie(0, 3), tie(3, 1)], files) == ((0, 1, 3),)
    assert linked([tie(0, 1)] * 8, files) == ((0, 1, 2),)
    assert linked([tie(0, 1)] * 8) == ((0, 1),)


def test_pieces_that_fit_only_as_one_parent_has_them_are_found_in_few_candidates() -> None:
    """Twelve places of one file that fit together only as one side has them; two others that the tests tell apart."""
    log: list[Query] = []

    def answer(query: Query) -> Verdict:
        log.append(query)
        *one_file, ours_needs, theirs_needs = query.genome
        failed = {"pieces"} if set(one_file) not in ({0}, {1}) else set()
        failed |= {"ours"} if ours_needs == 1 else set()
        failed |= {"theirs"} if theirs_needs == 0 else set()
        asked = failed if query.tests is None else failed & query.tests
        return Verdict(frozenset(asked), cost=1.0 if query.tests is None else 0.01)

    search = new(space(14, files=("a",) * 12 + ("b", "c")))
    play(search, answer, most=5000)
    assert search.answer().good
    first = next(i for i, q in enumerate(log) if q.tests is None and not answer(q).failed)
    assert sum(query.tests is None for query in log[:first]) <= 3, "the parents and one more before it"
    assert first <= 90


def test_cause_far_from_what_passes_is_found_in_its_file() -> None:
    """Sixty dormant places in three files; most mixtures of them can't be imported, and one place has to change."""
    count, guilty = 60, 37
    worths = ((Worth(4, 0), Worth(0, 4)),) * count + (BOTH, BOTH)
    landscape = Landscape(
        worths,
        (0,) * count + (2, 2),
        (0,) * (count + 2),
        (1,) * (count + 2),
        dormant=frozenset(range(count)),
        files=("a",) * 20 + ("b",) * 20 + ("c",) * 20 + ("d", "e"),
    )
    asked = []

    def answer(query: Query) -> Verdict:
        asked.append(query)
        *deep, one, other = query.genome
        flipped = {i for i, a in enumerate(deep) if a == 1}
        if len(flipped) > 20 and len(flipped) < count:
            return Verdict(status="broken", cost=0.01)
        failed = {"needs theirs"} if guilty not in flipped else set()
        failed |= {"needs ours"} if one == 1 or other == 1 or len(flipped) == count else set()
        names = failed if query.tests is None else failed & query.tests
        return Verdict(frozenset(names), cost=1.0 if query.tests is None else 0.01)

    search = new(landscape)
    play(search, answer, most=3000)
    assert search.answer().good
    assert {i for i, a in enumerate(search.answer().best.genome[:count]) if a == 1} == {guilty}
    assert len(asked) <= 40


def test_plain_merge_that_passes_proves_a_static_clause_wrong() -> None:
    wrong = clause((0, 2), (1, 2))
    search = new(space(3, clauses=(wrong,)))
    play(search, failing())
    assert search.answer().best.genome == (2, 2, 2)
    assert search.answer().candidates == 1
    assert search.landscape.clauses == ()


def test_tests_that_failed_often_look_at_a_new_candidate_before_the_suite_does() -> None:
    logs = []
    for hints in (Hints(), Hints(failing={"t0": 0.9, "t1": 0.05})):
        landscape = replace(space(2, tests=frozenset({"t0", "t1", "t2"})), hints=hints)
        search = new(landscape)
        log = play(search, failing(("t0", clause((0, 2), (1, 2)))))
        logs.append([q.tests for q in log if q.genome == landscape.default])
        assert search.answer().good
    assert None in logs[0]
    assert set(logs[1]) == {frozenset({"t0"})}


def test_loci_that_were_blamed_before_are_found_with_fewer_probes() -> None:
    counts = []
    for blame in ((), tuple(0.9 if i in (3, 4) else 0.1 for i in range(32))):
        search = new(space(32, tests=frozenset({"t0"}), hints=Hints(blame=blame)))
        counts.append(len(play(search, failing(("t0", clause((3, 2), (4, 2)))))))
        assert search.answer().good
    assert counts[1] < counts[0]


def test_loci_that_the_test_ran_something_of_are_found_with_fewer_probes() -> None:
    counts = []
    for near in (None, lambda _: frozenset({3, 4})):
        asleep = frozenset(range(32))
        search = new(space(32, tests=frozenset({"t0"}), dormant=asleep, near=near))
        counts.append(len(play(search, failing(("t0", clause((3, 2), (4, 2)))))))
        assert search.answer().good
    assert counts[1] < counts[0]


@pytest.mark.parametrize("chance", [True, False])
def test_what_one_test_alone_keeps_away_is_asked_once_more(chance: bool) -> None:
    """On theirs a test fails that sees one locus: by chance, or because theirs is wrong there."""
    landscape = replace(space(4), covers=lambda _: frozenset({0}), tests=frozenset({"t"}))
    landscape = replace(landscape, worths=((Worth(4, 0), Worth(0, 9)), *landscape.worths[1:]), default=(1, 2, 2, 2))
    times = 0

    def answer(query: Query) -> Verdict:
        nonlocal times
        fails = query.genome[0] == 1 and (query.tests is None or "t" in query.tests)
        times += fails
        return Verdict(frozenset({"t"} if fails and not (chance and times > 1) else ()), cost=0.1)

    search = new(landscape)
    log = play(search, answer)
    assert [query for query in log if query.again] == [Query(landscape.theirs, frozenset({"t"}), again=True)]
    assert search.answer().best.genome == ((1, 2, 2, 2) if chance else (0, 2, 2, 2))
    assert search.answer().flaky == ({"t"} if chance else set())


def test_what_the_evaluator_calls_flaky_is_no_evidence() -> None:
    search = new(replace(space(4), covers=lambda _: frozenset({0}), tests=frozenset({"t", "u"})))
    play(search, lambda query: Verdict(passed=frozenset({"u"}), flaky=frozenset({"t"}), cost=0.1))
    answer = search.answer()
    assert answer.good
    assert answer.flaky == {"t"}
    assert not answer.optimal


def test_a_failure_that_shares_a_part_of_a_cause_has_a_cause_of_its_own() -> None:
    """Both tests fail by the merge of one locus and the fork's edit of another one, each of another."""
    small, large = (Worth(1, 0), Worth(0, 0)), (Worth(9, 0), Worth(0, 9), Worth(9, 9, chimeric=True))
    seen = {"a": frozenset({0, 2}), "b": frozenset({2, 3})}
    landscape = replace(
        space(4), worths=(small, BOTH, large, small), default=(0, 2, 2, 0), dormant=frozenset({0, 3}),
        covers=seen.get, tests=frozenset(seen),
    )  # fmt: skip
    search = new(landscape)
    play(search, failing(("a", clause((0, 0), (2, 2))), ("b", clause((2, 2), (3, 0)))))
    assert search.answer().best.genome == (1, 2, 2, 1)
