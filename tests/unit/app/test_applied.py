"""What people took where the sides conflict, and what it says of the next conflict."""

from __future__ import annotations

from unit.recombination.merges import conflict, mine, text_merge, tree_merge

from forkmerge.app.applied import Taste, kind, summed, version
from forkmerge.app.experience import Experience
from forkmerge.app.landscape import landscape
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.recombination.loci import loci
from forkmerge.search.optimum import optimum

LOCI = loci(tree_merge(text_merge(mine(b"a\n", b"b\n"), b"x\n", conflict(b"", b"one\n", b"two\n"), path="list.txt")))
(PLACE,) = [locus for locus in LOCI.loci if locus.has_conflict]
INDEX = LOCI.loci.index(PLACE)
WORDS = [version(PLACE, a) for a in PLACE.alleles]


def applied(*words: str) -> SuiteRun:
    results = tuple(TestResult(TestId("person", "", kind(PLACE), word), Status.PASSED) for word in words)
    return SuiteRun(RunStatus.COMPLETED, results)


def chosen(taste: Taste) -> str:
    found = optimum(landscape(LOCI, (), frozenset(), experience=Experience(taste=taste)), ())
    assert found is not None
    return WORDS[found.genome[INDEX]]


def test_both_orders_have_names_of_their_own() -> None:
    assert {"ours", "theirs", "both, ours first", "both, theirs first"} <= set(WORDS)


def test_the_version_that_people_take_is_chosen_among_equals() -> None:
    assert chosen(Taste()) == "both, ours first"
    assert chosen(summed((applied("both, theirs first"),))) == "both, theirs first"
    assert chosen(summed((applied("both, ours first"),))) == "both, ours first"


def test_it_never_costs_an_edit_of_a_side() -> None:
    assert chosen(summed([applied("theirs")] * 20)) == "both, ours first"


def test_newer_choices_count_more() -> None:
    new, old = applied("both, theirs first"), applied("both, ours first")
    assert chosen(summed((new, old))) == "both, theirs first"
    assert chosen(summed((old, new))) == "both, ours first"
    assert chosen(summed((new, *[old] * 3))) == "both, ours first"


def test_a_place_of_another_kind_says_nothing() -> None:
    other = TestResult(TestId("person", "", "py function conflict", "both, theirs first"), Status.PASSED)
    assert summed((SuiteRun(RunStatus.COMPLETED, (other,)),)).usual(PLACE) == ""


def test_fewer_unusual_choices_rank_first_and_distance_after_them() -> None:
    taste = summed((applied("both, theirs first"),))
    genome = [locus.default for locus in LOCI.loci]
    assert taste.against(LOCI, tuple(genome)) == 1
    genome[INDEX] = WORDS.index("both, theirs first")
    assert taste.against(LOCI, tuple(genome)) == 0
    assert Taste().against(LOCI, tuple(genome)) == 0
