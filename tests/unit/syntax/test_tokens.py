"""Tokens: every byte that matters, in order."""

from __future__ import annotations

import pytest
from support.grammars import needs_grammar

from forkmerge.syntax import profiles
from forkmerge.syntax.tokens import tokens


def texts(language: str, text: str | bytes) -> list[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return [t.text for t in tokens(profiles.load(language), data)]


def test_strings_and_comments_are_one_token() -> None:
    assert texts("python", "x = f'{a} b'  # c d\n") == [b"x", b"=", b"f'{a} b'", b"# c d"]
    assert texts("javascript", "`a ${b}` + /r e/g // c") == [b"`a ${b}`", b"+", b"/r e/g", b"// c"]
    assert texts("json", '{"a": -1.5}') == [b"{", b'"a"', b":", b"-1.5", b"}"]


def test_comments_are_marked() -> None:
    found = tokens(profiles.load("rust"), b"/// doc\nfn f() {} // tail\n")
    assert [(t.text, t.comment) for t in found if t.comment] == [(b"/// doc", True), (b"// tail", True)]


def test_layout_is_in_no_token() -> None:
    assert texts("python", "if a :\r\n\tb\\\n  .c\r\n") == texts("python", "if a:\n    b\\\n.c\n")


@pytest.mark.parametrize("language", profiles.names())
def test_what_the_parser_skips_is_covered(language: str) -> None:
    data = b"\xff ??? \x00 }} \xc3("
    needs_grammar(language)
    found = b"".join(t.text for t in tokens(profiles.load(language), data))
    assert b"".join(found.split()) == b"".join(data.split())


def test_only_a_part_is_read_when_asked() -> None:
    data = b"a = 1\nb = 2\nc = 3\n"
    found = tokens(profiles.load("python"), data, start=6, end=12)
    assert [t.text for t in found] == [b"b", b"=", b"2"]
    assert found[0].start == 6
