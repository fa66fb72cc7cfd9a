"""The gate on keys: no attribute, binding, entry or field stands twice in one place, unless an input was that way.

Nor do two elements side by side that have the same name and identifying attribute (``<target name="test">``).

Git merges two additions of one key cleanly where they are some lines apart; few languages refuse what comes of it, and
most let the last one win.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.model.finding import Finding
from forkmerge.syntax import commutative, paths
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from tree_sitter import Node

    from forkmerge.syntax.profile import Commutative, Profile

    _Doubled: TypeAlias = dict[tuple[str, str], int]

_MEMBERS = frozenset(("field_declaration", "enum_variant", "enum_constant"))
_WORD = re.compile(rb"\w+")


def doubled(
    profile: Profile, path: str, inputs: Sequence[bytes], result: bytes, words: Collection[bytes], around: slice
) -> list[Finding]:
    """Return a finding for each name of ``words`` that stands twice where the profile has it once, as in no input.

    ``around`` are the bytes of the result from the first to the last change.
    """
    twice = _distinct(profile, result, words, around)
    if not twice:
        return []
    return _new(path, twice, (_distinct(profile, data, words, slice(0, len(data))) for data in inputs))


def _distinct(profile: Profile, data: bytes, words: Collection[bytes], around: slice) -> _Doubled:
    """Return (type of the child, name) of what stands twice beside its like, with the line of the second."""
    parents = {parent for rule in profile.distinct for parent in rule.parents}
    out: _Doubled = {}
    stack = [parse(profile, data).root_node]
    while stack:
        node = stack.pop()
        near = [c for c in node.named_children if c.end_byte >= around.start and c.start_byte <= around.stop]
        stack.extend(near)
        if node.type not in parents:
            continue
        seen: set[tuple[str, str]] = set()
        for child in near:
            for name in _named(profile, node, child):
                said = () if name in profile.repeatable else _WORD.findall(name.encode())
                if said and all(word in words for word in said):
                    key = (child.type, name)
                    if key in seen:
                        out[key] = child.start_point[0] + 1
                    seen.add(key)
    return out


def _named(profile: Profile, parent: Node, child: Node) -> Iterator[str]:
    """Yield what ``child`` is the only one of below ``parent``."""
    for rule in profile.distinct:
        if parent.type not in rule.parents or child.type not in rule.children or not paths.holds(child, rule.where):
            continue
        if not commutative.stands_in(parent, rule.around):
            continue
        found = [paths.follow(child, path) for path in rule.names]
        if found[0] is not None:
            texts = ((n.text or b"").decode("utf-8", "replace") for n in found if n is not None)
            yield " ".join(" ".join(texts).split())


def objections(
    profile: Profile, path: str, inputs: Sequence[bytes], result: bytes, candidates: frozenset[bytes]
) -> list[Finding]:
    """Return a finding for each of ``candidates`` that is a key twice under one node, and was not in any input."""
    twice = _twice(profile, result, candidates)
    if not twice:
        return []
    return _new(path, twice, (_twice(profile, data, candidates) for data in inputs))


def _new(path: str, twice: _Doubled, inputs: Iterable[_Doubled]) -> list[Finding]:
    """Return a finding for each of ``twice`` that none of the ``inputs`` has."""
    before = {key for known in inputs for key in known}
    return [
        Finding("duplicate-key", f"{key[1]} is given twice, which neither side did", path, line)
        for key, line in sorted(twice.items())
        if key not in before
    ]


def _twice(profile: Profile, data: bytes, candidates: frozenset[bytes]) -> _Doubled:
    """Return (type of the node around, key) of what stands twice, with the line of the node around."""
    rules = paths.rules_by_node(profile)
    holders = {p for rule in profile.commutative if rule.key == "first" or _members(rule) for p in rule.parents}
    if not profile.indentation:
        holders |= profile.blocks
    out: _Doubled = {}
    stack = [parse(profile, data).root_node]
    while stack:
        node = stack.pop()
        stack.extend(node.named_children)
        if node.type not in holders:
            continue
        found = Counter(k for c in node.named_children if _bare(k := _key(profile, rules, c)) in candidates)
        if profile.identifying:
            known = (_known_by(profile, rules, c) for c in node.named_children)
            found.update(f"{name} {mark}" for name, mark in known if mark.encode() in candidates)
        out.update({(node.type, k): node.start_point[0] + 1 for k, n in found.items() if n > 1})
    return out


def _members(rule: Commutative) -> bool:
    """Return whether a rule is about fields and variants, which have names that are not those of units."""
    return rule.key == "name" and not rule.children.isdisjoint(_MEMBERS)


def _bare(key: str) -> bytes:
    """Return a key without its quotes, and without the sign that some grammars count to it."""
    return key.strip("\"'`: ").encode()


def _known_by(profile: Profile, rules: paths.Rules, child: Node) -> tuple[str, str]:
    """Return the name of an element and the attribute that tells it apart from its like, "" where there is none."""
    unit = paths.rule_for(rules, child)
    if unit is None or unit.kind != "element" or not child.named_children:
        return "", ""
    template, nodes = paths.name_nodes(unit, child)
    for attribute in child.named_children[0].named_children:
        rule = commutative.rule_for(profile, attribute)
        if rule is not None and commutative.identity(profile, rule, attribute) in profile.identifying:
            name = template.format(*((n.text or b"").decode("utf-8", "replace") for n in nodes))
            return name, "".join((attribute.text or b"").decode("utf-8", "replace").split())
    return "", ""


def _key(profile: Profile, rules: paths.Rules, child: Node) -> str:
    """Return the name of an attribute, binding or entry, or of a field; "" for anything else."""
    if "method" in child.type or child.is_extra:
        return ""
    rule = commutative.rule_for(profile, child)
    if rule is not None and (rule.key == "first" or _members(rule)):
        return commutative.identity(profile, rule, child)
    if rule is not None:
        return ""
    unit = paths.rule_for(rules, child)
    if unit is None or unit.kind != "field":
        return ""
    template, nodes = paths.name_nodes(unit, child)
    return template.format(*((n.text or b"").decode("utf-8", "replace") for n in nodes))
