"""Marks - annotations, attributes, decorators - stay on what they were put on.

A mark on a line of its own is about what follows it.  Where edits are laid over each other as text, what the other side
put in may come between the two, and the mark is then about something else.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK = re.compile(rb"[ \t]*+(?:@[^\W\d][\w.]*+(?:\(.*\))?|#\[.*\])[ \t\r]*+\Z", re.DOTALL)
_NAMES = (
    re.compile(rb"\b(?:class|struct|enum|trait|mod|interface|object|type|fn|fun|func|function|def)\s+([^\W\d]\w*+)"),
    re.compile(rb"\b(?!pub\b)([^\W\d]\w*+)\s*+\("),
    re.compile(rb"([^\W\d]\w*+)\s*+(?:[:=;,]|\Z)"),
)
"""What tells the name that a line defines, the surest first."""
_WORD = re.compile(rb"\w+")


def astray(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether a mark that a side put in stands on something in ``result`` that neither side put it on."""
    if b"@" not in result and b"#[" not in result:
        return False
    b, o, t, r = (Counter(_marked(x)) for x in (base, ours, theirs, result))
    new = {mark for mark, _ in (o - b) + (t - b)}
    return any(mark in new and not max(b[mark, on], o[mark, on], t[mark, on]) for mark, on in r)


def _marked(text: bytes) -> Iterable[tuple[bytes, bytes]]:
    """Yield the marks of ``text``, each with what tells the thing it is on from others: its name, else its words."""
    on = b""
    for line in reversed(text.split(b"\n")):
        if _MARK.match(line):
            yield line.strip(), on
        elif line.strip():
            found = next(filter(None, (name.search(line) for name in _NAMES)), None)
            on = found[1] if found else b" ".join(_WORD.findall(line)) or line.strip()
