from __future__ import annotations

import pytest

from forkmerge.merge.emptied import passed


@pytest.mark.parametrize(
    ("prefix", "before", "suffix", "line"),
    [
        (b"def f():\n", b"    a()\n    b()\n", b"", b"    pass\n"),
        (b"if x:\r\n", b"\ta()\r\n", b"else:\r\n\tb()\r\n", b"\tpass\r\n"),
        (b"def f():\n", b"\n    a()\n", b"\n\nc()\n", b"    pass\n"),
        (b"def f():\n", b"    a()\n\n\n", b"c()\n", b"    pass\n\n\n"),
        (b"def f():\n", b"    a()\n\n", b"", b"    pass\n"),
        (b"def f():\n", b"    a()\n", b"    b()\n", b""),
        (b"def f():\n    b()\n", b"    a()\n", b"", b""),
        (b"x = {1:\n", b"2}\n", b"", b""),
        (b"def f():\n", b"\n", b"", b""),
    ],
)
def test_only_a_block_of_which_nothing_is_left_gets_a_pass(
    prefix: bytes, before: bytes, suffix: bytes, line: bytes
) -> None:
    assert passed(prefix, before, suffix) == line
