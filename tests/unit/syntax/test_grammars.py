"""Every profile names only what its grammar has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forkmerge.syntax import parsing, profiles

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

GRAMMARS = Path(__file__).parents[3] / "grammars"
SETS = (
    *("comments", "atomic", "imports", "blocks", "lists", "statements", "wrappers", "attached", "transparent"),
    *("branches", "qualified", "identifiers", "scopes"),
)


COMPILED = {"cmake": "tree_sitter_cmake", "graphql": "tree_sitter_graphql"}
"""Their grammars come as sources, so they may be missing where there is no compiler."""


def installed(name: str) -> None:
    if name in COMPILED:
        pytest.importorskip(COMPILED[name])


def _types(profile: Profile) -> set[str]:
    types: set[str] = set()
    for name in SETS:
        types |= getattr(profile, name)
    types |= {m.split(".")[0] for m in profile.members}
    for rule in profile.units:
        types |= rule.nodes
        for _, wanted in rule.where:
            types |= {t for t in wanted if not t.startswith("=")}
    for rule in profile.commutative:
        types |= rule.parents | rule.children | rule.having
        for _, wanted in rule.where:
            types |= {t for t in wanted if not t.startswith("=")}
    types |= {step[1:] for step in _steps(profile) if step.startswith("@")}
    for binding in profile.bindings:
        types |= binding.nodes
    return types


def _steps(profile: Profile) -> set[str]:
    paths = [m.partition(".")[2] for m in profile.members]
    for rule in profile.units:
        for name in rule.name:
            if "{" in name:
                paths += [part.split("}")[0] for part in name.split("{")[1:]]
            elif not name.startswith("="):
                paths.append(name)
        paths += [rule.signature, rule.body, rule.scope, *(path for path, _ in rule.where)]
    paths += [rule.field for rule in profile.commutative]
    paths += [path for rule in profile.commutative for path, _ in rule.where]
    paths += [path for binding in profile.bindings for path in (*binding.names, binding.scope, binding.signature)]
    steps = {step.removesuffix("*") for path in paths for step in path.split(".") if step}
    return {step for step in steps if not step.lstrip("-").isdigit()}


def _fields(profile: Profile) -> set[str]:
    return {step for step in _steps(profile) if not step.startswith("@")}


@pytest.mark.parametrize("name", profiles.names())
def test_profile_names_only_nodes_and_fields_of_its_grammar(name: str) -> None:
    installed(name)
    profile = profiles.load(name)
    language = parsing.language(profile)
    kinds = {language.node_kind_for_id(i) for i in range(language.node_kind_count) if language.node_kind_is_named(i)}
    assert sorted(_types(profile) - kinds) == []
    assert sorted(f for f in _fields(profile) if language.field_id_for_name(f) is None) == []


def test_index_is_what_the_profiles_say() -> None:
    assert (GRAMMARS / "index").read_text() == profiles.index()


def test_every_profile_file_is_in_the_index() -> None:
    assert {p.stem for p in GRAMMARS.glob("*.toml")} == set(profiles.names())


@pytest.mark.parametrize("name", profiles.names())
def test_profile_is_named_like_its_file(name: str) -> None:
    assert profiles.load(name).name == name
    assert profiles.load(name).units
