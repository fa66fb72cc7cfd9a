"""Whether data files load."""

from __future__ import annotations

import pytest

from forkmerge.syntax import profiles
from forkmerge.syntax.data import load_error


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", '{"a": {"b": 1}, "c": {"b": 2}}'),
        ("json", '\ufeff{"a": 1}'),
        ("toml", "a = 1\n[b]\na = 2\n[[c]]\nx = 1\n[[c]]\nx = 2\n"),
        ("yaml", "a: 1\nb:\n  a: 2\n<<: *x\nc: {a: 1, b: 2}\n"),
        ("yaml", "a: 1\n---\na: 2\n"),
        ("python", "this is not ( python"),
    ],
)
def test_sound_data_loads(language: str, text: str) -> None:
    assert load_error(profiles.load(language), text.encode()) == ""


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("json", '{"a": 1, "b": 2, "a": 3}', "'a' is given twice"),
        ("json", '{"x": {"a": 1, "a": 3}}', "'a' is given twice"),
        ("json", '{"a": 1,}', "line 1"),
        ("json", '// c\n{"a": 1}', "line 1"),
        ("json", "[" * 100_000, "recursion"),
        ("toml", "a = 1\na = 2\n", "line 2"),
        ("toml", "[a]\n[a]\n", "line 2"),
        ("yaml", "a: 1\nb: 2\n'a': 3\n", "'a' is given twice (line 3)"),
        ("yaml", "c: {a: 1, a: 2}\n", "'a' is given twice (line 1)"),
        ("yaml", "a: [1, 2\nb: 3\n", "is not YAML"),
    ],
)
def test_broken_data_does_not_load_and_says_why(language: str, text: str, reason: str) -> None:
    assert reason in load_error(profiles.load(language), text.encode())


@pytest.mark.parametrize("language", ["json", "toml"])
def test_bytes_that_are_no_text_do_not_load(language: str) -> None:
    assert load_error(profiles.load(language), b"\xff\xfe\x00")
