"""The tokens of a file: the leaves of its tree in order, without layout.

Invariants: tokens don't overlap and stand in file order; every byte that is not white space lies in one, whatever the
parser made of it (what it skipped becomes tokens of kind ``ERROR``).  An atomic node of the profile is one token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from tree_sitter import Tree

    from forkmerge.syntax.profile import Profile

_BLANK = b" \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Token:
    """One leaf: ``kind`` is its node type, ``text`` its bytes; ``start`` and ``end`` are offsets in the file."""

    start: int
    end: int
    kind: str
    text: bytes
    comment: bool


def tokens(
    profile: Profile, data: bytes, tree: Tree | None = None, *, start: int = 0, end: int | None = None
) -> tuple[Token, ...]:
    """Return the tokens of ``data`` between ``start`` and ``end``; raises what ``parse`` raises.

    What is left of a token that the range cuts through is of kind ``ERROR``.
    """
    stop = len(data) if end is None else end
    cursor = (tree or parse(profile, data)).walk()
    whole, comments = profile.atomic | profile.comments, profile.comments
    out: list[Token] = []
    at = start
    while True:
        node = cursor.node
        assert node is not None  # noqa: S101 - a cursor always stands on a node
        low, high = node.start_byte, node.end_byte
        if low < stop and high > start:
            kind = node.type
            if kind not in whole and cursor.goto_first_child():
                continue
            text = data[low:high].strip(_BLANK)
            if text and kind != "ERROR" and low >= at and high <= stop:
                low = data.find(text, low)
                if low > at:
                    _fill(out, data, at, low)
                out.append(Token(low, low + len(text), kind, text, kind in comments))
                at = low + len(text)
        elif low >= stop:
            break
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                _fill(out, data, at, stop)
                return tuple(out)
    _fill(out, data, at, stop)
    return tuple(out)


def _fill(out: list[Token], data: bytes, start: int, end: int) -> None:
    """Make tokens of what stands between two leaves, if it is not all white space."""
    if not data[start:end].strip(_BLANK):
        return
    at = start
    for word in data[start:end].split():
        low = data.find(word, at)
        at = low + len(word)
        out.append(Token(low, at, "ERROR", word, comment=False))
