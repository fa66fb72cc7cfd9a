"""The gates on names where the profile says nothing of scopes: by units, and by what import statements end in.

They know less than those of ``names``, so they ask for more: twice is only what both sides defined and the base did
not, dangling only what one side took away with every use of it, and the other side uses more.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.finding import Finding
from forkmerge.syntax.parsing import parse
from forkmerge.syntax.tokens import tokens
from forkmerge.syntax.units import units, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.syntax.profile import Profile
    from forkmerge.syntax.units import Unit

_Key: TypeAlias = "tuple[tuple[str, ...], str, str, str, bytes]"

_DEFINED = frozenset(("function", "method", "class", "type"))
_SET = frozenset(("field", "constant", "key", "macro", "variable", "declaration"))
"""Kinds of units that say what something is: the one that stands below would win."""
_KNOWN = _DEFINED | {"constant"}
"""Kinds of units whose names are looked up without saying in what."""
_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LAST = re.compile(r"([^\W\d]\w*)\W*$")
_GROUP = re.compile(r"[({]([^(){}]*)[)}]|\bshow\s+([\w\s,]+)")
_LOOKED_UP = (b".", b"->", b"?.", b"?->", b"::", b"!!.")
_OWNER = re.compile(rb"([^\s(]+)\s*\.\s*$")
_BODY = re.compile(rb"\bdo\b|[={]")
_OWN = frozenset((b"this", b"$this", b"self", b"Self", b"static"))
"""What a method is called on that is looked for in its own class."""
_WHOLE = re.compile(r"(?:using|open|#|@import|include)\b")
"""Begins imports that name no name, but what all names are taken from."""


def objections(
    profile: Profile,
    path: str,
    inputs: Sequence[bytes],
    result: bytes,
    *,
    doubled: frozenset[bytes],
    loose: frozenset[bytes],
) -> list[Finding]:
    """Return a finding for each of ``doubled`` that both sides defined, of ``loose`` that one side ended."""
    found = twice(profile, path, inputs, result, doubled, scoped=False)
    if not found and loose and len(bound := _ended(profile, inputs, result) & loose):
        found = [
            Finding("dangling-name", f"{word.decode()} is used, but the merge binds it nowhere", path, line)
            for word, line in _used(profile, result, bound)
        ]
    return found


def twice(
    profile: Profile, path: str, inputs: Sequence[bytes], result: bytes, candidates: frozenset[bytes], *, scoped: bool
) -> list[Finding]:
    """Return a finding for each unit named by ``candidates`` that both sides made, and the result has twice.

    Where the profile is ``scoped`` functions and classes are left to those who know more of them.
    """
    kinds = _SET if scoped else _SET | _DEFINED | {"section"}
    merged: dict[_Key, list[Unit]] = {}
    for unit in walk(units(profile, result)) if candidates else ():
        if unit.kind in kinds and (key := _key(result, unit, candidates)) is not None:
            merged.setdefault(key, []).append(unit)
    several = {key: found for key, found in merged.items() if len(found) > 1}
    if not several:
        return []
    base, *sides = (Counter(_key(data, u, candidates) for u in walk(units(profile, data))) for data in inputs)
    out = []
    for key, found in several.items():
        counts = [side[key] for side in sides]
        if not base[key] and min(counts) > 0 and len(found) > max(counts):
            full, line = ".".join((*key[0], key[2])), result.count(b"\n", 0, found[-1].body.start) + 1
            out.append(Finding("duplicate-name", f"{full} is defined twice, which neither side did", path, line))
    return out


def _key(data: bytes, unit: Unit, candidates: frozenset[bytes]) -> _Key | None:
    """Return what tells a unit from all others, None for one that may stand twice."""
    again = unit.kind == "section" and (unit.scope or " " not in unit.name)
    again = again or (unit.kind == "declaration" and not unit.scope)
    if again or not any(word.encode() in candidates for word in _WORD.findall(unit.name)):
        return None
    return unit.scope, unit.kind, unit.name, unit.signature, _beside(data, unit)


def _beside(data: bytes, unit: Unit) -> bytes:
    """Return what the head of a function says beside its name: what it is written for, and its patterns and guards."""
    if unit.kind not in ("function", "method"):
        return b""
    name = re.compile(rb"(?<!\w)" + re.escape(unit.name.encode()) + rb"(?!\w)")
    head = data[unit.span.start : unit.body.start]
    if not name.search(head):
        head = unit.body.of(data).partition(b"\n")[0]
    parts = name.split(head)
    owner = _OWNER.search(parts[-2]) if len(parts) > 1 else None
    rest = b"" if unit.signature else b"".join(_BODY.split(parts[-1])[0].split())
    return (owner[1] if owner else b"") + b" " + rest


def _ended(profile: Profile, inputs: Sequence[bytes], result: bytes) -> frozenset[bytes]:
    """Return the names that a unit or an import of the base binds, and none of the result."""
    return _bound(profile, inputs[0]) - _bound(profile, result)


def _bound(profile: Profile, data: bytes) -> frozenset[bytes]:
    tree = parse(profile, data)
    names = {unit.name for unit in walk(units(profile, data, tree)) if unit.kind in _KNOWN}
    stack = [tree.root_node] if profile.imports else []
    while stack:
        node = stack.pop()
        if node.type in profile.imports:
            names.update(_brought((node.text or b"").decode("utf-8", "replace")))
        elif node.type in profile.blocks or node.type in profile.transparent or node.parent is None:
            stack.extend(node.named_children)
    return frozenset(name.encode() for name in names)


def _brought(said: str) -> set[str]:
    """Return the names that an import statement brings in, as far as its words tell."""
    said = _QUOTED.sub(" ", said)
    if _WHOLE.match(said):
        return set()
    groups = [one or other for one, other in _GROUP.findall(said)]
    if groups:
        return {found[1] for group in groups for part in group.split(",") if (found := _LAST.search(part))}
    found = _LAST.search(said)
    return (
        {found[1]}
        if found and "*" not in said[found.start() :] and said[found.end(1) :].strip(" \t\r\n;") == ""
        else set()
    )


def _used(profile: Profile, result: bytes, names: frozenset[bytes]) -> list[tuple[bytes, int]]:
    """Return those of ``names`` that the code of the result says without looking them up in something else."""
    found: dict[bytes, int] = {}
    holder = before = b""
    for token in tokens(profile, result):
        own = before not in _LOOKED_UP or holder in _OWN
        if own and token.text in names and not token.comment and token.kind not in profile.atomic:
            found.setdefault(token.text, result.count(b"\n", 0, token.start) + 1)
        holder, before = before, token.text
    return sorted(found.items())
