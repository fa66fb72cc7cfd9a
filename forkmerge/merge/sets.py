"""The merge of a stretch of elements whose order means nothing: what either side took away goes, what came stays.

Refused where an element may have been changed in two ways: both sides took one away and each put something of its own,
one side took away what the other edited, or all members among which the other put one, or one key came with two values.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge import rules
from forkmerge.syntax import commutative

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forkmerge.merge.items import Item
    from forkmerge.syntax.profile import Commutative, Profile


_DEFINITIONS = frozenset(("function", "method", "class", "type"))
"""Of these one that goes and one that comes may be one that got another name, with users elsewhere."""


_WORD = re.compile(rb"\w")
_SOME = 2
"""Elements that make a list of which all can be said to have been replaced."""
_Three: TypeAlias = "tuple[Sequence[Item], Sequence[Item], Sequence[Item]]"


@dataclass(frozen=True, slots=True)
class Union:
    """The merged elements, each with the side it is taken from, and why their order does not matter."""

    rule: str
    chosen: tuple[tuple[Item, str], ...]


def united(profile: Profile, parent: str, three: _Three, whole: _Three) -> Union | None:
    """Return the union of both sides' elements without what a side took away, None where that may be wrong.

    ``three`` are the elements of one place in the sequences that are ``whole``.
    """
    tables = []
    listed: set[int] = set()
    for side in three:
        table: dict[str, Item] = {}
        for item in side:
            rule = _rule(profile, item)
            key = commutative.identity(profile, rule, item.main) if rule and item.main is not None else ""
            if rule is None or not key or key in table or (item.key is not None and item.key[0] in _DEFINITIONS):
                return None
            listed.add(id(rule))
            table[key] = item
        tables.append(table)
    base, ours, theirs = tables
    if len(listed) != 1 or not base:
        return None
    if base.keys() - ours.keys() - theirs.keys() and ours.keys() - base.keys() != theirs.keys() - base.keys():
        return None
    if any(_anew(whole[0], side) for side in whole[1:]):
        return None
    chosen: dict[str, tuple[Item, str]] = {}
    for key in {**base, **ours, **theirs}:
        before, mine, other = (table.get(key) for table in tables)
        if before is not None and (mine is None or other is None):
            left = mine or other
            if left is not None and left.tokens != before.tokens:
                return None
            continue
        if mine is None or (before is not None and other is not None and mine.tokens == before.tokens):
            taken = other, "theirs"
        elif other is None or other.tokens == mine.tokens or (before is not None and other.tokens == before.tokens):
            taken = mine, "ours"
        else:
            return None
        assert taken[0] is not None  # noqa: S101 - no key is in no table
        chosen[key] = taken[0], taken[1]
    rule_name = rules.IMPORTS if parent in profile.imports or _imports(profile, three) else rules.MEMBERS
    if rule_name == rules.MEMBERS and len(base) > 1 and not (ours and theirs):
        return None
    return Union(rule_name, tuple(chosen[key] for key in _order(list(base), list(ours), list(theirs), set(chosen))))


def repeated(
    profile: Profile,
    three: _Three,
    to_ours: Mapping[int, int],
    to_theirs: Mapping[int, int],
) -> frozenset[int] | None:
    """Return which of theirs' new elements ours put, alike, somewhere else; None if one came with two contents."""
    base, ours, theirs = three
    old = {key for item in base if (key := _key(profile, item))}
    anchors = [i for i in range(len(base)) if i in to_ours and i in to_theirs]
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for side, mapping in ((ours, to_ours), (theirs, to_theirs)):
        matched = set(mapping.values())
        stops = [mapping[i] for i in anchors]
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for j, item in enumerate(side):
            key = _key(profile, item) if j not in matched else None
            if key is not None and key not in old:
                found[key] = (j, bisect(stops, j))
        for key, place in found.items():
            places.setdefault(key, []).append(place)
    again: set[int] = set()
    for here in places.values():
        if len(here) < len((ours, theirs)) or here[0][1] == here[1][1]:
            continue
        (mine, _), (other, _) = here
        if ours[mine].tokens != theirs[other].tokens:
            return None
        again.add(other)
    return frozenset(again)


