"""What one side took away and the other moved: it is back in the merge, as the other's, and the deletion is lost.

Git's conflict stands where it was; where it was put is a change of the other side alone.  A word is looked for that the
one side does not have at all any more and the other has as often as before; in code the line it stands in has to be one
of the old ones, too: a word may be used anew.  A line of code that says enough is looked for as a whole: all its words
may be common ones.  Invariant: the sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.merge.conservation import LAYOUT, words_of
from forkmerge.merge.pieces import filled_lines, middles, uneven
from forkmerge.merge.remarks import behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WORD = re.compile(rb"\w[\w.]*\w|\w")
_SEVERAL = 2
_TELLING = 4
"""Words of a line from which on it says enough to be known again wherever it stands."""


def returned(inputs: tuple[bytes, bytes, bytes], result: bytes, *, data: bool, more: bool = False) -> bytes:
    """Return the first line of ``result`` that a side took away and that the other moved, nothing if there is none.

    In ``data`` it is the first line with a word of that kind, however the line reads now.  With ``more``, for sets of
    lines, the other side may have put it in once more and left it where it was, too.
    """
    four = middles(*inputs, result, around=0)
    words = _back(inputs, four, _WORD.findall, more=more)
    if data:
        return next((line for line in filled_lines(four[3]) if words & set(_WORD.findall(line))), b"") if words else b""
    again = _back(inputs, four, _bare_lines, more=more)
    lines = [line for line in _bare_lines(four[3]) if line in again] if again else []
    found = next((line for line in lines if words & set(_WORD.findall(line))), b"")
    telling = (line for line in lines if len(_WORD.findall(line)) >= _TELLING)
    return found or next((line for line in telling if _alone(inputs, line, more=more)), b"") or _edited(four, words)


def _edited(four: tuple[bytes, ...], words: set[bytes]) -> bytes:
    """Return the first new line of the result with several ``words`` of an old one: the other edited what it moved."""
    words = {word for word in words if len(word) > 1}
    if len(words) < _SEVERAL:
        return b""
    old = [(line, words & set(_WORD.findall(line))) for line in _bare_lines(four[0])]
    known = {line for line, _ in old}
    for line in _bare_lines(four[3]):
        here = words & set(_WORD.findall(line)) if line not in known else set()
        if any(len(here & told) >= _SEVERAL for _, told in old):
            return line
    return b""


def _bare_lines(text: bytes) -> list[bytes]:
    """Return the lines of ``text`` that have something on them, without remarks behind that."""
    return [line.removesuffix(behind(line)).rstrip() or line for line in filled_lines(text)]


def _alone(inputs: tuple[bytes, bytes, bytes], line: bytes, *, more: bool) -> bool:
    """Return whether a side says ``line`` no more, however it is laid out, and the other as often as before or more."""
    told = _told(line)
    count = [_told(text).count(told) for text in inputs]
    kept = max(count[1:])
    return (count[0] == kept or (more and 0 < count[0] < kept)) and not min(count[1:])


def _told(text: bytes) -> bytes:
    """Return the words and signs of ``text`` that formatters leave alone, each between two blanks."""
    return b" ".join((b"", *(word for word in words_of(text) if word not in LAYOUT), b""))


def _back(
    inputs: tuple[bytes, bytes, bytes],
    four: tuple[bytes, ...],
    split: Callable[[bytes], Iterable[bytes]],
    *,
    more: bool,
) -> set[bytes]:
    """Return what one side has no more, the other as often as the base (or ``more`` often), and the result again.

    PERF: the four without what they begin and end with alike tell what it may be; only then are whole files looked at.
    """
    b, o, t, r = (Counter(split(text)) for text in four)
    found: set[bytes] = set()
    for gone, kept, side in ((o, t, inputs[1]), (t, o, inputs[2])):
        some = {x for x in uneven(b, gone) if not gone[x] and b[x] and r[x]}
        some = {x for x in some if kept[x] == b[x] or (more and kept[x] > b[x])}
        found |= some and some.difference(split(side))
    return found
