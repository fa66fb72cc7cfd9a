"""From what the runs told to the loci that each test touches."""

from __future__ import annotations

from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.app.reaches import Reaches
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.model.reach import EVERYTHING, IMPORTED, Place, Reach
from forkmerge.recombination.loci import loci

PATH = "pkg/mod.py"
LOCI = loci(
    tree_merge(
        text_merge(
            b"def f():\n",
            mine(b"    return 1\n", b"    return 2\n"),
            b"def g():\n",
            yours(b"    return 1\n", b"    return 2\n"),
            b"x = 1\n",
            mine(b"import a\n", b"import b\n"),
            b"y = 1\n",
        )
    )
)
IMPORT: Place = (PATH, IMPORTED)


def run(**touched: tuple[Place, ...]) -> SuiteRun:
    places = tuple(dict.fromkeys(place for each in touched.values() for place in each))
    tests = {
        TestId("pytest", "t.py", "", name): sum(1 << places.index(place) for place in each)
        for name, each in touched.items()
    }
    return SuiteRun(RunStatus.COMPLETED, reach=Reach(places, tests))


def touched(reaches: Reaches, test: str, owner: str = "ours") -> frozenset[int] | None:
    return reaches.covers(LOCI)(f"{owner}:t.py::{test}")


def test_a_test_touches_the_functions_that_it_ran_and_what_was_imported():
    one = run(a=((PATH, "f"), IMPORT), b=((PATH, "g"), IMPORT), c=())
    found = Reaches.of({"ours": (one, one)})
    assert touched(found, "a") == {0, 2}
    assert touched(found, "b") == {1, 2}
    assert touched(found, "c") == frozenset()


def test_what_other_tests_reach_in_another_order_belongs_to_all():
    usual = run(a=((PATH, "f"), IMPORT), b=(IMPORT,), c=(IMPORT,))
    opposite = run(a=(IMPORT,), b=(IMPORT,), c=((PATH, "f"), IMPORT))
    found = Reaches.of({"ours": (usual, opposite)})
    assert touched(found, "b") == {0, 2}


def test_nothing_is_known_without_the_opposite_order_nor_of_the_other_owners_tests():
    one = run(a=(IMPORT,))
    assert touched(Reaches.of({"ours": (one,)}), "a") is None
    assert touched(Reaches.of({"ours": (one, SuiteRun(RunStatus.COMPLETED))}), "a") is None
    found = Reaches.of({"ours": (one, one)})
    assert touched(found, "a", "theirs") is None
    assert touched(found, "unheard of") is None


def test_later_runs_add_to_what_is_touched():
    one = run(a=(IMPORT,))
    found = Reaches.of({"ours": (one, one)})
    covers = found.covers(LOCI)
    assert covers("ours:t.py::a") == {2}
    found.learn(run(a=((PATH, "g"),)))
    assert covers("ours:t.py::a") == {1, 2}


def test_what_could_not_be_followed_touches_everything():
    one = run(a=(EVERYTHING,))
    assert touched(Reaches.of({"ours": (one, one)}), "a") is None
