"""What both sides put in and a merge has twice in a row."""

from __future__ import annotations

import pytest

from forkmerge.merge.repeats import repeated

BASE = b"a\nold(x)\nb\n"
OURS = b"a\ncheck(x, 1)\nb\n"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (b"a\ncheck(x, 1)\n\ncheck(x, 1)\nb\n", b"check(x, 1)"),
        (b"a\ncheck(x, 1)\nb\n", b""),
        (b"a\ncheck(x, 1)\nold(x)\ncheck(x, 1)\nb\n", b""),
    ],
)
def test_a_line_of_both_sides_twice_in_a_row(result: bytes, line: bytes) -> None:
    theirs = b"a\n\ncheck(x, 1)\nb\n"
    assert repeated(BASE, OURS, theirs, result) == line
    assert repeated(BASE, theirs, OURS, result) == line


def test_some_lines_of_both_sides_twice_in_a_row() -> None:
    run = b"if (busy(x))\n  leave(x, 1);\n"
    assert repeated(b"a\nb\n", b"a\n" + run + b"b\n", b"a\n" + run + b"b\n", b"a\n" + run * 2 + b"b\n")


def test_what_a_side_says_twice_itself() -> None:
    twice = b"a\ncheck(x, 1)\ncheck(x, 1)\nb\n"
    assert repeated(BASE, twice, OURS, twice) == b""


def test_what_one_side_says_twice_and_the_other_once_elsewhere() -> None:
    once, twice = b"check(x, 1)\n", b"check(x, 1)\n" * 2
    result = b"a\n" + once + b"b\n" + twice
    assert repeated(b"a\nb\n", b"a\n" + once + b"b\n", b"a\nb\n" + twice, result) == b""
    again = b"a\n" + twice + b"b\n" + twice
    assert repeated(b"a\nb\n", b"a\n" + once + b"b\n", b"a\nb\n" + twice, again) == b"check(x, 1)"
