"""One side builds something new around what the other edits.

``f(x)`` became ``g(f(x))`` here and ``f(x, y)`` there (``wrapped``); or the statement around it was written anew here,
with the part in it as it was that alone was edited there (``grafted``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.merge.calls import called_anew, is_called, made_a_call
from forkmerge.merge.comparisons import compares
from forkmerge.merge.items import CLOSING, OPENING, Item, node_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

_CONDITION = frozenset(b"and or not in is == != < > <= >= === !== && || !".split())
"""Words of conditions: what is put around one may have turned it into its opposite, so nothing is put in there."""
_LEAST_TOKENS = 3
_MOST_TOKENS = 400
_MOST_GRAFTED = 150
_MOST_PARTS = 8
_MOST_EDITS = 4
"""Bounds of what is looked through: longer or deeper statements than people write stay with git."""
_MOST_LEVELS = 60
"""Levels between a statement and the part that was edited past which nothing is looked for (each is read anew)."""
_SIDES = 3
_LAYOUT = 4
"""A node more than so many times as long as the tokens it is compared with (and 200 bytes) holds more than layout."""


def wrapped(profile: Profile, base: Item, ours: Item, theirs: Item) -> bytes | None:
    """Return the wrapping side's text with the base's expression in it replaced by the other side's.

    Only where the whole of the base stands in one side exactly once, as an expression of its own with something around
    it, and the other side is a single expression of the same kind too, on one line or where the base's lines stand as
    they were, that still has half of its names; None in any other case, as where both sides put something around it
    (one inside the other was nobody's idea), both put in one name, or one compares it with something.
    """
    if not _LEAST_TOKENS <= len(base.tokens) <= _MOST_TOKENS or base.main is None or _brackets(profile, base):
        return None
    if _CONDITION.intersection(_outside_brackets(base.tokens)):
        return None
    found = []
    for mine, other in ((ours, theirs), (theirs, ours)):
        if mine.main is None or len(mine.nodes) > 1 or len(other.nodes) > 1:
            continue
        if other.main is None or other.main.type != base.main.type or not _still(base.tokens, other.tokens):
            continue
        places = _places(profile, mine.main, mine.data, base.tokens)
        if len(places) == 1 and b"\n" in other.text and places[0].text != base.text:
            continue  # it was laid out anew, and the other's lines would not fit in
        if len(places) == 1 and places[0] != mine.main:
            if made_a_call(places[0], base.text, other.text) or _both_said(base, mine, other):
                return None
            if _newly_compared(places[0], base.main):
                return None
            start = mine.main.start_byte
            node = places[0]
            found.append(mine.text[: node.start_byte - start] + other.text + mine.text[node.end_byte - start :])
    both = all(i.main is not None and _places(profile, i.main, i.data, base.tokens) for i in (ours, theirs))
    return found[0] if len(found) == 1 and not both else None


def _outside_brackets(tokens: Sequence[bytes]) -> list[bytes]:
    """Return the tokens that stand in no brackets: what is asked in an argument is not what the whole says."""
    depth, out = 0, []
    for token in tokens:
        depth -= token in CLOSING
        if not depth:
            out.append(token)
        depth += token in OPENING
    return out


def _both_said(base: Item, mine: Item, other: Item) -> bool:
    """Return whether both sides put in one name: they may have done the same thing in two ways."""
    new = [{t for t in side.tokens if t[:1].isalpha()}.difference(base.tokens) for side in (mine, other)]
    return not new[0].isdisjoint(new[1])


def _still(before: Sequence[bytes], after: Sequence[bytes]) -> bool:
    """Return whether ``after`` speaks of what ``before`` speaks of: what is put around it may suit nothing else."""
    names = {t for t in before if t[:1].isalpha()}
    return 2 * len(names.intersection(after)) >= len(names)


def around(profile: Profile, base: Item, side: Item) -> bool:
    """Return whether ``side`` has the whole of the base inside something new of the same kind.

    ``f(x)`` in ``f(x).g()`` or in ``g(f(x))``: there the outer parts of the two have nothing to do with each other,
    though both are calls, and must not be merged one by one.  A chain that grew has only more elements.
    """
    if base.main is not None and base.main.type in profile.chains:
        return False
    if base.main is None or side.main is None or not _LEAST_TOKENS <= len(base.tokens) < len(side.tokens):
        return False
    if _brackets(profile, base) or b"\0".join(base.tokens) not in b"\0".join(side.tokens):
        return False
    places = _places(profile, side.main, side.data, base.tokens)
    return any(p != side.main and p.type == base.main.type == side.main.type for p in places)


def grafted(profile: Profile, base: Item, ours: Item, theirs: Item) -> bytes | None:
    """Return the side that was written anew, with the one part that the other side edited put in.

    The other side's edit lies within a part of the base (the smallest that holds it, or one around it) that stands in
    the rewritten side exactly once; None where there is no such part, or where it could be either way around, as where
    the other side, too, put something around the part, or something else in its place; or where both put in one name.
    """
    found = grafted_among(profile, (base,), (ours,), (theirs,))
    return found[1][0].text if found is not None else None


def grafted_among(
    profile: Profile, base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]
) -> tuple[str, tuple[Item, ...]] | None:
    """Return the side that wrote statements anew, and these with the parts put in that the other side edited.

    As ``grafted``, for what stands in one place: several statements here, the same ones but for those parts there;
    each stands once in the base, too.
    """
    found = []
    for side, mine, other in (("ours", ours, theirs), ("theirs", theirs, ours)):
        if any(sum(len(i.tokens) for i in one) > _MOST_GRAFTED for one in (base, mine, other)):
            return None
        edits = _edits(base, other)
        if not edits or any(i.main is None or len(i.nodes) > 1 for i in mine):
            continue
        puts = [put for edit in edits if (put := _graft(profile, base, mine, *edit)) is not None]
        if len(puts) == len(edits) and (new := _put(mine, puts)) is not None:
            found.append((side, new))
    return found[0] if len(found) == 1 else None


def put_around(base: Sequence[Item], mine: Sequence[Item]) -> bool:
    """Return whether ``mine`` has all of ``base`` in one piece, within something that it put there."""
    before, after = (b"\0".join(token for i in one for token in i.tokens) for one in (base, mine))
    return before != after and before in after


def _edits(base: Sequence[Item], other: Sequence[Item]) -> list[tuple[Item, Item]]:
    """Return the items of ``base`` that ``other`` has in another form, and these; none if it has more or less."""
    if len(base) != len(other):
        return []
    differing = [(b, o) for b, o in zip(base, other, strict=True) if b.tokens != o.tokens]
    if len(differing) > _MOST_EDITS or any(i.main is None or len(i.nodes) > 1 for pair in differing for i in pair):
        return []
    return differing


def _put(mine: Sequence[Item], puts: Sequence[tuple[int, Node, bytes]]) -> tuple[Item, ...] | None:
    """Return ``mine`` with each of ``puts``: in which item, for which of its nodes, what; None where two overlap."""
    out = list(mine)
    last: tuple[int, int] = (len(mine), 0)
    for at, node, new in sorted(puts, key=lambda put: (put[0], put[1].start_byte), reverse=True):
        if at == last[0] and node.end_byte > last[1]:
            return None
        start, text = mine[at].nodes[0].start_byte, out[at].text
        out[at] = replace(out[at], text=text[: node.start_byte - start] + new + text[node.end_byte - start :])
        last = (at, node.start_byte)
    return tuple(out)


def _graft(
    profile: Profile, whole: Sequence[Item], mine: Sequence[Item], base: Item, other: Item
) -> tuple[int, Node, bytes] | None:
    """Return which of ``mine`` has the part of ``base`` that ``other`` edited, its node there, and what it becomes."""

    def places(items: Sequence[Item], tokens: tuple[bytes, ...]) -> list[tuple[int, Node]]:
        return [(n, p) for n, i in enumerate(items) if i.main for p in _places(profile, i.main, i.data, tokens)]

    for before, after in _edited(profile, base, other)[:_MOST_PARTS]:
        tokens = node_tokens(before, base.data, profile)
        if before.type in profile.lists and tokens[:1] == (b"(",):
            continue  # the arguments of a call put around are other ones
        if len(tokens) > _MOST_TOKENS or _CONDITION.intersection(tokens):
            break
        there = places(mine, tokens) if len(tokens) >= _LEAST_TOKENS else []
        if len(there) > 1 or (len(whole) > 1 and there and len(places(whole, tokens)) > 1):
            break
        if not there:
            continue
        at, node = there[0]
        now = node_tokens(after, other.data, profile)
        if _places(profile, after, other.data, tokens) or not _still(tokens, now):
            break
        if len(now) >= _LEAST_TOKENS and len(places(mine, now)) > len(places(whole, now)):
            break  # both did it, each in another way
        if _compared(profile, base, before, mine[at]) or _both_said(base, mine[at], other):
            break
        if _newly_called(node, base, before, other, after) or _newly_compared(node, before):
            break
        calls = [part.parent for part in (before, node, after) if is_called(part)]
        if len(calls) == _SIDES and called_anew((base, mine[at], other), [c for c in calls if c is not None]):
            break
        if len(mine) > 1 or node != mine[at].main:
            return at, node, other.data[after.start_byte : after.end_byte]
    return None


def _newly_called(place: Node, base: Item, before: Node, other: Item, after: Node) -> bool:
    """Return whether the part ``before`` of the base, which nothing calls there, is called in its new ``place``."""
    texts = (_text(before, base.data), _text(after, other.data))
    return not is_called(before) and made_a_call(place, *texts)


def _newly_compared(place: Node, before: Node) -> bool:
    """Return whether the part ``before`` of the base, not compared with anything, is in its new ``place``."""
    return _is_compared(place) and not _is_compared(before)


def _is_compared(node: Node) -> bool:
    return node.parent is not None and compares(node.parent)


def _compared(profile: Profile, base: Item, part: Node, side: Item) -> bool:
    """Return whether ``part`` of the base is compared with something there that ``side`` does not compare it with."""
    node = part.parent
    while node is not None and base.main is not None and node.start_byte >= base.main.start_byte:
        if compares(node):
            tokens = node_tokens(node, base.data, profile)
            return side.main is None or not _places(profile, side.main, side.data, tokens)
        node = node.parent
    return False


def _brackets(profile: Profile, item: Item) -> bool:
    """Return whether ``item`` is a list of arguments or parameters: those of a call put around are other ones."""
    return item.main is not None and item.main.type in profile.lists and item.tokens[0] == b"("


def _edited(profile: Profile, base: Item, other: Item) -> list[tuple[Node, Node]]:
    """Return the parts of the base that hold all of the other side's edit, with what became of them, smallest first."""
    out: list[tuple[Node, Node]] = []
    before, after = base.main, other.main
    while before is not None and after is not None and before.type == after.type:
        out.append((before, after))
        if len(out) > _MOST_LEVELS:
            return []
        left, right = ([c for c in node.children if c.type != ","] for node in (before, after))
        if len(left) != len(right) or before.type in profile.atomic:
            break
        differing = [p for p in zip(left, right, strict=True) if _text(p[0], base.data) != _text(p[1], other.data)]
        if len(differing) > 1:
            differing = [
                p for p in differing if node_tokens(p[0], base.data, profile) != node_tokens(p[1], other.data, profile)
            ]
        if len(differing) != 1:
            break
        before, after = differing[0]
    return out[:0:-1]


def _text(node: Node, data: bytes) -> bytes:
    return data[node.start_byte : node.end_byte]


def _places(profile: Profile, root: Node, data: bytes, tokens: tuple[bytes, ...]) -> list[Node]:
    """Return the topmost nodes below ``root`` whose tokens are ``tokens``."""
    out: list[Node] = []
    stack = [root]
    least = sum(map(len, tokens))
    while stack:
        node = stack.pop()
        size = node.end_byte - node.start_byte
        if size < least:
            continue
        if size <= _LAYOUT * least + 200 and node.is_named and node_tokens(node, data, profile) == tokens:
            out.append(node)
            continue
        stack.extend(node.children)
    return out
