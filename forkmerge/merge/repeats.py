"""What both sides put in, one right behind the other in the merge: it was meant once.

Lines that git takes from one side and the same lines that a conflict brings from the other may meet at its edge.
Statements are meant, data say the same again and again.
Invariants: what either input has that way is not held against the merge; the sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter

from forkmerge.merge.pieces import filled_lines, middles

_WORD = re.compile(rb"\w+")
_LEAST = 2
"""Words of a line from which on it says something: ``return`` and ``else`` are said again and again."""
_MOST = 16
"""Lines up to which what is said twice is looked for as a whole."""


def repeated(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bytes:
    """Return the first line of what both sides put in and ``result`` has twice in a row, nothing if there is none."""
    _, *sides, text = four = tuple(filled_lines(x) for x in middles(base, ours, theirs, result, around=1))
    b, o, t, r = map(Counter, four)
    often = {line for line, count in r.items() if count > max(o[line], t[line]) and min(o[line], t[line]) > b[line]}
    telling = {line for line in often if len(_WORD.findall(line)) >= _LEAST}
    if not telling:
        return b""
    last: dict[bytes, int] = {}
    for at, line in enumerate(text):
        if line in telling:
            start = last.get(line, at)
            size = at - start
            if 0 < size <= _MOST and often.issuperset(text[start:at]):
                both = _twice(text, start, size)
                if both and _count(text, both) > max(_count(side, both) for side in sides):
                    return line
            last[line] = at
    return b""


def _twice(lines: list[bytes], start: int, size: int) -> list[bytes]:
    """Return the two runs of ``size`` lines, one right behind the other, the first of which has the one at ``start``.

    Nothing is returned where no such run stands twice.
    """
    for i in range(max(start - size + 1, 0), start + 1):
        if lines[i : i + size] == lines[i + size : i + 2 * size]:
            return lines[i : i + 2 * size]
    return []


def _count(lines: list[bytes], run: list[bytes]) -> int:
    return sum(1 for at, line in enumerate(lines) if line == run[0] and lines[at : at + len(run)] == run)


def restated(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bytes:
    """Return a line of ``result`` with several words of another of its lines that each version has once.

    Both are one line that one side moved or put deeper and the other edited where it put it.
    """
    four = middles(base, ours, theirs, result, around=1)
    b, o, t, r = (Counter(_WORD.findall(text)) for text in four)
    words = {word for word, count in r.items() if count > 1 and b[word] == o[word] == t[word] == 1}
    if len(words) < _LEAST:
        return b""
    said: list[set[bytes]] = []
    for line in filled_lines(four[3]):
        here = words & set(_WORD.findall(line))
        if any(len(here & other) >= _LEAST for other in said):
            return line
        if len(here) >= _LEAST:
            said.append(here)
    return b""
