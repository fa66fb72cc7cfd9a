"""Both sides put something at one place: may the two stand side by side?

Only where order is known to mean nothing: imports, differently named definitions that don't speak of each other, and
the members that a profile calls commutative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.merge import rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.items import Item
    from forkmerge.syntax.profile import Commutative, Profile

_VALUES = frozenset(("constant", "field", "member", "variable", "property"))
_DEFINITIONS = frozenset(("function", "method", "class", "type"))


@dataclass(frozen=True, slots=True)
class Joined:
    """Ours, followed by ``extra``: what only theirs inserted; ``rule`` says why order does not matter."""

    rule: str
    extra: tuple[Item, ...]


def both_inserted(
    profile: Profile, parent: str, ours: Sequence[Item], theirs: Sequence[Item], whole: tuple[Sequence[Item], ...]
) -> Joined | None:
    """Return how the insertions of both sides stand together, None where order or doubling may matter."""
    mine = {i.tokens for i in ours}
    extra = tuple(i for i in theirs if i.tokens not in mine)
    rule = _rule(profile, parent, (*ours, *extra))
    if rule is None:
        return None
    if rule == rules.IMPORTS:
        return Joined(rule, extra)
    keys = [_key(profile, parent, i) for i in (*ours, *extra)]
    if any(k is None for k in keys) or len(set(keys)) != len(keys):
        return None
    present = {_key(profile, parent, i) for i in whole[0]}
    if present & set(keys):
        return None
    if rule in (rules.DEFINITIONS, rules.CONSTANTS) and (_mentions(ours, extra) or _mentions(extra, ours)):
        return None
    return Joined(rule, extra)


def sort_key(item: Item) -> tuple[bytes, ...]:
    """Return what lists of imports, names and keys are sorted by: their words, without regard to case."""
    return tuple(t.lower() for t in item.tokens)


def in_order(before: Sequence[Item], inserted: Sequence[Item], after: Sequence[Item]) -> bool:
    """Return whether ``inserted`` is sorted, and sorted in between its neighbours of the same kind."""
    kinds = {i.kind for i in inserted}
    around = [*(i for i in before if i.kind in kinds), *inserted, *(i for i in after if i.kind in kinds)]
    keys = [sort_key(i) for i in around]
    return len(around) > len(inserted) and keys == sorted(keys)


def _rule(profile: Profile, parent: str, inserted: Sequence[Item]) -> str | None:
    if all(i.kind in profile.imports for i in inserted):
        return rules.IMPORTS
    for entry in profile.commutative:
        if parent in entry.parents and all(_listed(entry, i) for i in inserted):
            return rules.MEMBERS if not _all_definitions(inserted) else rules.DEFINITIONS
    if parent in profile.blocks and _all_definitions(inserted):
        return rules.DEFINITIONS
    if parent in profile.blocks and all(i.key is not None and i.key[0] in _VALUES for i in inserted):
        return rules.CONSTANTS
    return None


def _listed(entry: Commutative, item: Item) -> bool:
    if item.kind not in entry.children or item.main is None:
        return False
    return not entry.requires or _assigned_to(item) == entry.requires.encode()


def _assigned_to(item: Item) -> bytes | None:
    """Return the text of the left side of the assignment whose right side is the parent of ``item``."""
    parent = item.main.parent if item.main is not None else None
    assignment = parent.parent if parent is not None else None
    left = assignment.child_by_field_name("left") if assignment is not None else None
    return item.data[left.start_byte : left.end_byte] if left is not None else None


def _all_definitions(inserted: Sequence[Item]) -> bool:
    return all(i.key is not None and i.key[0] in _DEFINITIONS for i in inserted)


def _key(profile: Profile, parent: str, item: Item) -> tuple[object, ...] | None:
    if item.key is not None:
        return item.key
    for entry in profile.commutative:
        if parent in entry.parents and _listed(entry, item):
            return (item.kind, item.tokens)
    return None


def _mentions(speakers: Sequence[Item], named: Sequence[Item]) -> bool:
    names = {i.key[1].encode() for i in named if i.key is not None}
    return any(names.intersection(i.tokens) for i in speakers)
