from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.syntax.reading import Unread, read

PROFILES = sorted((Path(__file__).parents[3] / "grammars").glob("*.toml"))
WORDS = ["a", "key", "units", "true", "12", "0", " = ", "=", '"', '"', '"x"', "[", "]", "[[", "]]", "{", "}", ", ", "'"]
LINES = ['b = ["x"]\n', 'w = { "0" = ["x"] }\n', "[[units]]\n", "[t]\n", "\n", "\r", "#", "\\n", "\\", " ", "\t", "é"]
TEXTS = st.lists(st.sampled_from(WORDS + LINES), max_size=14).map("".join)


@pytest.mark.parametrize("path", PROFILES, ids=lambda p: p.stem)
def test_every_profile_is_read_here_and_as_tomllib_reads_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read(text) == tomllib.loads(text)


@given(TEXTS)
def test_what_toml_allows_is_refused_or_read_as_tomllib_reads_it(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # profiles are TOML: `test_grammars` reads each
    try:
        found = read(text)
    except Unread:
        return
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        *("a = 'x'", 'a = "\\t"', "a = 1.5", "a = [1]", 'a = "x" # why', 'a = ["x", # why\n"y"]', "[t]", "a.b = true"),
        *('"a" = "x"', "a = true\na = true", "a = 01", 'a = """x"""', 'a = [["x"]]', "a = { b = 1 }", 'a = ["x"'),
        *("a = 1\n[[a]]", 'a = ["x"]\n[[a]]', "a", "a = ", "a = true\r\n"),
    ],
)
def test_more_than_a_profile_needs_is_refused(text: str) -> None:
    with pytest.raises(Unread):
        read(text)
