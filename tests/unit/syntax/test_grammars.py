"""Every profile names only what its grammar has."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support.grammars import needs_grammar

from forkmerge.syntax import checking, parsing, profiles

GRAMMARS = Path(__file__).parents[3] / "grammars"
FIXTURES = Path(__file__).parents[3] / "fixtures" / "merge"


@pytest.mark.parametrize("name", profiles.names())
def test_profile_names_only_nodes_and_fields_of_its_grammar(name: str) -> None:
    needs_grammar(name)
    profile = profiles.load(name)
    assert checking.unknown(profile, parsing.language(profile)) == []


@pytest.mark.parametrize("name", profiles.names())
def test_profile_holds_to_the_format(name: str) -> None:
    assert checking.problems(tomllib.loads((GRAMMARS / f"{name}.toml").read_text())) == []


@pytest.mark.parametrize("name", profiles.line_names())
def test_line_profile_holds_to_the_format(name: str) -> None:
    table = tomllib.loads((GRAMMARS / "lines" / f"{name}.toml").read_text())
    assert checking.problems(table) == []
    assert table["name"] == name


def test_index_is_what_the_profiles_say() -> None:
    assert (GRAMMARS / "index").read_text() == profiles.index()


def test_index_of_line_profiles_is_what_they_say() -> None:
    assert (GRAMMARS / "lines" / "index").read_text() == profiles.lines_index()


def test_every_profile_file_is_in_the_index() -> None:
    assert {p.stem for p in (GRAMMARS / "lines").glob("*.toml")} == set(profiles.line_names())
    assert {p.stem for p in GRAMMARS.glob("*.toml")} == set(profiles.names())


@pytest.mark.parametrize("name", profiles.names())
def test_profile_is_named_like_its_file(name: str) -> None:
    assert profiles.load(name).name == name
    assert profiles.load(name).units


@pytest.mark.parametrize("name", profiles.names())
def test_every_text_of_a_fixture_stands_in_a_leaf_or_in_an_atomic_node(name: str) -> None:
    """What stands between the children of a node would be invisible to a comparison of leaves."""
    needs_grammar(name)
    profile = profiles.load(name)
    for file in sorted(FIXTURES.glob(f"{name}/*/*")):
        if file.name == "case.toml":
            continue
        data = file.read_bytes()
        stack = [parsing.parse(profile, data).root_node]
        while stack:
            node = stack.pop()
            if not node.child_count or node.type in profile.atomic:
                continue
            ends = [node.start_byte, *(c.end_byte for c in node.children)]
            starts = [*(c.start_byte for c in node.children), node.end_byte]
            between = b"".join(data[end:start] for end, start in zip(ends, starts, strict=True))
            assert not between.strip(b" \t\r\n\\\xef\xbb\xbf"), f"{file}: {node.type}"
            stack.extend(node.children)
