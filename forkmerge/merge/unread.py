"""A variable that both sides read, and that nothing reads in the merge: each side took another use of it away.

What it was there for went to another file on one side, and on the other the rest of what spoke of it: whoever merges
has to say who needs it.  Invariants: only what is set once and said nowhere else is objected to, where the base and
both sides say it again; the sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter

from forkmerge.merge.pieces import middles

_WORD = re.compile(rb"[^\W\d]\w*")
_SETS = re.compile(rb"(?:(?:const|let|var|val|auto|final)[ \t]+)?([^\W\d]\w*)[ \t]*(?::[^=]*)?:?=(?![=>])")
"""How a line begins that sets a variable."""


def unread(inputs: tuple[bytes, bytes, bytes], result: bytes) -> bytes:
    """Return the line that sets in ``result`` what only the versions in ``inputs`` read, nothing where none does."""
    base, ours, theirs, merged = (Counter(_WORD.findall(text)) for text in middles(*inputs, result))
    for word, count in base.items():
        if not merged[word] < min(ours[word], theirs[word]) <= max(ours[word], theirs[word]) < count:
            continue
        lines = [line.strip() for line in result.split(b"\n") if word in line and word in _WORD.findall(line)]
        if len(lines) == 1 and (found := _SETS.match(lines[0])) and found[1] == word and lines[0].count(word) == 1:
            return lines[0]
    return b""
