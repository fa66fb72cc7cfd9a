"""Whether a language profile holds to the format, and to its grammar.

``problems`` looks at the table alone and is what keeps a stranger's profile from being more than data: packages are
``tree_sitter_*``, entry functions ``language*``.  ``unknown`` asks the grammar.
"""

from __future__ import annotations

import dataclasses
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from forkmerge.syntax.linewise import KINDS, LineProfile
from forkmerge.syntax.profile import Binding, Commutative, Distinct, Embedded, Profile, UnitRule
from forkmerge.syntax.profiles import NODE_SETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    import tree_sitter

_NAME = re.compile(r"[a-z][a-z0-9_+-]*\Z")
_PACKAGE = re.compile(r"tree_sitter_[a-z0-9_]+\Z")
_FUNCTION = re.compile(r"language(_[a-z0-9_]+)?\Z")
_TEXTS = ("name", "package", "function", "line_comment", "data", "binder", "reversal", "options", "kind")
_FLAGS = ("indentation", "ended", "sections", "ordered_sections", "brackets", "continued", "folded")
_FORMATS = ("", "json", "toml", "yaml")
_BINDERS = ("", "python")
_ROWS = {
    "units": UnitRule,
    "commutative": Commutative,
    "bindings": Binding,
    "distinct": Distinct,
    "embedded": Embedded,
}
_NEEDED = {
    Commutative: ("parents", "children"),
    Distinct: ("parents", "children", "names"),
    Embedded: ("nodes", "content", "told", "closed", "begins"),
}
_KEYS = ("name", "text", "first", "word", "modifier")


def problems(table: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a profile's table by itself, one line each; nothing where it holds to the format."""
    lines = "kind" in table
    found = list(_keys(table, LineProfile if lines else Profile, ""))
    found += _types(table)
    if found:
        return found
    if not _NAME.match(table.get("name", "")):
        found.append("name: a language's name is small letters, digits, _, + and -")
    if lines:
        if table["kind"] not in KINDS:
            found.append(f"kind: {table['kind']!r} is none of {', '.join(KINDS)}")
        return found
    if not _PACKAGE.match(table.get("package", "")):
        found.append("package: a grammar is a module called tree_sitter_<language>")
    if not _FUNCTION.match(table.get("function", "language")):
        found.append("function: the entry of a grammar is called language or language_<name>")
    if table.get("data", "") not in _FORMATS:
        found.append("data: json, toml or yaml")
    if table.get("binder", "") not in _BINDERS:
        found.append("binder: python, or nothing")
    for name, kind in _ROWS.items():
        for number, row in enumerate(table.get(name, ()), 1):
            found += _row(row, kind, f"{name} {number}: ")
    return found


def unknown(profile: Profile, grammar: tree_sitter.Language) -> list[str]:
    """Return the node types and fields of ``profile`` that ``grammar`` has not, one line each."""
    count = grammar.node_kind_count
    kinds = {grammar.node_kind_for_id(i) for i in range(count) if grammar.node_kind_is_named(i)}
    signs = {c for rule in profile.commutative for c in (*rule.children, *rule.having)}
    kinds |= signs & {grammar.node_kind_for_id(i) for i in range(count)}  # words of the language may change places
    types = [f"the grammar has no node {t!r}" for t in sorted(_node_types(profile) - kinds)]
    steps = {s for s in _steps(profile) if not s.startswith("@")}
    return types + [f"the grammar has no field {f!r}" for f in sorted(steps) if grammar.field_id_for_name(f) is None]


def _keys(table: Mapping[str, Any], kind: type, where: str) -> Iterator[str]:
    known = {f.name: f for f in dataclasses.fields(kind)}
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1, 0.8)
            yield f"{where}unknown key {key!r}" + (f": did you mean {near[0]!r}?" if near else "")


def _types(table: Mapping[str, Any]) -> Iterator[str]:
    known = {f.name for kind in (Profile, LineProfile) for f in dataclasses.fields(kind)}
    for key, value in table.items():
        if key not in known:
            continue  # which is told already
        if key in _TEXTS:
            fits, what = isinstance(value, str), "a text"
        elif key in _FLAGS:
            fits, what = isinstance(value, bool), "true or false"
        elif key == "max_indents":
            fits, what = isinstance(value, int) and not isinstance(value, bool), "a number"
        elif key in _ROWS:
            fits, what = isinstance(value, list) and all(isinstance(v, dict) for v in value), f"[[{key}]] tables"
        else:
            fits, what = _texts(value), "a list of texts"
        if not fits:
            yield f"{key}: this is to be {what}"
    for key in ("name",):
        if key not in table:
            yield f"{key} is missing"


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _row(row: Mapping[str, Any], kind: type, where: str) -> Iterator[str]:
    yield from _keys(row, kind, where)
    for key in _NEEDED.get(kind, ("kind", "nodes")):
        if key not in row:
            yield f"{where}{key} is missing"
    lists = (
        "nodes",
        "names",
        "parents",
        "children",
        "having",
        "unless",
        "begins",
        *(("name",) if kind is UnitRule else ()),
    )
    for key, value in row.items():
        if key in ("where", "around"):
            if not isinstance(value, dict) or not all(map(_texts, value.values())):
                yield f"{where}{key}: this is to be a table of lists of texts"
        elif key in lists:
            if not _texts(value):
                yield f"{where}{key}: this is to be a list of texts"
        elif not isinstance(value, str):
            yield f"{where}{key}: this is to be a text"
    if kind is Commutative and row.get("key", "text") not in _KEYS:
        yield f"{where}key: one of {', '.join(_KEYS)}"


def _node_types(profile: Profile) -> set[str]:
    types: set[str] = set()
    for name in NODE_SETS:
        types |= getattr(profile, name)
    types |= {m.split(".")[0] for m in profile.members} | {t for pair in profile.described for t in pair.split(".")}
    conditions = [c for unit in profile.units for c in unit.where]
    sets: tuple[Commutative | Distinct, ...] = (*profile.commutative, *profile.distinct)
    conditions += [c for rule in sets for c in (*rule.where, *rule.around)]
    types |= {t for _, wanted in conditions for t in wanted if not t.startswith("=")}
    for unit in profile.units:
        types |= unit.nodes
    for rule in sets:
        types |= rule.parents | rule.children
    for rule in profile.commutative:
        types |= rule.having
    for binding in profile.bindings:
        types |= binding.nodes
    for row in profile.embedded:
        types |= row.nodes | {row.content, row.told, row.closed}
    return types | {step[1:] for step in _steps(profile) if step.startswith("@")}


def _steps(profile: Profile) -> set[str]:
    paths = [m.partition(".")[2] for m in profile.members]
    for unit in profile.units:
        for name in unit.name:
            if "{" in name:
                paths += [part.split("}")[0] for part in name.split("{")[1:]]
            elif not name.startswith("="):
                paths.append(name)
        paths += [unit.signature, unit.body, unit.scope, *(path for path, _ in unit.where)]
    for rule in profile.commutative:
        paths += [rule.field, *(path for path, _ in (*rule.where, *rule.around))]
    for once in profile.distinct:
        paths += [*once.names, *(path for path, _ in (*once.where, *once.around))]
    for binding in profile.bindings:
        paths += [*binding.names, binding.scope, binding.signature]
    steps = {step.removesuffix("*") for path in paths for step in path.split(".") if step}
    return {step for step in steps if not step.lstrip("-").isdigit()}
