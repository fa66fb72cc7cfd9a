"""What one side put in of what the other side wrote in another way at that place."""

from __future__ import annotations

import pytest

from forkmerge.merge.outdated import outdated


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "found"),
    [
        (b"f(a.b)", b"f(a.b, a.b)", b"f(a?.b)", b"f(a?.b, a.b)", True),
        (b"f(a->b)", b"g(a->b)\nf(a->b)", b"f(c)", b"g(a->b)\nf(c)", True),
        (b"f(a.b)\nh()", b"g(a.b)\nf(a.b)\nh()", b"h()", b"g(a.b)\nh()", False),  # deleted: nothing was written anew
        (b"f('a.b')", b"f('a.b', 'a.b')", b"f(c)", b"f(c, 'a.b')", False),
        (b"f(a.b)", b"f(a.b, a.b)", b"f(a?.b)", b"f(a?.b)", False),
        (b"f(b, c)", b"b = 1\nf(b, c)", b"f(a.b, c)", b"b = 1\nf(a.b, c)", True),  # ``b`` is one of ``a`` now
        (b"f(b, c)", b"b = 1\nf(b, c)", b"f(a.d, c)", b"b = 1\nf(a.d, c)", False),
    ],
)
def test_what_is_put_in_as_the_other_side_no_longer_writes_it(
    base: bytes, ours: bytes, theirs: bytes, result: bytes, *, found: bool
) -> None:
    assert outdated(base, ours, theirs, result) == found
    assert outdated(base, theirs, ours, result) == found


def test_a_side_of_very_many_words_is_left() -> None:
    many = b"f(a.b)\n" * 5_000
    assert not outdated(many, many + b"g(a.b)\n", many.replace(b"a.b", b"c"), many)
