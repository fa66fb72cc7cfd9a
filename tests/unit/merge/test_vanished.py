"""An edit of a line that the other side took away."""

from __future__ import annotations

import pytest

from forkmerge.merge.vanished import vanished


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "found"),
    [
        (b"a: f(x),\n", b"b: g(y),\n", b"a: f(y),\n", b"b: g(y),\n", True),
        (b"'a': f(x),\n", b"'b': g(y),\n", b"'a': f(y),\n", b"'b': g(y),\n", True),
        (b"a = f(x)\n", b"b = y\n", b"a = f(y)\n", b"b = y\n", True),
        (b"a := f(x)\n", b"b := y\n", b"a := f(y)\n", b"b := y\n", True),
        (b"a: x\n", b"q(a, y)\n", b"a: y\n", b"q(a, y)\n", False),  # it stands in something larger
        (b"a: f(x, y, z)\n", b"b: f(w, y, z)\n", b"a: f(w, y, z)\n", b"b: f(w, y, z)\n", False),  # another name
        (b"a: x\n", b"b: y\n", b"c: y\n", b"b: y\n", False),
        (b"a: x\n", b"b: y\n", b"a: y\n", b"a: y\nb: y\n", False),
        (b"f(x)\n", b"g(y)\n", b"f(y)\n", b"g(y)\n", False),  # it gives no name anything
        (b"a::f(x)\n", b"g(y)\n", b"a::f(y)\n", b"g(y)\n", False),
        (b"a == f(x)\n", b"g(y)\n", b"a == f(y)\n", b"g(y)\n", False),
    ],
)
def test_a_name_given_another_value_that_is_gone(
    base: bytes, ours: bytes, theirs: bytes, result: bytes, *, found: bool
) -> None:
    assert vanished(base, ours, theirs, result) == found
    assert vanished(base, theirs, ours, result) == found
