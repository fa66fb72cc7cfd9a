"""Words that one side did away with in a file while the other side went on to use them more.

Who renamed ``read`` to ``load`` everywhere, or moved every test from one way of asserting to another, would have done
so in what the other side wrote meanwhile, too: such a merge is whole, and wrong.  Nothing tells how the new use should
read, so what structure resolves in such a file stays a conflict, with the resolution as an alternative.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

_WORD = re.compile(rb"[^\W\d]\w+")
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_OFTEN = 2
"""How often a pair of words has to have been done away with in one place to be called a habit."""


def stale(profile: Profile, base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether a word of code in ``base`` stands in one side no more, and in the other more often.

    Keywords and the words of comments are left out.
    """
    b, o, t = (Counter(_WORD.findall(x)) for x in (base, ours, theirs))
    for gone, more, text in ((o, t, theirs), (t, o, ours)):
        candidates = {word for word, count in b.items() if not gone[word] and more[word] > count}
        if candidates and _said(profile, text, candidates) - _said(profile, base, candidates):
            return True
    return False


def _said(profile: Profile, data: bytes, words: set[bytes]) -> Counter[bytes]:
    """Return how often the code in ``data`` says each of ``words``: in names and texts, not in comments or keywords."""
    out: Counter[bytes] = Counter()
    try:
        stack = [parse(profile, data).root_node]
    except ForkmergeError:
        return out
    while stack:
        node = stack.pop()
        if node.type in profile.comments:
            continue
        if node.child_count and node.type not in profile.atomic:
            stack.extend(node.children)
            continue
        text = data[node.start_byte : node.end_byte]
        if node.is_named and text != node.type.encode():
            out.update(word for word in _WORD.findall(text) if word in words)
    return out


def broken_habit(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether one side rewrote in a place what the other side's additions there go on with.

    That is a pair of neighbouring words (``import {``, ``instanceof Array``) that stood in the place at least twice,
    that one side wrote otherwise each time without making the place shorter, and that the other side has more of.
    """
    b, o, t = (_pairs(x) for x in (base, ours, theirs))
    for gone, more, text in ((o, t, ours), (t, o, theirs)):
        if text.count(b"\n") >= base.count(b"\n") and any(
            count >= _OFTEN and not gone[pair] and more[pair] > count for pair, count in b.items()
        ):
            return True
    return False


def _pairs(text: bytes) -> Counter[tuple[bytes, bytes]]:
    """Return the pairs of neighbours on one line, of which one at least is a word, with how often they stand there."""
    out: Counter[tuple[bytes, bytes]] = Counter()
    for line in text.split(b"\n"):
        tokens = _TOKEN.findall(line)
        out.update(p for p in pairwise(tokens) if p[0][:1].isalnum() or p[1][:1].isalnum())
    return out
