"""What one side put in speaks of something in a way that the other side did away with at that very place.

Who wrote ``args?.size`` for ``args.size``, ``pipe`` for ``handle->pipe``, or ``options.size`` for ``size``, would have
done so in what the other side put beside it, too.  Files in which a word is gone altogether are known before
(``stale``); here it is a name with what it is looked up in, and the rest of the file may go on to have it.
Invariants: what was only deleted was not written anew; strings say nothing; the sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter

from forkmerge.merge.conservation import STRING
from forkmerge.merge.diff import hunks

_STRING = re.compile(STRING)
_TOKEN = re.compile(rb"[^\W\d]\w*+(?:(?:\.|->|::)\w++)*|\w+|[^\w\s]")
_NAME = re.compile(rb"[^\W\d]")
_SIGN = re.compile(rb"\.|->|::")
_LOOKED_UP = re.compile(rb"\w(?:\.|->|::)\w")
_MOST = 4000
"""Words past which nothing is looked for: differences take the square of them at worst."""


def outdated(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether ``result`` has more of what one side put something else for, since the other side put it in."""
    if not any(map(_LOOKED_UP.search, (base, ours, theirs))):
        return False
    b, o, t, r = (_TOKEN.findall(_STRING.sub(b'""', x)) for x in (base, ours, theirs, result))
    if max(map(len, (b, o, t))) > _MOST:
        return False
    before, mine, other, now = map(Counter, (b, o, t, r))
    for gone, side, more in ((mine, o, other), (other, t, mine)):
        words = {
            word
            for word, count in before.items()
            if not gone[word] and more[word] > count and now[word] and _NAME.match(word)
        }
        if words and any(_anew(words, b[i:x], side[j:y]) for i, x, j, y in hunks(b, side)):
            return True
    return False


def _anew(words: set[bytes], old: list[bytes], new: list[bytes]) -> bool:
    """Return whether ``new`` was written for ``old`` with one of ``words``: what is looked up there, or here."""
    gone = words.intersection(old)
    if not gone or not new:
        return False
    last = {_SIGN.split(word)[-1] for word in new if _LOOKED_UP.search(word)}
    return any(word in last or _LOOKED_UP.search(word) for word in gone)
