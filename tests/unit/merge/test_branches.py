"""A branch before an ``if`` whose ``else`` went."""

from __future__ import annotations

import pytest

from forkmerge.merge.branches import unchained

IF = b"if (a) {\n  x();\n} else {\n  y();\n}\n"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "found"),
    [
        (IF, b"if (b) {\n  z();\n} else " + IF, b"if (a) {\n  return x();\n}\ny();\n", True),
        (b"if a:\n  x\nelse:\n  y\n", b"if b:\n  z\nelif a:\n  x\nelse:\n  y\n", b"if a:\n  x\ny\n", True),
        (IF, b"if (b) {\n  z();\n} else " + IF, IF.replace(b"y", b"q"), False),
        (IF, IF.replace(b"x", b"q"), b"if (a) {\n  return x();\n}\ny();\n", False),
        (IF, IF.replace(b"else", b"else if (b)"), b"if (a) {\n  x();\n}\n", False),  # the last one has a condition now
        (b"x();\n", b"if (a) {\n} else if (b) {\n}\n", b"y();\n", False),
    ],
)
def test_a_branch_goes_on_into_what_stood_under_else(base: bytes, ours: bytes, theirs: bytes, *, found: bool) -> None:
    assert unchained(base, ours, theirs, b"") == found
    assert unchained(base, theirs, ours, b"") == found
