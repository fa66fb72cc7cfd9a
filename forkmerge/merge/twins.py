"""Two things of one name that both sides put in at two places, brought together at one of them.

Git merges them cleanly, since no line meets another, and a gate objects to the result: a key stands there twice, or a
function.  All else in the file is as it should be, so the conflict is between these two alone: it stands where one of
them stands, the other is taken out, and where both say the same there is nothing left to ask.

An addition is taken out by going back to the lines of the base around it, so it has to be all that was added there; the
comma that it needs goes with it.  Invariants: all lines but those of the two are as git merged them; both answers to
the conflict pass the gates that the whole did not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.conservation import tokens_of
from forkmerge.merge.diff import common, hunks
from forkmerge.merge.pieces import Conflict, Piece, Resolved, coalesce, lines_of
from forkmerge.merge.rules import SAME
from forkmerge.syntax import commutative, paths
from forkmerge.syntax.linewise import read
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from tree_sitter import Node

    from forkmerge.syntax.linewise import LineProfile
    from forkmerge.syntax.profile import Profile

_MOST = 16
"""Pairs beyond which a person has to look at the whole anyway."""
_NEAR = 3
"""An import with brackets holds a list, which holds paths."""
_UNNAMED = ("text", "modifier")
_SEPARATORS = frozenset((b",", b";"))
_ENDS = b",; \t\r\n"


@dataclass(frozen=True, slots=True)
class _Item:
    """Something named: its bytes in the file and its lines, of which the last is not one of them."""

    start: int
    end: int
    first: int
    last: int


Items: TypeAlias = "dict[tuple[str, ...], _Item]"


@dataclass(frozen=True, slots=True)
class _Added:
    """An item that a side added: where the base has ``before``, the side has ``after``, in the lines from ``first``."""

    text: bytes
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    first: int
    alone: bool
    """The lines are the item's own, whole lines that nothing of the base stood in."""


def together(found: Mapping[str, Items], base: bytes, ours: bytes, theirs: bytes, text: bytes) -> tuple[Piece, ...]:
    """Return git's clean merge ``text`` with each pair of twins at one place; nothing where there is none.

    ``found`` are the named items of each of the sides (``base``, ``ours``, ``theirs``).  A pair that says two things is
    a conflict, one that says the same is resolved.
    """
    both = {key for key in found["ours"] if key in found["theirs"] and key not in found["base"]}
    new = [key for key in found["ours"] if key in both and not any(key[:end] in both for end in range(len(key)))]
    if not 0 < len(new) <= _MOST:
        return ()
    b, o, t, merged = (lines_of(x) for x in (base, ours, theirs, text))
    sides = tuple(_Side(b, x, data, hunks(b, x), dict(common(x, merged))) for x, data in ((o, ours), (t, theirs)))
    put: list[tuple[int, int, Piece | None]] = []
    for key in new:
        pair = (found["ours"][key], found["theirs"][key])
        places = [side.added(item) for side, item in zip(sides, pair, strict=True)]
        whole = [side.added(item, all_of_it=True) for side, item in zip(sides, pair, strict=True)]
        at = 1 if places[1] and places[1].alone and not (places[0] and places[0].alone) else 0
        here, gone = places[at], whole[1 - at] or places[1 - at]
        if here is None or gone is None:
            return ()
        spans = (sides[at].in_merge(here), sides[1 - at].in_merge(gone))
        if spans[0] is None or spans[1] is None:
            return ()
        other = _instead(here, gone.text)
        mine = b"".join(here.after)
        texts = (b"".join(here.before), *((mine, other) if at == 0 else (other, mine)))
        same = here.text == gone.text
        put.append((*spans[0], Resolved(*texts, mine, (SAME,)) if same else Conflict(*texts)))
        put.append((*spans[1], b"".join(gone.before)))
    put.sort(key=lambda p: p[:2])
    if any(first[1] > second[0] for first, second in pairwise(put)):
        return ()
    out: list[Piece] = []
    last = 0
    for start, end, piece in put:
        out.append(b"".join(merged[last:start]))
        out.append(piece or b"")
        last = end
    return coalesce([*out, b"".join(merged[last:])])


def items_of(profile: Profile, data: bytes) -> Items:
    """Return what stands once under its name in ``data``, by the names around it and its own."""
    rules = paths.rules_by_node(profile)
    out: Items = {}
    twice: set[tuple[str, ...]] = set()
    stack: list[tuple[Node, tuple[str, ...]]] = [(parse(profile, data).root_node, ())]
    while stack:
        node, around = stack.pop()
        name = _name(profile, rules, node)
        key = (*around, node.type, name) if name else around
        if name:
            twice.update([key] if key in out else [])
            out[key] = _Item(node.start_byte, node.end_byte, node.start_point[0], node.end_point[0] + 1)
        stack.extend((child, key) for child in node.named_children if not child.is_extra)
    return {key: item for key, item in out.items() if key not in twice}


