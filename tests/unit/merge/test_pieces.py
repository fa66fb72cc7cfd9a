from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.pieces import Conflict, Resolved, coalesce, lines_of, marker_size_for, read_markers, text_of


def read(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes | Conflict, ...]:
    size = marker_size_for(base, ours, theirs)
    return read_markers(line_merge(base, ours, theirs, style="diff3", marker_size=size)[0], size)


def test_conflict_is_read_between_what_is_merged() -> None:
    assert read(b"1\na\n2\n", b"1\nb\n2\n", b"1\nc\n2\n") == (b"1\n", Conflict(b"a\n", b"b\n", b"c\n"), b"2\n")


@pytest.mark.parametrize("mark", [b"<" * 7, b"=" * 7, b">" * 7, b"|" * 7, b"=" * 32, b"<" * 100])
def test_files_that_hold_markers_are_read_right(mark: bytes) -> None:
    held = mark + b" x\n"
    assert read(held + b"a\n", held + b"b\n", held + b"c\n") == (held, Conflict(b"a\n", b"b\n", b"c\n"))
    assert read(b"a\n", held, b"c\n") == (Conflict(b"a\n", held, b"c\n"),)


def test_carriage_returns_stay_with_their_lines() -> None:
    assert read(b"1\r\na\r\n", b"1\r\nb\r\n", b"1\r\nc\r\n") == (b"1\r\n", Conflict(b"a\r\n", b"b\r\n", b"c\r\n"))


@pytest.mark.parametrize("text", [b"<<<<\na\n", b"<<<<\n||||\n====\n", b"<<<<\n||||\n"])
def test_markers_that_are_not_closed_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        read_markers(text, 4)


def test_lines_are_split_at_line_feeds_alone() -> None:
    assert lines_of(b"a\rb\x0bc\r\n\nd") == [b"a\rb\x0bc\r\n", b"\n", b"d"]
    assert lines_of(b"") == []


def test_coalesce_joins_bytes_and_drops_empty_ones() -> None:
    hole = Conflict(b"", b"a", b"b")
    assert coalesce([b"", b"a", b"b", hole, b"", b"c"]) == (b"ab", hole, b"c")


def test_text_of_takes_what_is_chosen_and_what_is_resolved() -> None:
    pieces = (b"1", Conflict(b"b", b"o", b"t"), Resolved(b"", b"", b"", b"r", ("line",)))
    assert text_of(pieces, lambda c: c.theirs) == b"1tr"
