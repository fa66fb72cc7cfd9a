from __future__ import annotations

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.blanks import converted, evened, restored, without_blanks
from forkmerge.merge.file import merge_file
from forkmerge.merge.pieces import Conflict, Resolved


def test_change_of_blanks_gives_way_to_the_other_sides_content() -> None:
    assert without_blanks(Conflict(b"a\n", b"a  \n\n", b"b\n")) == b"b\n"
    assert without_blanks(Conflict(b"a\n", b"b\n", b"a\r\n")) == b"b\n"


def test_sides_that_differ_in_blanks_alone_give_ours() -> None:
    assert without_blanks(Conflict(b"a\n", b"b\n", b"b \n")) == b"b\n"


def test_the_side_that_changed_the_end_of_the_file_is_kept_whichever_it_is() -> None:
    for base, ends, other in ((b"a\n", b"b", b"b\n"), (b"a", b"b\n", b"b"), (b"", b"b\n", b"b")):
        assert without_blanks(Conflict(base, ends, other)) == ends
        assert without_blanks(Conflict(base, other, ends)) == ends


def test_indentation_is_no_blank() -> None:
    assert without_blanks(Conflict(b"a\n", b" a\n", b"b\n")) is None


def test_texts_without_a_last_line_end_get_it_and_lose_it_again() -> None:
    pieces = (b"a\n", Conflict(b"b", b"c\n", b"d"))
    even, ended = evened(pieces)
    assert even == (b"a\n", Conflict(b"b\n", b"c\n", b"d\n"))
    assert ended == (False, True, False)
    assert restored(even, ended) == pieces
    assert restored((b"a\n", Resolved(b"b\n", b"c\n", b"d\n", b"e\n", ("x",))), ended) == (
        b"a\n",
        Resolved(b"b", b"c\n", b"d", b"e\n", ("x",)),
    )


def test_the_side_that_took_the_last_line_end_away_has_its_way() -> None:
    even, ended = evened((Conflict(b"b\r\n", b"c\r\n", b"d"),))
    assert even == (Conflict(b"b\r\n", b"c\r\n", b"d\r\n"),)
    assert ended is not None
    assert restored((b"cd\r\n",), ended) == (b"cd",)


def test_what_ends_alike_or_is_empty_is_left_as_it_is() -> None:
    for pieces in ((Conflict(b"b\n", b"c\n", b"d\n"),), (Conflict(b"b", b"c", b"d"),), (Conflict(b"", b"c", b"d\n"),)):
        assert evened(pieces) == (pieces, None)
    assert evened((Conflict(b"b", b"c", b"d\n"), b"e\n"))[1] is None


def test_the_line_ends_that_a_side_gave_the_whole_file_are_those_of_the_merge() -> None:
    base, ours, theirs = b"a\nb\nc\n", b"a\r\nb\r\nc\r\n", b"a\nb\nd\n"
    assert converted(base, ours, theirs) == (ours, ours, b"a\r\nb\r\nd\r\n")
    for sides in ((ours, theirs), (theirs, ours)):
        for path in ("a.py", "a.txt"):
            assert merge_file(path, base, *sides, line_merge=line_merge).merged() == b"a\r\nb\r\nd\r\n"
    for sides in ((base, b"a\r\nb\r\nd\r\n"), (b"a\r\nb\r\nd\r\n", base)):
        assert merge_file("a.py", ours, *sides, line_merge=line_merge).merged() == theirs


def test_mixed_line_ends_and_single_lines_tell_nothing() -> None:
    assert converted(b"a\nb\n", b"a\r\nb\n", b"a\nc\n") is None
    assert converted(b"a\nb\n", b"a\nc\n", b"a\nb\nd\n") is None
    assert converted(b"a", b"a\r\n", b"b") is None


def test_a_mark_at_the_beginning_that_one_side_gives_or_takes_away_is_that_of_all() -> None:
    mark = b"\xef\xbb\xbf"
    assert converted(b"a\n", mark + b"b\n", b"c\n") == (mark + b"a\n", mark + b"b\n", mark + b"c\n")
    assert converted(mark + b"a\n", mark + b"b\n", b"c\n") == (b"a\n", b"b\n", b"c\n")
    assert converted(mark + b"a\n", mark + b"b\n", mark + b"c\n") is None
    both = converted(b"a\nb\n", mark + b"a\nb\n", b"a\r\nc\r\n")
    assert both == (mark + b"a\r\nb\r\n", mark + b"a\r\nb\r\n", mark + b"a\r\nc\r\n")
