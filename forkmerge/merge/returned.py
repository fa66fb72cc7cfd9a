"""What one side took away and the other moved: it is back in the merge, as the other's, and the deletion is lost.

Git's conflict stands where it was; where it was put is a change of the other side alone.  A word is looked for that the
one side does not have at all any more and the other has as often as before; in code the line it stands in has to be one
of the old ones, too: a word may be used anew.  Invariant: the sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import filled_lines, middles, uneven

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WORD = re.compile(rb"\w[\w.]*\w|\w")


def returned(inputs: tuple[bytes, bytes, bytes], result: bytes, *, data: bool, more: bool = False) -> bytes:
    """Return the first line of ``result`` that a side took away and that the other moved, nothing if there is none.

    In ``data`` it is the first line with a word of that kind, however the line reads now.  With ``more``, for sets of
    lines, the other side may have put it in once more and left it where it was, too.
    """
    four = middles(*inputs, result, around=0)
    words = _back(inputs, four, _WORD.findall, more=more)
    if not words:
        return b""
    lines = filled_lines(four[3])
    if not data:
        again = _back(inputs, four, filled_lines, more=more)
        lines = [line for line in lines if line in again]
    return next((line for line in lines if words & set(_WORD.findall(line))), b"")


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
