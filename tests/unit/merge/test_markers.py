from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render
from forkmerge.model.finding import Finding
from forkmerge.model.hunk import FileMerge, Hunk

BASE = b"".join(b"x%d = 1\n" % i for i in range(9))


def _at_two(first: bytes, second: bytes) -> bytes:
    return BASE.replace(b"x1 = 1", first).replace(b"x4 = 1", second)


SCENES = {
    "near": (BASE, _at_two(b"a", b"b"), _at_two(b"c", b"d")),
    "shared": (b"a\n", b"1\nsame\n2\n", b"3\nsame\n4\n"),
    "no newline": (b"a\nb", b"a\nc", b"a\nd"),
    "carriage returns": (b"a\r\nb\r\n", b"a\r\nc\r\n", b"a\r\nd\r\n"),
    "markers": (b"<<<<<<< a\n=======\nb\n", b"<<<<<<< a\n=======\nc\n", b"<<<<<<< a\n=======\nd\n"),
    "added by both": (b"", b"a\nb\n", b"a\nc\n"),
}  # fmt: skip


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize(
    ("labels", "size"), [(("ours", "base", "theirs"), 7), (("", "a b", "é"), 3), (("x", "y", "z"), 19)]
)
@pytest.mark.parametrize("scene", SCENES)
def test_file_that_nothing_was_resolved_in_is_written_as_git_writes_it(
    scene: str, labels: tuple[str, str, str], size: int, style: str
) -> None:
    versions = SCENES[scene]
    merged = merge_file("x.txt", *versions, line_merge=line_merge)
    assert merged.as_git
    look = {"style": style, "labels": labels, "marker_size": size}
    assert render(merged, line_merge, versions=versions, **look) == line_merge(*versions, **look)


@pytest.mark.parametrize(("style", "middle"), [("merge", b""), ("diff3", b"||||||| b\nx\n")])
def test_conflict_that_git_does_not_see_is_marked_whole(style: str, middle: bytes) -> None:
    hunk = Hunk(b"x\n", b"x\ny", b"x\n", None, "conflict")
    text, count = render(FileMerge("a", (hunk,), (Finding("c", "m"),)), line_merge, style=style, labels=("o", "b", "t"))
    assert text == b"<<<<<<< o\nx\ny\n" + middle + b"=======\nx\n>>>>>>> t\n"
    assert count == 1


def test_what_is_resolved_is_written_as_it_is() -> None:
    merged = FileMerge("a", (b"1\n", Hunk(b"", b"a\n", b"b\n", b"a\nb\n", "imports"), b"2"))
    assert render(merged, line_merge) == (b"1\na\nb\n2", 0)
