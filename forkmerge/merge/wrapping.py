"""One side wraps what the other edits: ``f(x)`` became ``g(f(x))`` here and ``f(x, y)`` there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.items import Item, node_tokens

if TYPE_CHECKING:
    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

_LEAST_TOKENS = 3
_MOST_TOKENS = 400
_LAYOUT = 4
"""A node more than so many times as long as the tokens it is compared with (and 200 bytes) holds more than layout."""


def wrapped(profile: Profile, base: Item, ours: Item, theirs: Item) -> bytes | None:
    """Return the wrapping side's text with the base's expression in it replaced by the other side's.

    Only where the whole of the base stands in one side exactly once, as an expression of its own with something around
    it, and the other side is a single expression too, on one line; None in any other case.
    """
    if not _LEAST_TOKENS <= len(base.tokens) <= _MOST_TOKENS or base.main is None:
        return None
    found = []
    for mine, other in ((ours, theirs), (theirs, ours)):
        if mine.main is None or len(mine.nodes) > 1 or len(other.nodes) > 1 or b"\n" in other.text:
            continue
        places = _places(profile, mine.main, mine.data, base.tokens)
        if len(places) == 1 and places[0] != mine.main:
            start = mine.main.start_byte
            node = places[0]
            found.append(mine.text[: node.start_byte - start] + other.text + mine.text[node.end_byte - start :])
    return found[0] if len(found) == 1 else None


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
