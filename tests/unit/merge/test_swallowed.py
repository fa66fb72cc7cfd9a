from __future__ import annotations

from forkmerge.merge.swallowed import swallowed

BASE = b"x = [a, b]\n"
OURS = b"x = [\n    a,\n    b,  # why\n]\n"
THEIRS = b"x = [a, b, c]\n"


def test_code_behind_a_comment_of_a_side_is_swallowed() -> None:
    assert swallowed("#", (BASE, OURS, THEIRS), b"x = [\n    a,\n    b,  # why, c\n]\n")
    assert swallowed("#", (BASE, THEIRS, OURS), b"x = [\n    a,\n    b,  # why, c\n]\n")


def test_a_comment_at_the_end_of_its_line_is_not() -> None:
    assert not swallowed("#", (BASE, OURS, THEIRS), b"x = [\n    a,\n    b,  # why\n    c,\n]\n")
    assert not swallowed("#", (BASE, OURS, THEIRS), b"x = [\n    a, c, b  # why\n]\n")


def test_what_a_side_wrote_itself_is_its_own() -> None:
    assert not swallowed("#", (BASE, OURS, b"x = 1  # why, c\n"), b"x = 1  # why, c\n")
    assert not swallowed("#", (BASE, OURS, b"y = 2  # why, c\n"), b"x = 1  # why, c\n")


def test_another_sign_or_none_begins_no_comment() -> None:
    assert not swallowed("//", (BASE, OURS, THEIRS), b"b,  # why, c\n")
    assert not swallowed("", (BASE, OURS, THEIRS), b"b,  # why, c\n")
