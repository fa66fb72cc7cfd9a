"""A variable of which each side took another use away."""

from __future__ import annotations

import pytest

from forkmerge.merge.unread import unread

SET = b"x = f()\n"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "line"),
    [
        (b"g(x)\nh(x)\n", b"h(x)\n", b"g(x)\nh()\n", b"h()\n", b"x = f()"),
        (b"g(x)\nh(x)\n", b"h(x)\n", b"g(x)\nh()\n", b"h()\n# x\n", b""),  # it is said once more
        (b"g(x)\nh(x)\n", b"", b"g(x)\nh()\n", b"h()\n", b""),  # ours did not read it either
        (b"g(x)\n", b"g(x)\n", b"", b"", b""),
    ],
)
def test_what_is_set_for_nobody(base: bytes, ours: bytes, theirs: bytes, result: bytes, line: bytes) -> None:
    assert unread((SET + base, SET + ours, SET + theirs), SET + result) == line
    assert unread((SET + base, SET + theirs, SET + ours), SET + result) == line


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"const x = f();\n", True),
        (b"x := f()\n", True),
        (b"x: T = f()\n", True),
        (b"def x():\n", False),
        (b"x == f()\n", False),
        (b"self.x = f()\n", False),
    ],
)
def test_only_what_sets_a_variable_is_looked_at(line: bytes, *, found: bool) -> None:
    inputs = (line + b"g(x)\nh(x)\n", line + b"h(x)\n", line + b"g(x)\nh()\n")
    assert unread(inputs, line + b"h()\n") == (line.strip() if found else b"")
