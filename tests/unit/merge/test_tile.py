from __future__ import annotations

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.tile import changed_extent, tile
from forkmerge.model.hunk import FileMerge


def test_hunks_name_the_side_that_changed_them() -> None:
    base = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    ours, theirs = base.replace(b"1\n", b"one\n").replace(b"9\n", b"nine\n"), base.replace(b"5\n", b"five\n")
    theirs = theirs.replace(b"9\n", b"nine\n")
    merged = tile(merge_file("x.txt", base, ours, theirs, line_merge=line_merge), base, ours, theirs)
    assert [(h.rule, h.merged) for h in merged.hunks] == [
        ("ours", b"one\n"),
        ("theirs", b"five\n"),
        ("same", b"nine\n"),
    ]


def test_conflict_stays_one_hunk_and_the_rest_stays_stable() -> None:
    base, ours, theirs = b"1\na\n2", b"1\nb\n2", b"1\nc\n2"
    merged = tile(merge_file("x.txt", base, ours, theirs, line_merge=line_merge), base, ours, theirs)
    assert [s if isinstance(s, bytes) else (s.base, s.ours, s.theirs, s.merged) for s in merged.segments] == [
        b"1\n", (b"a\n", b"b\n", b"c\n", None), b"2",
    ]  # fmt: skip


def test_changed_extent_is_cut_at_whole_lines() -> None:
    assert changed_extent(b"1\na\n2\n", b"1\nb\n2\n", b"1\n2\n") == (b"1\n", (b"a\n", b"b\n", b""), b"2\n")
    assert changed_extent(b"a", b"a", b"a") == (b"a", (b"", b"", b""), b"")


def test_hunk_that_shows_an_edit_the_merge_seems_not_to_have_is_joined_with_its_neighbour() -> None:
    merged = FileMerge("x", (b"m\ns\nu\n",))
    three = b"o\ns\n", b"o\nm\ns\n", b"o\ns\nu\n"
    tiled = tile(merged, *three)
    assert tuple(map(tiled.side, ("base", "ours", "theirs"))) == three
    assert tiled.merged() == b"m\ns\nu\n"
    assert not any(h.ours == h.base and h.merged != h.theirs for h in tiled.hunks)
    assert not any(h.theirs == h.base and h.merged != h.ours for h in tiled.hunks)