def lines_named(profile: LineProfile, data: bytes) -> Items:
    """Return the same of a file that is known line by line."""
    out: Items = {}
    twice: set[tuple[str, ...]] = set()
    lines = lines_of(data)
    starts = [0, *accumulate(len(line) for line in lines)]
    where: dict[bytes, list[int]] = {}
    for number, line in enumerate(lines):
        where.setdefault(line, []).append(number)
    for group in read(profile, data).groups:
        for entry in group.entries:
            at = where.get(entry.line, [])
            key = (group.header.key if group.header else "", entry.key)
            twice.update([key] if key in out or len(at) != 1 else [])
            if len(at) == 1:
                out[key] = _Item(starts[at[0]], starts[at[0]] + len(entry.line), at[0], at[0] + 1)
    return {key: item for key, item in out.items() if key not in twice}


def _name(profile: Profile, rules: paths.Rules, node: Node) -> str:
    """Return the name by which ``node`` stands once among its like, "" for anything else; an import is its own name."""
    if _imports(profile, node):
        return (node.text or b"").decode("utf-8", "replace")
    unit = paths.rule_for(rules, node)
    if unit is not None and unit.kind not in ("imports", "test"):
        template, nodes = paths.name_nodes(unit, node)
        name = template.format(*((n.text or b"").decode("utf-8", "replace") for n in nodes))
        overloaded = any(node.type in b.nodes and b.signature for b in profile.bindings)
        signature = paths.follow(node, unit.signature) if overloaded and unit.signature else None
        return name + (signature.text or b"").decode("utf-8", "replace") if name and signature is not None else name
    rule = commutative.rule_for(profile, node)
    return (
        commutative.identity(profile, rule, node) if rule is not None and rule.key not in ("text", "modifier") else ""
    )


def _imports(profile: Profile, node: Node) -> bool:
    """Return whether ``node`` is an import at the top of the file, a statement or what has a path, in one line."""
    if b"\n" in (node.text or b"\n"):
        return False
    around: Node | None = node
    for _ in range(_NEAR if node.child_by_field_name("path") is not None else 1):
        if around is not None and around.type in profile.imports:
            return around.parent is not None and around.parent.parent is None
        around = around.parent if around is not None else None
    return False


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's lines beside those of the base and of git's merge."""

    base: list[bytes]
    lines: list[bytes]
    data: bytes
    hunks: list[tuple[int, int, int, int]]
    where: dict[int, int]
    """At which line of the merge each line of the side stands."""

    def added(self, item: _Item, *, all_of_it: bool = False) -> _Added | None:
        """Return how the side added ``item``, in its own lines or, ``all_of_it``, in all that it put in there."""
        text = self.data[item.start : item.end]
        own = self.lines[item.first : item.last]
        whole_lines = b"".join(own).strip(_ENDS) == text.strip(_ENDS)
        hunk = next((h for h in self.hunks if h[2] <= item.first and item.last <= h[3]), None)
        if hunk is None:
            return None
        alone = whole_lines and hunk[0] == hunk[1]
        if alone and not all_of_it:
            return _Added(text, (), tuple(own), item.first, alone=True)
        before, after = tuple(self.base[hunk[0] : hunk[1]]), tuple(self.lines[hunk[2] : hunk[3]])
        if _told(after) != _told(before) + _told((text,)):
            return None
        return _Added(text, before, after, hunk[2], alone=False)

    def in_merge(self, added: _Added) -> tuple[int, int] | None:
        """Return the lines of the merge in which ``added`` stands, None where they are not as the side has them."""
        at = [self.where.get(i, -1) for i in range(added.first, added.first + len(added.after))]
        if not at or -1 in at or at != list(range(at[0], at[0] + len(at))):
            return None
        return at[0], at[-1] + 1


def _told(lines: Iterable[bytes]) -> Counter[bytes]:
    found = tokens_of(b"".join(lines))
    for sign in _SEPARATORS:
        found.pop(sign, None)
    return found


def _instead(added: _Added, text: bytes) -> bytes:
    """Return the lines of ``added`` with another ``text`` in place of the item's."""
    whole = b"".join(added.after)
    at = whole.rfind(added.text)
    return whole[:at] + text + whole[at + len(added.text) :]
