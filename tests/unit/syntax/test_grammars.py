"""Every profile names only what its grammar has."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support.grammars import needs_grammar

from forkmerge.syntax import checking, parsing, profiles

GRAMMARS = Path(__file__).parents[3] / "grammars"


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