def said_twice(three: _Three, result: bytes) -> bool:
    """Return whether ``result`` has an element that both sides put into a list more often than either.

    One side put it in another's place, the other beside that one.
    """
    most = _put_in_by_both(three)
    return any(len(re.findall(rb"(?<!\w)" + re.escape(x) + rb"(?!\w)", result)) > most[x] for x in most)


def _put_in_by_both(three: _Three) -> dict[bytes, int]:
    """Return the elements of which both sides have more than the base, with how many the side has that has most."""
    b, o, t = (Counter(i.text for i in side if i.main and i.main.is_named and not i.main.is_extra) for side in three)
    return {x: max(o[x], t[x]) for x in (o - b).keys() & (t - b).keys()}


def emptied(three: _Three, result: bytes) -> bool:
    """Return whether ``result`` says nothing though each version does: half went with one side, half with the other."""
    return not _WORD.search(result) and all(any(_WORD.search(i.text) for i in side) for side in three)


def replaced_and_grown(three: _Three) -> bool:
    """Return whether one side put other elements for all of a list, to which the other side added some.

    An element has no name that says which of the old ones it stands for; what was added may be among the new ones.
    """
    elements = [[i.tokens for i in side if i.main is not None and i.main.is_named] for side in three]
    if len(elements[0]) < _SOME or any(i.key is not None for side in three for i in side):
        return False
    return any(
        len(elements[mine]) >= _SOME
        and not {*elements[0]}.intersection(elements[mine])
        and len(elements[other]) > len(elements[0])
        and {*elements[0]}.issubset(elements[other])
        and not {*elements[other]}.issuperset(elements[mine])
        for mine, other in ((1, 2), (2, 1))
    )


def lines_twice(three: _Three, result: bytes) -> bool:
    """Return whether ``result`` has an element of data, a line of its own, that both sides put in, more often."""
    new = [x for x in _put_in_by_both(three) if b"\n" not in x]
    if not new:
        return False
    lines = [b"".join(i.lead + i.text for i in side) for side in three[1:]]
    mine, other, now = (Counter(line.strip().rstrip(b",") for line in text.split(b"\n")) for text in (*lines, result))
    return any(now[x] > max(mine[x], other[x]) for x in new)


def _key(profile: Profile, item: Item) -> tuple[str, str] | None:
    rule = _rule(profile, item)
    name = commutative.identity(profile, rule, item.main) if rule and item.main is not None else ""
    return ("" if rule and rule.key == "modifier" else item.kind, name) if name else None


def _rule(profile: Profile, item: Item) -> Commutative | None:
    return commutative.rule_for(profile, item.main) if item.main is not None else None


def _anew(base: Sequence[Item], side: Sequence[Item]) -> bool:
    """Return whether a side wrote the whole list anew: nothing of two elements or more is left, and others came."""
    before, now = ({i.tokens for i in part if i.main is not None and i.main.is_named} for part in (base, side))
    return len(before) > 1 and bool(now) and not before & now


def _imports(profile: Profile, three: Sequence[Sequence[Item]]) -> bool:
    return all(i.kind in profile.imports for side in three for i in side)


def _order(base: list[str], ours: list[str], theirs: list[str], kept: set[str]) -> list[str]:
    """Return the keys in the order of the side that changed it, each of the other's behind what stands before it."""
    common = set(base) & set(ours) & set(theirs)
    runs = [[k for k in keys if k in common] for keys in (base, ours, theirs)]
    first, second = (theirs, ours) if runs[1] == runs[0] != runs[2] else (ours, theirs)
    out = list(first)
    for position, key in enumerate(second):
        if key in out or key not in kept:
            continue
        anchor = next((k for k in reversed(second[:position]) if k in out), None)
        at = out.index(anchor) + 1 if anchor is not None else 0
        while at < len(out) and out[at] not in common:
            at += 1
        out.insert(at, key)
    return [key for key in out if key in kept]
