"""How likely the merge of a whole file is, and what becomes of one that is too unlikely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.odds import MUCH, UNLIKELY, changed, likelihood
from forkmerge.merge.rules import ALL, EAGER, Allowed

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge

_HEAD = "import codes\n\n\ndef first(reply):\n    return codes.first(reply)\n"


def _function(name: str, lines: int) -> str:
    steps = "".join(f"    reply = codes.{name}_{i}(reply)\n" for i in range(lines))
    return f"\n\ndef {name}(reply):\n{steps}    return reply\n"


def _merged(
    lines: int, allowed: Allowed | None = None, *, swapped: bool = False, alternatives: bool = False
) -> FileMerge:
    ours, theirs = (_HEAD + _function(name, lines) for name in ("opened", "closed"))
    sides = (theirs, ours) if swapped else (ours, theirs)
    texts = [text.encode() for text in (_HEAD, *sides)]
    return merge_file("a.py", *texts, line_merge=line_merge, allowed=allowed, alternatives=alternatives)


def test_what_was_changed_is_counted_for_the_side_that_changed_more() -> None:
    assert changed(b"a\nb\n", b"a\nb\n", b"a\nc\nd\n") == (3, 1.5)
    assert changed(b"a\nb\n", b"x\ny\nz\nu\nv\nw\n", b"a\nb\n") == (8, 2.0)
    assert changed(b"", b"a\n", b"b\n") == (1, 1.0)


def test_more_change_and_rules_that_were_wrong_more_often_make_a_merge_less_likely() -> None:
    assert (
        likelihood({"whitespace"}, 10, 0.1)
        > likelihood({"definitions"}, 10, 0.1)
        > likelihood({"definitions"}, 300, 1.5)
    )
    assert all(0 < likelihood({rule}, 50, 0.5) < 1 for rule in ALL)


@pytest.mark.parametrize("swapped", [False, True])
def test_additions_of_both_sides_are_left_in_a_file_that_is_mostly_new(swapped: bool) -> None:
    found = _merged(2 * MUCH, swapped=swapped, alternatives=True)
    assert [hunk.reason for hunk in found.conflicts] == [UNLIKELY]
    assert b"def opened" in found.conflicts[0].alternatives[0].content
    assert b"def closed" in found.conflicts[0].alternatives[0].content


def test_additions_to_a_file_that_changed_little_are_merged() -> None:
    assert _merged(3).clean


def test_with_every_rule_nothing_is_too_unlikely() -> None:
    assert _merged(2 * MUCH, EAGER).clean


def test_the_mark_is_the_callers() -> None:
    assert _merged(2 * MUCH, Allowed(least=0.1)).clean
    assert not _merged(2 * MUCH, Allowed(least=0.9)).clean
