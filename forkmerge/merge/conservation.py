"""Nothing lost, nothing back from the dead: the token balance of a resolved place."""

from __future__ import annotations

import re
from collections import Counter

_TOKEN = re.compile(rb"\w+|[^\w\s]")
LAYOUT = frozenset((b",", b"(", b")", b";", b"'", b'"', b"\\", b"{", b"}"))
"""Signs that formatters add and take away."""


def words_of(text: bytes) -> tuple[bytes, ...]:
    """Return the words and signs of ``text`` in order, without layout."""
    return tuple(_TOKEN.findall(text))


def tokens_of(text: bytes) -> Counter[bytes]:
    """Return the words and signs of ``text`` with how often they stand there."""
    return Counter(_TOKEN.findall(text))


def unbalanced(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> tuple[bytes, ...]:
    """Return the tokens of which ``result`` has too few or too many to hold both sides' edits, each once.

    A token that both sides added (or both took away) may have been the same edit, so its count has some room; one that
    only one side touched, or that the sides moved in opposite directions, has none.  Signs that formatters add and
    remove are not counted.
    """
    b, o, t, r = (tokens_of(x) for x in (base, ours, theirs, result))
    out = []
    for token in set(b) | set(o) | set(t) | set(r):
        if token in LAYOUT:
            continue
        by_ours, by_theirs = o[token] - b[token], t[token] - b[token]
        both = b[token] + by_ours + by_theirs
        if by_ours > 0 and by_theirs > 0:
            low, high = max(o[token], t[token]), both
        elif by_ours < 0 and by_theirs < 0:
            low, high = max(both, 0), min(o[token], t[token])
        else:
            low = high = both
        if not low <= r[token] <= high:
            out.append(token)
    return tuple(sorted(out))
