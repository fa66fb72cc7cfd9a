"""What one side renamed everywhere is renamed in what the other side edited, and nothing else is taken for renamed."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.renamed import exchanged
from forkmerge.merge.rules import BALANCED, RENAMED, Allowed

BASE = b"# takes old\nkeep(old)\n\n\nlast = old\n"
OURS = BASE.replace(b"old", b"new")
THEIRS = BASE.replace(b"takes old", b"takes an old")


def test_the_new_name_stands_in_the_other_sides_edit() -> None:
    for one, other in ((OURS, THEIRS), (THEIRS, OURS)):
        found = merge_file("a.py", BASE, one, other, line_merge=line_merge)
        assert found.merged() == OURS.replace(b"takes new", b"takes an new")
        assert RENAMED in {h.rule for h in found.hunks}
        without = Allowed(BALANCED - {RENAMED})
        assert not merge_file("a.py", BASE, one, other, line_merge=line_merge, allowed=without).clean


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(OURS, THEIRS + b"more(old)\n", id="used more"),
        pytest.param(OURS, b"# takes an old\n", id="hardly left"),
        pytest.param(OURS + b"old = 3\n", THEIRS, id="not everywhere"),
        pytest.param(OURS.replace(b"keep(new)", b"keep(other)"), THEIRS, id="two new words"),
        pytest.param(BASE.replace(b"old", b"keep"), THEIRS, id="a word that was there"),
        pytest.param(OURS, THEIRS + b"new = 3\n", id="a word that the other has"),
        pytest.param(BASE.replace(b"takes", b"gets"), BASE.replace(b"takes old", b"takes an old"), id="once"),
    ],
)
def test_what_is_not_renamed(ours: bytes, theirs: bytes) -> None:
    assert exchanged(BASE, ours, theirs) is None
    assert exchanged(BASE, theirs, ours) is None


def test_both_sides_may_have_renamed() -> None:
    base, ours, theirs = b"a1 = b1\nb1 = a1\n", b"c1 = b1\nb1 = c1\n", b"a1 = d1\nd1 = a1\n"
    want = b"c1 = d1\nd1 = c1\n"
    assert exchanged(base, ours, theirs) == (want, want, want)
    assert exchanged(base, ours, ours.replace(b"c1", b"d1")) is None


def test_another_word_that_is_gone_leaves_all_to_people() -> None:
    base, ours, theirs = (text + b"fold(sheet)\n" for text in (BASE, OURS, THEIRS))
    for one, kept in ((ours, True), (ours.replace(b"sheet", b"paper"), False)):
        found = merge_file("a.py", base, one, theirs + b"bind(sheet)\n", line_merge=line_merge)
        assert found.clean is kept
