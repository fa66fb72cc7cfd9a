"""Following the paths of a profile through a tree, and telling which unit rule fits a node.

Paths are explained in ``forkmerge.syntax.profile``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile, UnitRule

Rules: TypeAlias = "Mapping[str, tuple[UnitRule, ...]]"

_FIELD, _CHAIN, _TYPE, _INDEX = range(4)
_Step: TypeAlias = "tuple[int, str, int]"
"""What a step does, with the field or node type that it names, or the index."""


def rules_by_node(profile: Profile) -> Rules:
    """Return the unit rules of ``profile`` for each node type, in their order."""
    table: dict[str, tuple[UnitRule, ...]] = {}
    for rule in profile.units:
        for node in rule.nodes:
            table[node] = (*table.get(node, ()), rule)
    return table


def rule_for(rules: Rules, node: Node) -> UnitRule | None:
    """Return the first rule that fits ``node``, None if it is no unit."""
    for rule in rules.get(node.type, ()):
        if holds(node, rule.where):
            return rule
    return None


def holds(node: Node, where: Iterable[tuple[str, frozenset[str]]]) -> bool:
    """Return whether every condition holds: the node at the path has one of the types or texts."""
    # PERF: asked of every node that may be a unit, and `all` of a generator takes twice as long
    for path, wanted in where:  # noqa: SIM110
        if not _holds(node, path, wanted):
            return False
    return True


def unwrap(profile: Profile, rules: Rules, node: Node) -> Node:
    """Return the unit inside of a wrapper (decorated, exported, templated), ``node`` itself if there is none."""
    inner = node
    for _ in range(8):
        if inner.type not in profile.wrappers:
            return inner
        below = inner.child_by_field_name("definition") or inner.child_by_field_name("declaration")
        if below is None:
            below = next((c for c in reversed(inner.named_children) if not c.is_extra), None)
            if below is None or (below.type not in rules and below.type not in profile.wrappers):
                return inner
        inner = below
    return inner


def follow(node: Node, path: str) -> Node | None:
    """Return the node at ``path`` below ``node``, None if it leads nowhere; the empty path is ``node``."""
    steps = _steps(path)
    if len(steps) == 1 and steps[0][0] == _FIELD:
        return node.child_by_field_name(steps[0][1])
    chain = [node]
    for step in steps:
        if step[0] == _CHAIN:
            chain = _chain(chain[-1], step[1])
            continue
        found = None
        for start in reversed(chain):
            found = _step(start, step)
            if found is not None:
                break
        if found is None:
            return None
        chain = [found]
    return chain[-1]


@cache
def _steps(path: str) -> tuple[_Step, ...]:
    """Return ``path`` taken apart; there are as many as the profiles hold."""
    return tuple(map(_read_step, path.split("."))) if path else ()


def _read_step(step: str) -> _Step:
    if step.endswith("*"):
        return _CHAIN, step[:-1], 0
    if step[0] == "@":
        return _TYPE, step[1:], 0
    return (_INDEX, "", int(step)) if step.lstrip("-").isdigit() else (_FIELD, step, 0)


def name_nodes(rule: UnitRule, node: Node) -> tuple[str, tuple[Node, ...]]:
    """Return the name as a template with ``{}`` for each of the nodes that follow; ("", ()) if there is none."""
    for name in rule.name:
        if name.startswith("="):
            return name[1:], ()
        if "{" not in name:
            found = follow(node, name)
            if found is not None and found != node:
                return "{}", (found,)
            continue
        parts = [part.partition("}") for part in name.split("{")]
        nodes = [follow(node, path) for path, _, _ in parts[1:]]
        if all(n is not None for n in nodes):
            template = parts[0][0] + "".join("{}" + rest for _, _, rest in parts[1:])
            return template, tuple(n for n in nodes if n is not None)
    return "", ()


def _holds(node: Node, path: str, wanted: frozenset[str]) -> bool:
    found = follow(node, path)
    if found is None:
        return False
    if found.type in wanted:
        return True
    texts = _texts(wanted)
    return bool(texts) and found.text in texts


@cache
def _texts(wanted: frozenset[str]) -> frozenset[bytes]:
    """Return the texts among what a condition wants: those behind ``=``."""
    return frozenset(w[1:].encode() for w in wanted if w.startswith("="))


def _step(node: Node, step: _Step) -> Node | None:
    what, name, index = step
    if what == _FIELD:
        return node.child_by_field_name(name)
    if what == _TYPE:
        return next((c for c in node.named_children if c.type == name), None)
    named = [c for c in node.named_children if not c.is_extra]
    return named[index] if -len(named) <= index < len(named) else None


def _chain(node: Node, field: str) -> list[Node]:
    """Return ``node`` and what follows from it by ``field``; declarators of some grammars leave the field out."""
    chain = [node]
    while True:
        below = chain[-1].child_by_field_name(field)
        if below is None and len(chain) > 1 and chain[-1].type.endswith("_" + field):
            below = next(iter(chain[-1].named_children), None)
        if below is None:
            return chain
        chain.append(below)
