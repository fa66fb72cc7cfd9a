"""Lines that one side put at another depth and the other edited."""

from __future__ import annotations

import pytest

from forkmerge.merge.depths import at_new_depth
from forkmerge.merge.pieces import Conflict

BASE = b"open(log)\nread(one)\nread(two)\nread(three)\nclose(log)\n"
DEEPER = b"".join(b"    " + line for line in BASE.splitlines(keepends=True))
WRAPPED = b"guarded! {\n" + DEEPER + b"}\n"


@pytest.mark.parametrize(
    ("edited", "merged"),
    [
        (BASE.replace(b"two", b"2"), WRAPPED.replace(b"two", b"2")),
        (BASE.replace(b"read(two)\n", b""), WRAPPED.replace(b"    read(two)\n", b"")),
        (BASE.replace(b"(two)\n", b"(two)\n  more\n"), WRAPPED.replace(b"(two)\n", b"(two)\n      more\n")),
        (
            BASE.replace(b"read(one)", b"scan(one)\n\nread(1)"),
            WRAPPED.replace(b"read(one)", b"scan(one)\n\n    read(1)"),
        ),
    ],
)
def test_edits_are_made_at_the_new_depth(edited: bytes, merged: bytes) -> None:
    assert at_new_depth(Conflict(BASE, WRAPPED, edited)) == merged
    assert at_new_depth(Conflict(BASE, edited, WRAPPED)) == merged


def test_lines_taken_out_of_something_become_less_deep() -> None:
    edited = DEEPER.replace(b"two", b"2")
    assert at_new_depth(Conflict(DEEPER, BASE, edited)) == BASE.replace(b"two", b"2")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (WRAPPED, BASE.replace(b"open(log)", b"open(book)")),  # right beside what was put around
        (WRAPPED, b"start()\n" + BASE),  # the same
        (WRAPPED, b"{\n" + DEEPER.replace(b"two", b"2") + b"}\n"),  # both moved
        (WRAPPED.replace(b"    read(three)\n", b""), BASE.replace(b"two", b"2")),  # not all of the base is there
        (BASE.replace(b"one", b"1"), BASE.replace(b"three", b"3")),  # nothing moved
    ],
)
def test_where_it_is_not_clear_there_is_no_answer(ours: bytes, theirs: bytes) -> None:
    assert at_new_depth(Conflict(BASE, ours, theirs)) is None
    assert at_new_depth(Conflict(BASE, theirs, ours)) is None


def test_lines_put_in_between_lines_that_went_to_different_depths() -> None:
    halves = b"{\n    open(log)\n    read(one)\n    read(two)\n        read(three)\n        close(log)\n}\n"
    assert at_new_depth(Conflict(BASE, halves, BASE.replace(b"(two)\n", b"(two)\nmore\n"))) is None
    assert at_new_depth(Conflict(BASE, halves, BASE.replace(b"(one)\n", b"(one)\nmore\n"))) is not None


def test_blank_lines_say_nothing_of_the_depth() -> None:
    base = BASE.replace(b"read(two)\n", b"read(two)\n\n")
    deeper = b"{\n" + b"".join(b"    " + x if x.strip() else x for x in base.splitlines(keepends=True)) + b"}\n"
    edited = base.replace(b"\n\n", b"\n\nmore\n")
    assert at_new_depth(Conflict(base, deeper, edited)) == deeper.replace(b"\n\n", b"\n\n    more\n")


def test_lines_that_went_while_the_rest_was_put_deeper() -> None:
    fewer = WRAPPED.replace(b"    close(log)\n", b"")
    assert at_new_depth(Conflict(BASE, fewer, BASE.replace(b"one", b"1"))) == fewer.replace(b"one", b"1")
    assert at_new_depth(Conflict(BASE, fewer, BASE.replace(b"three", b"3"))) is None
    little = b"{\n    read(one)\n    read(two)\n}\n"
    assert at_new_depth(Conflict(BASE, little, BASE.replace(b"one", b"1"))) is None
