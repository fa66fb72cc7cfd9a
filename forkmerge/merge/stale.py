"""Words that one side did away with in a file while the other side went on to use them more.

Who renamed ``read`` to ``load`` everywhere, or moved every test from one way of asserting to another, would have done
so in what the other side wrote meanwhile, too: such a merge is whole, and wrong.  Nothing tells how the new use should
read, so what structure resolves in such a file stays a conflict, with the resolution as an alternative.  Where the file
itself binds the word, nothing is resolved at all.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge.pieces import middles, uneven
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

_WORD = re.compile(rb"[^\W\d]\w+")
_PROSE = 3
"""Words with blanks between them from which on a text is prose: what is said in it names nothing."""
_PLAIN = frozenset(b"True False None self cls str int bytes bool float list dict set tuple object".split())
"""Words that nobody renames."""


def stale(profile: Profile, base: bytes, ours: bytes, theirs: bytes) -> frozenset[bytes]:
    """Return the words of code in ``base`` that stand in one side no more, and in the other more often.

    Keywords and the words of comments are left out.
    """
    b, o, t = (Counter(_WORD.findall(x)) for x in middles(base, ours, theirs))
    found: set[bytes] = set()
    for gone, left, more, text in ((o, ours, t, theirs), (t, theirs, o, ours)):
        candidates = {word for word in uneven(b, gone) if not gone[word] and more[word] > b[word]} - _PLAIN
        if candidates:
            candidates.difference_update(_WORD.findall(left))  # what is the same in all has them too
        if candidates:
            before, now = (_said(profile, x, candidates) for x in (base, text))
            found.update(word for word, count in before.items() if now[word] > count)
    return frozenset(found)


def bound(profile: Profile, base: bytes, words: frozenset[bytes]) -> bool:
    """Return whether ``base`` binds one of ``words``: what goes on to use it has lost what it speaks of."""
    from forkmerge.syntax.references import names  # noqa: PLC0415 - seldom needed

    try:
        return any(name.text.encode() in words for name in names(profile, base).definitions)
    except ForkmergeError:
        return False


def _said(profile: Profile, data: bytes, words: set[bytes]) -> Counter[bytes]:
    """Return how often the code in ``data`` says each of ``words``: in names and short texts.

    Comments, docstrings and other prose don't count, nor do keywords.  The keys of a data file are its keywords.
    """
    out: Counter[bytes] = Counter()
    try:
        stack = [parse(profile, data).root_node]
    except ForkmergeError:
        return out
    while stack:
        node = stack.pop()
        if node.type in profile.comments or (profile.data and _is_key(node)):
            continue
        if node.child_count and node.type not in profile.atomic:
            stack.extend(node.children)
            continue
        text = data[node.start_byte : node.end_byte]
        if node.is_named and text != node.type.encode() and len(text.split()) < _PROSE:
            out.update(word for word in _WORD.findall(text) if word in words)
    return out


def _is_key(node: Node) -> bool:
    parent = node.parent
    return parent is not None and (node.type.endswith("_key") or parent.child_by_field_name("key") == node)
