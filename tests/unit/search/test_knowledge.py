"""What follows from runs when it is known which loci the tests touch, and when that turns out to be more."""

from __future__ import annotations

from forkmerge.search.knowledge import Knowledge
from forkmerge.search.protocol import Landscape, Query, Verdict, Worth

WORTHS = tuple((Worth(1, 0), Worth(0, 1)) for _ in range(4))


def knowledge(covers: dict[str, frozenset[int] | None]) -> Knowledge:
    zeros, ones = (0,) * 4, (1,) * 4
    return Knowledge(Landscape(WORTHS, zeros, zeros, ones, covers=covers.get, tests=frozenset(covers)))


def test_an_answer_holds_wherever_the_touched_loci_are_the_same():
    known = knowledge({"t": frozenset({1})})
    known.record(Query((0, 0, 0, 0)), Verdict(passed=frozenset({"t"})))
    assert known.known("t", (1, 0, 1, 1)) is True
    assert known.known("t", (0, 1, 0, 0)) is None


def test_a_test_that_touches_more_than_was_known_keeps_only_what_still_follows():
    covers: dict[str, frozenset[int] | None] = {"t": frozenset({1})}
    known = knowledge(covers)
    known.record(Query((0, 0, 0, 0)), Verdict(passed=frozenset({"t"})))
    covers["t"] = frozenset({1, 2})
    assert known.known("t", (1, 0, 1, 1)) is None
    assert known.known("t", (1, 0, 0, 1)) is True
    assert known.sound_nogood("t", (0, 0, 0, 0)).cells == ((1, frozenset({0})), (2, frozenset({0})))


def test_what_an_untraced_test_said_holds_for_that_genome_alone():
    known = knowledge({"t": frozenset({1})})
    known.record(Query((0, 0, 0, 0)), Verdict(failed=frozenset({"t"}), untraced=frozenset({"t"})))
    assert known.known("t", (0, 0, 0, 0)) is False
    assert known.known("t", (1, 0, 0, 0)) is None
    (nogood,) = known.sound_nogoods()
    assert nogood.violated((0, 0, 0, 0))
    assert not nogood.violated((1, 0, 0, 0))


def test_a_traced_answer_takes_the_place_of_an_untraced_one():
    known = knowledge({"t": frozenset({1})})
    known.record(Query((0, 0, 0, 0)), Verdict(passed=frozenset({"t"}), untraced=frozenset({"t"})))
    known.record(Query((0, 0, 0, 0)), Verdict(passed=frozenset({"t"})))
    assert known.known("t", (1, 0, 0, 0)) is True


def test_answers_that_contradict_what_is_touched_are_believed_and_the_coverage_is_not():
    known = knowledge({"t": frozenset({1})})
    known.record(Query((0, 0, 0, 0)), Verdict(passed=frozenset({"t"})))
    known.record(Query((1, 0, 0, 0)), Verdict(failed=frozenset({"t"})))
    assert known.covered("t") is None
    assert known.known("t", (0, 0, 1, 0)) is None
    assert known.known("t", (0, 0, 0, 0)) is True
