"""Reading files line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.syntax import profiles
from forkmerge.syntax.linewise import LOOSE, read

LINES = ["a = 1\n", "a=2\r\n", "[x]\n", "# c\n", "\n", "  b\n", "x (\n", ")\n", "c \\\n", "!d\n", "-e f\n", "é\n", "g"]


@pytest.mark.parametrize("name", profiles.line_names())
@given(text=st.lists(st.sampled_from(LINES), max_size=12).map("".join))
def test_entries_and_tail_are_the_text(name: str, text: str) -> None:
    found = read(profiles.load_lines(name), text.encode())
    pieces = [e.text for g in found.groups for e in ((g.header,) if g.header else ()) + g.entries]
    assert b"".join((*pieces, found.tail)) == text.encode()


@pytest.mark.parametrize(
    ("name", "text", "keys"),
    [
        ("ini", "[a]\nx = 1\n  more\ny: 2\n", [("[a]", "x"), ("[a]", "y")]),
        ("ini", "  more\n", [("", LOOSE)]),
        ("properties", "a.b=1\nc \\\n = 2\nd:3\n", [("", "a.b"), ("", "c \\"), ("", "d")]),
        ("gomod", "go 1.22\nrequire (\n\ta v1\n)\n", [("", "go"), ("require (", "a")]),
        ("gomod", "replace b v1 => c v2\nrequire d v3\n", [("", "replace b"), ("", "require d")]),
        ("requirements", "A_b.c[x]>=1 ; os\n-r x.txt\n", [("", "a-b-c"), ("", "-r x.txt")]),
        ("codeowners", "*.py\t@a @b\n/x @c\n", [("", "*.py"), ("", "/x")]),
        ("gitignore", "a b\n# c\n!d\n", [("", "a b"), ("", "!d")]),
    ],
)  # fmt: skip
def test_keys(name: str, text: str, keys: list[tuple[str, str]]) -> None:
    assert read(profiles.load_lines(name), text.encode()).named() == keys
