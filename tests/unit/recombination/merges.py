"""Merges made by hand and by hypothesis, for the tests of recombination."""

from __future__ import annotations

from hypothesis import strategies as st

from forkmerge.model.hunk import Alternative, FileMerge, Hunk, Segment
from forkmerge.model.source import EXECUTABLE, REGULAR, Entry
from forkmerge.model.treemerge import PathMerge, TreeMerge

TEXT = st.sampled_from([b"", b"a = 1\n", b"b = 2\n", b"def f():\n    pass\n", b"x(1)\ny(2)\n", b"return\n"])


def conflict(base: bytes, ours: bytes, theirs: bytes, *alternatives: Alternative) -> Hunk:
    return Hunk(base, ours, theirs, None, "conflict", alternatives=alternatives)


def mine(base: bytes, ours: bytes) -> Hunk:
    return Hunk(base, ours, base, ours, "ours")


def yours(base: bytes, theirs: bytes) -> Hunk:
    return Hunk(base, base, theirs, theirs, "theirs")


def text_merge(*segments: Segment, path: str = "pkg/mod.py") -> PathMerge:
    file = FileMerge(path, segments)
    oids = {side: f"{path}@{file.side(side)!r}" for side in ("base", "ours", "theirs")}  # type: ignore[arg-type]
    entries = {side: Entry(REGULAR, oid) for side, oid in oids.items()}
    return PathMerge(path, entries["base"], entries["ours"], entries["theirs"], file=file)


def tree_merge(*paths: PathMerge) -> TreeMerge:
    return TreeMerge(paths)


@st.composite
def hunks(draw: st.DrawFn) -> Hunk:
    base, side, other = draw(TEXT), draw(TEXT), draw(TEXT)
    kind = draw(st.sampled_from(["ours", "theirs", "same", "conflict", "line"]))
    if kind == "ours":
        return mine(base, side)
    if kind == "theirs":
        return yours(base, side)
    if kind == "same":
        return Hunk(base, side, side, side, "same")
    if kind == "line":
        return Hunk(base, side, other, side + other, "line")
    return conflict(base, side, other, Alternative("guess", other + side))


@st.composite
def path_merges(draw: st.DrawFn, path: str) -> PathMerge:
    if draw(st.booleans()):
        segments = draw(st.lists(st.one_of(hunks(), st.sampled_from([b"stable\n", b"#\n"])), max_size=5))
        merge = text_merge(*segments, path=path)
        if draw(st.booleans()):
            return merge
        old = f"old/{path}"
        theirs = Entry(draw(st.sampled_from([REGULAR, EXECUTABLE])), merge.theirs.oid) if merge.theirs else None
        file = FileMerge(path, merge.file.segments, mode=theirs.mode) if merge.file and theirs else None
        return PathMerge(path, merge.base, merge.ours, theirs, file=file, sources=(old, old, path))
    entry = st.one_of(st.none(), st.builds(Entry, st.just(REGULAR), st.sampled_from(["1", "2", "3"])))
    base, ours, theirs = draw(entry), draw(entry), draw(entry)
    conflict_word = "" if base in (ours, theirs) or ours == theirs else "delete/modify"
    merged = None if conflict_word else (theirs if ours == base else ours)
    return PathMerge(path, base, ours, theirs, merged, conflict_word)


@st.composite
def tree_merges(draw: st.DrawFn) -> TreeMerge:
    paths = draw(st.lists(st.sampled_from(["a.py", "b.py", "c/d.py", "data.bin"]), unique=True, max_size=3))
    return TreeMerge(tuple(draw(path_merges(path)) for path in paths))
