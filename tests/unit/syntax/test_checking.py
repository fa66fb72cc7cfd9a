"""A profile of a user's own is data and nothing more."""

from __future__ import annotations

import pytest

from forkmerge.syntax import checking, parsing, profiles

UNIT = {"kind": "x", "nodes": ["x"]}
SET = {"parents": ["x"], "children": ["y"]}
INSIDE = {"nodes": ["x"], "content": "x", "told": "x", "closed": "x", "begins": ["x"]}
GOOD = {"name": "mine", "package": "tree_sitter_python", "units": [{"kind": "class", "nodes": ["class_definition"]}]}


def test_a_profile_that_holds_to_the_format_has_no_problems() -> None:
    assert checking.problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"package": "os"}, "package: a grammar is a module called tree_sitter_<language>"),
        ({"package": "tree_sitter_x.y"}, "package: a grammar is a module called tree_sitter_<language>"),
        ({"package": ""}, "package: a grammar is a module called tree_sitter_<language>"),
        ({"function": "system"}, "function: the entry of a grammar is called language or language_<name>"),
        ({"function": "language.__class__"}, "function: the entry of a grammar is called language or language_<name>"),
        ({"name": "../python"}, "name: a language's name is small letters, digits, _, + and -"),
        ({"comment": ["comment"]}, "unknown key 'comment': did you mean 'comments'?"),
        ({"comments": "comment"}, "comments: this is to be a list of texts"),
        ({"indentation": "yes"}, "indentation: this is to be true or false"),
        ({"max_indents": True}, "max_indents: this is to be a number"),
        ({"units": ["x"]}, "units: this is to be [[units]] tables"),
        ({"units": [{"nodes": ["x"]}]}, "units 1: kind is missing"),
        ({"units": [{"kind": "x", "nodes": ["x"], "bodies": ""}]}, "units 1: unknown key 'bodies'"),
        ({"units": [{"kind": "x", "nodes": ["x"], "name": "x"}]}, "units 1: name: this is to be a list of texts"),
        ({"units": [UNIT | {"where": ["x"]}]}, "units 1: where: this is to be a table of lists of texts"),
        ({"commutative": [SET | {"key": "z"}]}, "commutative 1: key: one of name, text, first, word, modifier"),
        ({"embedded": [INSIDE | {"begins": "x"}]}, "embedded 1: begins: this is to be a list of texts"),
        ({"embedded": [{"nodes": ["x"]} | INSIDE | {"code": "x"}]}, "embedded 1: unknown key 'code'"),
        ({"data": "pickle"}, "data: json, toml or yaml"),
        ({"binder": "x"}, "binder: python, or nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_key(change: dict[str, object], line: str) -> None:
    assert checking.problems({**GOOD, **change}) == [line]


@pytest.mark.parametrize("table", [{}, {"kind": "set"}])
def test_a_profile_without_a_name_is_refused(table: dict[str, object]) -> None:
    assert "name is missing" in checking.problems(table)


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ({"name": "x", "kind": "set"}, []),
        ({"name": "x", "kind": "bag"}, ["kind: 'bag' is none of set, list, keys"]),
        ({"name": "x", "kind": "set", "package": "os"}, ["unknown key 'package'"]),
    ],
)
def test_line_profiles_are_held_to_their_own_format(table: dict[str, object], lines: list[str]) -> None:
    assert checking.problems(table) == lines


def test_nodes_and_fields_that_the_grammar_has_not_are_named() -> None:
    table = {
        "name": "mine",
        "package": "tree_sitter_python",
        "comments": ["remark"],
        "units": [{"kind": "class", "nodes": ["class_definition"], "body": "inside", "signature": "@nothing"}],
        "commutative": [{"parents": ["module"], "children": ["block"], "where": {"0": ["=a", "sheep"]}}],
    }
    assert checking.problems(table) == []
    profile = profiles.profile(table)
    assert checking.unknown(profile, parsing.language(profile)) == [
        "the grammar has no node 'nothing'",
        "the grammar has no node 'remark'",
        "the grammar has no node 'sheep'",
        "the grammar has no field 'inside'",
    ]
