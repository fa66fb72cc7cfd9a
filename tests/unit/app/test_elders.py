"""What several parents require together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forkmerge.app.elders import Elder, Pair, joined, without_outdated
from forkmerge.fitness.required import Change, Duty, Required, TestChanges, Waiver
from forkmerge.model.outcome import TestId
from forkmerge.model.revision import Revision

A, B, C = (TestId("pytest", f"tests/test_{name}.py", "", name) for name in "abc")


def elder(owner: str, **more: object) -> Elder:
    return Elder(owner, Revision(owner, None, owner), {}, {}, **more)  # type: ignore[arg-type]


def pair(owner: str, ours: tuple[TestId, ...], theirs: tuple[TestId, ...], **more: object) -> Pair:
    duties = tuple(Duty("ours", t) for t in ours) + tuple(Duty("theirs", t) for t in theirs)
    required = replace(Required(duties), **{k: v for k, v in more.items() if k == "waived"})  # type: ignore[arg-type]
    left = {k: v for k, v in more.items() if k == "left"}
    return Pair(elder(owner, **left), required, TestChanges())


def told(required: Required) -> set[str]:
    return {f"{d.owner} {d.test.name}" for d in required.duties}


def test_one_elder_is_the_plain_case() -> None:
    only = pair("ours", (A, B), (C,))
    assert joined((only,)) == only.required


def test_each_elder_has_its_own_tests_and_upstreams_are_those_that_no_elder_replaces() -> None:
    found = joined((pair("ours", (A,), (B, C)), pair("theirs1", (A, B), (C,))))
    assert told(found) == {"ours a", "theirs1 a", "theirs1 b", "theirs c"}


def test_what_was_waived_before_is_not_asked_again() -> None:
    found = joined((pair("ours", (A, B), (), left=frozenset({B})), pair("theirs1", (C,), (), left=frozenset())))
    assert told(found) == {"ours b"}


def test_waivers_name_their_owner_and_who_replaced_the_test() -> None:
    why = "theirs left it as it was in the base, ours edited it"
    waived = (Waiver(Duty("theirs", C), why),)
    mine = (Waiver(Duty("ours", A), "ours left it as it was in the base, theirs deleted it"),)
    found = joined((pair("ours", (), ()), pair("theirs1", (), (), waived=waived + mine)))
    assert {str(w.duty): w.reason for w in found.waived} == {
        f"theirs:{C}": "theirs left it as it was in the base, theirs1 edited it",
        f"theirs1:{A}": "theirs1 left it as it was in the base, theirs deleted it",
    }


@pytest.mark.parametrize("failing", ["theirs1", "ours"])
def test_an_elders_test_that_upstreams_files_made_outdated_goes_for_that_elder_alone(failing: str) -> None:
    changes = TestChanges({A: Change.UNCHANGED}, {A: Change.UNCHANGED}, frozenset({"theirs"}))
    pairs = tuple(replace(pair(owner, (A,), (A,)), changes=changes) for owner in ("ours", "theirs1"))
    bad = {owner: frozenset({f"{owner}:{A}"} if owner == failing else ()) for owner in ("ours", "theirs1", "theirs")}
    left = joined(without_outdated(pairs, bad, frozenset()))
    assert told(left) == {"ours a", "theirs1 a", "theirs a"} - {f"{failing} a"}
