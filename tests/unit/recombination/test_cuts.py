"""A conflict over several functions becomes one conflict for each that both sides changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.recombination.merges import conflict, mine, text_merge, tree_merge

from forkmerge.model.treemerge import TreeMerge
from forkmerge.recombination.cuts import cut_at_units
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge, Hunk

HEAD = b"class A:\n    x = 1\n\n"
TAIL = b"\n    def last(self):\n        return 2\n"
BASE = b"    def root(self):\n        return make(\n            a,\n"
OURS = b"    def root(self):\n        return make(\n            b,\n"
THEIRS = b"    def root(self, c):\n        return make(\n            a,\n            c,\n"
END = b"        )\n"
NEW = b"\n    def more(self):\n        return take(\n            d,\n"


def cut(*segments: bytes | Hunk) -> FileMerge:
    """Return the file of ``segments`` after it was cut; all its versions are as before."""
    before = tree_merge(text_merge(*segments))
    after = cut_at_units(before, for_path)
    (was,), (now,) = before.paths, after.paths
    assert was.file is not None
    assert now.file is not None
    for side in ("base", "ours", "theirs"):
        assert was.file.side(side) == now.file.side(side)
    return now.file


def test_a_function_that_a_side_put_after_a_changed_one_is_no_part_of_the_conflict() -> None:
    file = cut(HEAD, conflict(BASE + END, OURS + END + NEW + END, THEIRS + END), TAIL)
    first, second = file.hunks
    assert (first.base, first.ours, first.theirs) == (BASE + END, OURS + END, THEIRS + END)
    assert first.merged is None
    assert (second.base, second.ours, second.merged) == (b"", NEW + END, NEW + END)


def test_a_line_that_ends_another_function_in_one_version_is_taken_in() -> None:
    file = cut(HEAD, conflict(BASE, OURS + END + NEW, THEIRS), END + TAIL)
    first, second = file.hunks
    assert (first.ours, first.theirs) == (OURS + END, THEIRS + END)
    assert second.merged == NEW + END
    assert file.segments[-1] == TAIL


def test_a_line_that_begins_another_function_in_one_version_is_taken_in() -> None:
    start = b"    @mark\n"
    old, new = b"    def root(self):\n        return 1\n", b"    def more(self):\n        return 3\n\n"
    ours = new + start + old.replace(b"1", b"5")
    file = cut(HEAD + start, conflict(old, ours, old.replace(b"1", b"6")), TAIL)
    assert [h.merged for h in file.hunks] == [start + new, None]
    assert file.segments[0] == HEAD


def test_a_conflict_of_one_function_stays_as_it_is() -> None:
    segments = (HEAD, conflict(BASE, OURS, THEIRS), END + TAIL)
    assert cut(*segments).segments == segments


def test_what_the_engine_has_an_answer_to_is_not_cut() -> None:
    resolved = (HEAD, mine(BASE + END, OURS + END + NEW + END), TAIL)
    assert cut(*resolved).segments == resolved


def test_what_is_no_program_is_not_cut() -> None:
    merge = text_merge(conflict(b"a\n", b"b\n", b"c\n"), path="NOTES")
    assert cut_at_units(TreeMerge((merge,)), for_path).paths == (merge,)
