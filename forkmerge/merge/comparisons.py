"""Comparisons of which each side changed another part.

Who changes what is compared, or what it is compared with, has the two fit; nobody compared what one side wrote with
what the other wrote.  In a sum, or in a condition of several parts, each part stands for itself more often.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.merge.items import Item

_KINDS = ("binary", "comparison", "equality", "relational")
"""What the node types of comparisons have in them."""
_OPERATORS = frozenset(b"== != === !== < > <= >= ~= /= <> <=>".split())
_COMPARES = re.compile(rb"[=!]==?|\s[<>]=?\s")
_NEGATED = re.compile(rb"(?<![\w)\]<])![\w.:>?-]+(?:\([^()\n]*\)[\w.:>?-]*)*\s*(?:[=!]==?|[<>]=?\s)")
"""What is compared behind a sign that negates it alone."""
_APART = re.compile(rb"[\n;]|&&|\|\||\b(?:and|or)\b")
"""What ends a comparison."""


def between(text: bytes) -> bool:
    """Return whether ``text``, which stands between two edits, compares its left with its right."""
    return _COMPARES.search(text) is not None and _APART.search(text) is None


def negated(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether ``result`` compares what it negates (``!size == 0``), which neither side does.

    One side negated what stood there, and the other made a comparison of it; what is negated is its left half alone.
    """
    found = set(_NEGATED.findall(result))
    return bool(found) and not any(found & set(_NEGATED.findall(text)) for text in (base, ours, theirs))


def compares(node: Node) -> bool:
    """Return whether ``node`` is a comparison."""
    return any(kind in node.type for kind in _KINDS) and any((c.text or b"") in _OPERATORS for c in node.children)


def apart(parent: str, three: tuple[Sequence[Item], Sequence[Item], Sequence[Item]]) -> bool:
    """Return whether ``three``, children of nodes of type ``parent``, compare and each side changed another part."""
    base, ours, theirs = three
    if not any(kind in parent for kind in _KINDS) or not len(base) == len(ours) == len(theirs):
        return False
    if not any(item.text in _OPERATORS for item in base):
        return False
    mine, other = (
        {at for at, (old, new) in enumerate(zip(base, side, strict=True)) if old.tokens != new.tokens}
        for side in (ours, theirs)
    )
    return bool(mine - other and other - mine)
