"""Two edit scripts of one sequence, composed: the merge of edits that touch each other but don't overlap.

Git calls edits of neighbouring lines a conflict.  Where every edit of one side replaces, deletes or inserts elements
that the other side left as they were, the two scripts can be run one after the other in either order, with one result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.merge.diff import common

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Edit:
    """``base[start:end]`` becomes ``side[lo:hi]``."""

    start: int
    end: int
    lo: int
    hi: int


def edits(size: int, other: int, pairs: Sequence[tuple[int, int]]) -> tuple[Edit, ...]:
    """Return the edits between two sequences of the given sizes whose equal elements are ``pairs``."""
    out: list[Edit] = []
    b = s = 0
    for i, j in [*pairs, (size, other)]:
        if b < i or s < j:
            out.append(Edit(b, i, s, j))
        b, s = i + 1, j + 1
    return tuple(out)


def compose(base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]) -> list[bytes] | None:
    """Return both sides' edits of ``base`` applied; None where they overlap or their order is open."""
    mine = edits(len(base), len(ours), common(base, ours))
    other = edits(len(base), len(theirs), common(base, theirs))
    if not disjoint(mine, other):
        return None
    marked = sorted(
        [(e.start, e.end, e, ours) for e in mine] + [(e.start, e.end, e, theirs) for e in other], key=lambda m: m[:2]
    )
    out: list[bytes] = []
    position = 0
    for start, end, edit, side in marked:
        out += base[position:start]
        out += side[edit.lo : edit.hi]
        position = end
    return out + list(base[position:])


def disjoint(mine: Sequence[Edit], other: Sequence[Edit]) -> bool:
    """Return whether no edit of one side overlaps an edit of the other or inserts where the other does.

    Edits may touch; but what is inserted between two elements must not meet an insertion or a replacement of the other
    side that begins or ends there, for then the order would be a guess.
    """
    for a in mine:
        for b in other:
            if a.start < b.end and b.start < a.end:
                return False
            if (a.start == a.end and b.start <= a.start <= b.end) or (b.start == b.end and a.start <= b.start <= a.end):
                return False
    return True
