"""Trees: sound or not, how deep, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.grammars import needs_grammar

from forkmerge.errors import MissingTool, UnusableInput
from forkmerge.syntax import parsing, profiles

PYTHON = profiles.load("python")


NEEDS_CONTENT = {"graphql", "powershell", "xml"}
"""Their grammars want at least one definition, statement or element."""


@pytest.mark.parametrize("name", sorted({*profiles.names()} - NEEDS_CONTENT))
def test_empty_file_is_sound(name: str) -> None:
    needs_grammar(name)
    assert parsing.sound(parsing.parse(profiles.load(name), b""))


def test_soundness_counts_errors_and_missing_nodes() -> None:
    good = parsing.parse(PYTHON, b"def f(): pass\n")
    bad = parsing.parse(PYTHON, b"def f(:\n  )\nclass\n")
    assert (parsing.sound(good), parsing.errors(good)) == (True, 0)
    assert not parsing.sound(bad)
    assert parsing.errors(bad) >= 2
    missing = parsing.parse(profiles.load("javascript"), b"if (a) { b(")
    assert parsing.errors(missing) >= 1


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfx = 1\r\ny = 2\r\n", b"x = '\xe9'\n", b"x = 1"])
def test_byte_order_marks_foreign_bytes_and_line_ends_are_borne(data: bytes) -> None:
    assert parsing.parse(PYTHON, data).root_node.end_byte == len(data)


def test_depth_stops_at_its_limit() -> None:
    tree = parsing.parse(profiles.load("json"), b"[" * 2000 + b"]" * 2000)
    assert parsing.depth(tree, 10_000) > 2000
    assert 100 < parsing.depth(tree, 100) < 110
    assert parsing.depth(parsing.parse(PYTHON, b"")) == 1


def test_missing_grammar_names_its_wheel() -> None:
    lost = replace(PYTHON, package="tree_sitter_nowhere")
    with pytest.raises(MissingTool, match="tree-sitter-nowhere") as caught:
        parsing.parse(lost, b"")
    assert caught.value.hint == "pip install tree-sitter-nowhere"


def test_file_above_the_limit_is_refused() -> None:
    with pytest.raises(UnusableInput, match="too large"):
        parsing.parse(PYTHON, b" " * (parsing.MAX_BYTES + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"- " * 300,
        b": " * 400,
        b'"a" ' + b"- " * 400,
        b"- - ? " * 90,
        b"".join(b" " * i + b"a:\n" for i in range(300)),
        b"\r".join(b" " * i + b"-" for i in range(400)),
    ],
)
def test_yaml_nested_beyond_its_grammar_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableInput, match="nested deeper"):
        parsing.parse(profiles.load("yaml"), data)


def test_yaml_nested_as_people_do_is_parsed() -> None:
    data = b"".join(b"  " * i + b"a:\n" for i in range(40)) + b"  " * 40 + b"text - with - many : signs\n" * 1
    assert parsing.parse(profiles.load("yaml"), data)
    assert parsing.sound(parsing.parse(profiles.load("yaml"), b"a:\n- b\n- c: d - e - f\n" * 1))
