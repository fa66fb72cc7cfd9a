from __future__ import annotations

import pytest

from forkmerge.merge.conservation import (
    doubled,
    respelled,
    strayed,
    tokens_of,
    unbalanced,
    unbalanced_around,
    words_of,
)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "wrong"),
    [
        (b"a", b"a b", b"a c", b"a b c", ()),
        (b"a", b"a b", b"a c", b"a c", (b"b",)),
        (b"a d", b"a", b"a d c", b"a d c", (b"d",)),
        (b"a", b"a b", b"a b", b"a b", ()),
        (b"a", b"a b", b"a b", b"a b b", ()),
        (b"a", b"a b", b"a b", b"a b b b", (b"b",)),
        (b"a a", b"a", b"a", b"", ()),
        (b"a", b"a (b)", b"a, c", b"a b c", ()),
    ],
)
def test_unbalanced_names_what_is_missing_or_too_many(
    base: bytes, ours: bytes, theirs: bytes, result: bytes, wrong: tuple[bytes, ...]
) -> None:
    assert unbalanced(base, ours, theirs, result) == wrong
    assert unbalanced(base, theirs, ours, result) == wrong


def test_a_conflict_that_is_left_counts_as_both_edits() -> None:
    base, ours, theirs = b"# c\na\nx = 1\n", b"# c\nb\na\nx = 2\n", b"# c\nd\na\nx = 3\n"
    left = [(b"x = 1\n", b"x = 2\n", b"x = 3\n")]
    assert unbalanced_around(base, ours, theirs, b"# c\nb\nd\na\n", left) == ()
    assert unbalanced_around(base, ours, theirs, b"# c\nb\n# c\nd\na\n", left) == (b"#", b"c")
    assert unbalanced_around(base, ours, theirs, b"# c\nb\na\n", left) == (b"d",)


def test_words_are_told_without_layout() -> None:
    assert words_of(b"f( a,\n b)") == words_of(b"f(a, b)") == (b"f", b"(", b"a", b",", b"b", b")")
    assert tokens_of(b"a a +") == {b"a": 2, b"+": 1}


def test_passage_that_both_sides_added_must_not_stand_there_twice() -> None:
    passage = b"for row in rows:\n    check(row, limit)\n    total = total + row\n"
    base, ours, theirs = b"a\nb\n", b"a\n" + passage + b"b\n", b"a\nb\n" + passage
    assert doubled(base, ours, theirs, b"a\n" + passage + b"b\n" + passage)
    assert not doubled(base, ours, theirs, b"a\n" + passage + b"b\n")
    assert not doubled(base, ours, b"a\nb\n", ours + passage)


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "found"),
    [
        (b"b\na\nc\n", b"b\nc\n a\n", b"b\na\nc\na\n", (b"a",)),
        (b"b\na\nc\n", b"b\nc\n a\n", b"b\nc\n", (b"a",)),
        (b"b\na\nc\n", b"b\nc\n a\n", b"b\n  a\nc\n", ()),
        (b"a\na\nb\nc\n", b"b\nc\na\n", b"a\na\nb\nc\n", ()),
        (b"b\nc\n", b"b\nc\na\n", b"b\nc\n", ()),
    ],
)
def test_a_line_that_all_versions_have_once_strays_where_the_merge_has_it_twice_or_not(
    ours: bytes, theirs: bytes, result: bytes, found: tuple[bytes, ...]
) -> None:
    assert strayed(b"a\nb\nc\n", ours, theirs, result) == found
    assert strayed(b"a\nb\nc\n", theirs, ours, result) == found


def test_lines_put_in_and_taken_away_are_balanced_unless_one_may_have_become_the_other() -> None:
    base, ours = b"from .bar import Bar\nfrom .live import Live\n", b"from .live import Live\nfrom .bar import Bar\n"
    there = b"from .ansi import Decoder\nfrom .live import Live\n"
    assert unbalanced(base, b"from .live import Live\n", there, there) == ()
    assert unbalanced(base, ours, there + b"from .bar import Bar\n", there + b"from .bar import Bar\n") == ()
    base, ours, theirs = b"mypy\nty\n", b"mypy==1\n", b"mypy\nty==2\n"
    assert unbalanced(base, ours, theirs, b"mypy==1\nty==2\n") == (b"ty",)


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "twice"),
    [
        (b"a 'x/y/z', b", b"a b 'x/Y/z/'", b"a 'x/y/z', b 'x/Y/z/'", True),
        (b"a 'x/y/z', b", b"a b 'x/Y/z/'", b"a b 'x/Y/z/'", False),
        (b"a x.y.z b", b"a b x.y.z", b"a x.y.z b x.y.z", False),
        (b"a x.y b", b"a b x/y", b"a x.y b x/y", False),
        (b'a "x.y.z", b', b"a b ('x.y.z')", b"a x.y.z b x.y.z", False),
        (b"a x.y.z b", b"a b x.y.w", b"a x.y.z b x.y.w", False),
    ],
)
def test_one_thing_in_two_spellings_is_told(ours: bytes, theirs: bytes, result: bytes, twice: bool) -> None:
    assert respelled(b"a b", ours, theirs, result) is twice
    assert respelled(b"a b", theirs, ours, result) is twice
