"""The structured merge of single places, told by what comes out of a whole file."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.pieces import Conflict
from forkmerge.merge.repair import whole_lines


def merged(base: str, ours: str, theirs: str, path: str = "x.py") -> str | None:
    result = merge_file(path, base.encode(), ours.encode(), theirs.encode(), line_merge=line_merge)
    text = result.merged()
    return text.decode() if text is not None and result.clean else None


RESOLVED = {
    "names of one import": (
        "from a import b, e\n", "from a import b, c, e\n", "from a import b, d, e\n", "from a import b, c, d, e\n",
    ),
    "imports in their order": (
        "import a\nimport z\n", "import a\nimport d\nimport z\n", "import a\nimport c\nimport z\n",
        "import a\nimport c\nimport d\nimport z\n",
    ),
    "definitions of other names": (
        "x = 1\n", "x = 1\n\n\ndef f():\n    return 1\n", "x = 1\n\n\ndef g():\n    return 2\n",
        "x = 1\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n",
    ),
    "neighbouring statements": ("a = 1\nb = 1\n", "a = 2\nb = 1\n", "a = 1\nb = 2\n", "a = 2\nb = 2\n"),
    "parts of one call": ("f(a=1, b=2)\n", "f(a=3, b=2)\n", "f(a=1, b=4)\n", "f(a=3, b=4)\n"),
    "layout against content": ("f(a, b)\n", "f(\n    a,\n    b,\n)\n", "g(a, b)\n", "g(\n    a,\n    b,\n)\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESOLVED)
def test_place_that_git_leaves_in_conflict_is_resolved(name: str) -> None:
    base, ours, theirs, expected = RESOLVED[name]
    assert line_merge(base.encode(), ours.encode(), theirs.encode())[1]
    assert merged(base, ours, theirs) == expected


REFUSED = {
    "fields of a decorated class": (
        "@dataclass\nclass A:\n    a: int = 1\n", "@dataclass\nclass A:\n    a: int = 1\n    b: int = 2\n",
        "@dataclass\nclass A:\n    a: int = 1\n    c: int = 3\n",
    ),
    "fields of a model": tuple("class A(Model):\n    a = 1\n" + x for x in ("", "    b = 2\n", "    c = 3\n")),
    "positional arguments": ("f(a)\n", "f(a, b)\n", "f(a, c)\n"),
    "parameters": ("def f(a):\n    pass\n", "def f(a, b):\n    pass\n", "def f(a, c):\n    pass\n"),
    "one definition twice": ("x = 1\n", "x = 1\ndef f():\n    return 1\n", "x = 1\ndef f():\n    return 2\n"),
    "constants that speak of each other": ("a = 1\n", "a = 1\nb = 2\n", "a = 1\nc = b\n"),
    "statements at one place": ("a()\n", "a()\nb()\n", "a()\nc()\n"),
    "one value": ("a = 1\n", "a = 2\n", "a = 3\n"),
    "deleted and changed": ("a()\nb(1)\n", "a()\n", "a()\nb(2)\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_place_whose_order_or_content_is_open_stays_in_conflict(name: str) -> None:
    base, ours, theirs = REFUSED[name]
    assert merged(base, ours, theirs) is None
    assert merged(base, theirs, ours) is None


def test_json_key_added_twice_stays_in_conflict() -> None:
    base, ours, theirs = (f'{{\n  "a": 1{x}\n}}\n' for x in ("", ',\n  "b": 1', ',\n  "b": 2'))
    assert merged(base, ours, theirs, "x.json") is None


def test_json_keys_of_other_names_stand_side_by_side() -> None:
    base, ours, theirs = (f'{{\n  "a": 1{x}\n}}\n' for x in ("", ',\n  "b": 1', ',\n  "c": 2'))
    assert merged(base, ours, theirs, "x.json") == '{\n  "a": 1,\n  "b": 1,\n  "c": 2\n}\n'


def test_conflict_within_a_line_is_widened_to_whole_lines() -> None:
    pieces = whole_lines((b"1\nx = ", Conflict(b"a", b"b", b"c"), b" + 1\n2\n"))
    assert pieces == (b"1\n", Conflict(b"x = a + 1\n", b"x = b + 1\n", b"x = c + 1\n"), b"2\n")
