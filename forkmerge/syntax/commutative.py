"""Which children of a node are a set, by a profile's ``commutative`` rules, and what makes two of them the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.syntax import paths

if TYPE_CHECKING:
    from tree_sitter import Node

    from forkmerge.syntax.profile import Commutative, Profile


_AROUND = 4
_WORD = re.compile(r"[\w.-]+")
_ONE_OF = (
    frozenset(("public", "protected", "private", "internal", "package")),
    frozenset(("abstract", "final", "open", "sealed", "non-sealed")),
)
"""Modifiers of which a declaration has one at most."""


def rule_for(profile: Profile, child: Node) -> Commutative | None:
    """Return the rule by which ``child`` may change places with its like under its parent, None if it may not."""
    parent = child.parent
    if parent is None:
        return None
    for rule in profile.commutative:
        if parent.type in rule.parents and child.type in rule.children and _listed(rule, parent, child):
            return rule
    return None


def is_set(profile: Profile, parent: str) -> bool:
    """Return whether a node of type ``parent`` may hold children that are a set."""
    return any(parent in rule.parents for rule in profile.commutative)


def is_listed(profile: Profile, parent: str, child: str) -> bool:
    """Return whether children of type ``child`` may be a set under a node of type ``parent``."""
    return any(parent in rule.parents and child in rule.children for rule in profile.commutative)


def identity(profile: Profile, rule: Commutative, child: Node) -> str:
    """Return the text that makes ``child`` the same as another listed by ``rule``, "" where it has no identity.

    A child without identity is not to be moved: an export that defines nothing, an unnamed section.
    """
    if rule.key == "text":
        return _text(child)
    if rule.key == "first":
        first = next((c for c in child.named_children if not c.is_extra), None)
        return _text(first if first is not None else child)
    if rule.key == "word":
        word = _WORD.search(_text(child))
        return word.group().lower().replace("_", "-").replace(".", "-") if word else ""
    if rule.key == "modifier":
        return _modifier(child)
    rules = paths.rules_by_node(profile)
    inner = paths.unwrap(profile, rules, child)
    unit = paths.rule_for(rules, inner)
    if unit is None:
        return _text(inner.child_by_field_name("name"))
    template, nodes = paths.name_nodes(unit, inner)
    signature = paths.follow(inner, unit.signature) if unit.signature else None
    owner = paths.follow(inner, unit.scope) if unit.scope else None
    return " ".join(filter(None, (_text(owner), template.format(*map(_text, nodes)), _text(signature))))


def _listed(rule: Commutative, parent: Node, child: Node) -> bool:
    if rule.field and child not in parent.children_by_field_name(rule.field):
        return False
    if rule.having and not any(c.type in rule.having for c in child.children):
        return False
    if rule.where and not paths.holds(child, rule.where):
        return False
    if not stands_in(parent, rule.around):
        return False
    if rule.unless and any(word in m for node in (parent.parent, child) for m in _marks(node) for word in rule.unless):
        return False
    if not rule.requires:
        return True
    left = parent.parent.child_by_field_name("left") if parent.parent is not None else None
    return left is not None and _text(left) == rule.requires


def stands_in(parent: Node, around: tuple[tuple[str, frozenset[str]], ...]) -> bool:
    """Return whether the conditions hold of one of the nodes around ``parent``, or there are none."""
    return not around or any(paths.holds(node, around) for node in _ancestors(parent))


def _ancestors(node: Node) -> list[Node]:
    out: list[Node] = []
    above = node.parent
    while above is not None and len(out) < _AROUND:
        out.append(above)
        above = above.parent
    return out


def _marks(declaration: Node | None) -> list[str]:
    """Return the texts of the siblings right before a declaration (its attributes)."""
    out: list[str] = []
    before = declaration.prev_named_sibling if declaration is not None else None
    while before is not None and (before.is_extra or "attribute" in before.type):
        out.append(_text(before))
        before = before.prev_named_sibling
    return out


def _modifier(node: Node) -> str:
    if "annotation" in node.type:
        return "@" + _text(next((c for c in node.named_children if not c.is_extra), node)).partition("(")[0]
    text = _text(node)
    return next((min(words) for words in _ONE_OF if text in words), text)


def _text(node: Node | None) -> str:
    return " ".join((node.text or b"").decode("utf-8", "replace").split()) if node is not None else ""
