"""What one side wrote gets the quotes that the other side gave the whole file.

A formatter run on one side turns ``'a'`` into ``"a"`` everywhere; where the other side edited a statement, its strings
come in the old quotes, and the next run of the formatter would touch them.  Invariants: only places that git left in
conflict and a rule resolved are written anew, only strings that mean the same in either quotes, and nothing but their
quotes; a string that the side with the new quotes has in the old ones stays as it is.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge.items import EITHER_QUOTE
from forkmerge.merge.pieces import Piece, Resolved, counted, text_of
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

_SINGLE, _DOUBLE = b"'", b'"'
_PLAIN = re.compile(rb"""(?<![\w"'\\])(['"])[^'"\\\n]*+\1(?!['"\w])""")
"""A string without quotes and escapes in it, of one line; it may be in a comment, which is good enough to count."""
_STRING = re.compile(rb"""([A-Za-z]{0,2})(['"])([^'"\\\n]*+)\2""")
_LEAST = 4
"""Strings in the new quotes from which on a file is said to have them."""
_FEW = 10
"""Among what it wrote there is at most one string in the old quotes for so many in the new ones."""
_OTHER = frozenset(("jsx_attribute",))
"""What has quotes of its own: formatters have another option for them."""


def requoted(profile: Profile, inputs: tuple[bytes, bytes, bytes], pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Return ``pieces``, what was resolved in the quotes that one side of ``inputs`` alone turned its strings to."""
    if profile.name not in EITHER_QUOTE or not any(isinstance(p, Resolved) for p in pieces):
        return pieces
    turned = _turned(*inputs)
    if turned is None:
        return pieces
    new, side = turned
    old = _SINGLE if new == _DOUBLE else _DOUBLE
    if not any(isinstance(p, Resolved) and old in p.content for p in pieces):
        return pieces
    text = text_of(pieces, lambda c: c.ours)
    try:
        root, other = (parse(profile, x).root_node for x in (text, side))
    except ForkmergeError:
        return pieces
    kept = {literal for node in _strings(other, 0, len(side)) if old in (literal := _text(node, side))}
    sizes = [len(text_of((p,), lambda c: c.ours)) for p in pieces]
    starts = [end - size for end, size in zip(accumulate(sizes), sizes, strict=True)]
    out: list[Piece] = []
    for piece, start, size in zip(pieces, starts, sizes, strict=True):
        if isinstance(piece, Resolved) and old in piece.content:
            content = bytearray(piece.content)
            for node in _strings(root, start, start + size):
                literal = _text(node, text)
                match = _STRING.fullmatch(literal)
                if match and match[2] == old and literal not in kept:
                    at = node.start_byte - start
                    content[at : at + len(literal)] = match[1] + new + match[3] + new
            piece = Resolved(piece.base, piece.ours, piece.theirs, bytes(content), piece.rules, piece.alternatives)  # noqa: PLW2901 - the new value
        out.append(piece)
    return out


def _turned(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes] | None:
    """Return the quotes that one side gave the strings of its file while the other kept the old ones, and that side.

    What it left in the old quotes stands in lines that it left alone, as comments.
    """
    before, mine, other = map(_counts, (base, ours, theirs))
    for side, changed, kept in ((ours, mine, other), (theirs, other, mine)):
        for new, old in ((_SINGLE, _DOUBLE), (_DOUBLE, _SINGLE)):
            if before[old] <= before[new] or kept[old] <= kept[new] or changed[new] <= changed[old]:
                continue
            written = _counts(b"\n".join(counted(side) - counted(base)))
            if written[new] >= _LEAST and written[old] * _FEW <= written[new]:
                return new, side
    return None


def _counts(text: bytes) -> dict[bytes, int]:
    found = _PLAIN.findall(text)
    return {_SINGLE: found.count(_SINGLE), _DOUBLE: found.count(_DOUBLE)}


def _text(node: Node, data: bytes) -> bytes:
    return data[node.start_byte : node.end_byte]


def _strings(root: Node, start: int, end: int) -> Iterator[Node]:
    """Yield the strings that lie within ``start:end``, none that stands in another string."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.end_byte <= start or node.start_byte >= end or node.type in _OTHER:
            continue
        if "string" in node.type and node.is_named:
            if node.type == "string" and start <= node.start_byte and node.end_byte <= end:
                yield node
            if node.type != "concatenated_string":
                continue
        stack.extend(node.children)
