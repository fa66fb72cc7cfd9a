"""Lines and tokens: the neutral view on text that measures and sub-hunk picks share.

Invariant of ``pieces``: concatenated, the pieces' ``base`` (``ours``, ``theirs``) texts are that version again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

WORD = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*|\d[\w.]*|[^\s\w]")
"""A word, a number or a single sign."""
_BIG = 400


class Change(NamedTuple):
    """``a[a1:a2]`` became ``b[b1:b2]``."""

    a1: int
    a2: int
    b1: int
    b2: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the three versions that is changed as a whole, or stable in all of them."""

    base: bytes
    ours: bytes
    theirs: bytes

    @property
    def stable(self) -> bool:
        """Return whether all versions agree."""
        return self.base == self.ours == self.theirs

    @property
    def contested(self) -> bool:
        """Return whether both sides changed it, in different ways."""
        return self.base not in (self.ours, self.theirs) and self.ours != self.theirs


def tokens(data: bytes) -> tuple[bytes, ...]:
    """Return the words, numbers and single signs of ``data``; white space is dropped."""
    return tuple(WORD.findall(data))


def changes(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[Change, ...]:
    """Return what turns ``a`` into ``b``, as disjoint changes in order."""
    start = 0
    limit = min(len(a), len(b))
    while start < limit and a[start] == b[start]:
        start += 1
    end = 0
    while end < limit - start and a[len(a) - 1 - end] == b[len(b) - 1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    if not left and not right:
        return ()
    if not left or not right:
        return (Change(start, start + len(left), start, start + len(right)),)
    matcher = SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > _BIG)
    return tuple(
        Change(start + i1, start + i2, start + j1, start + j2)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def pieces(base: bytes, ours: bytes, theirs: bytes) -> tuple[Piece, ...]:
    """Return the three versions cut into stable and changed pieces by lines (diff3).

    Edits that only touch are cut apart (an insertion stands before the change that begins at its place); edits that
    overlap, or insert at the same place, stay together in one contested piece.
    """
    b, o, t = (x.splitlines(keepends=True) for x in (base, ours, theirs))
    marks = [(c.a1, c.a2, 0, c) for c in changes(b, o)] + [(c.a1, c.a2, 1, c) for c in changes(b, t)]
    marks.sort(key=lambda m: m[:3])
    clusters: list[tuple[int, int, list[Change], list[Change]]] = []
    for a1, a2, side, change in marks:
        if clusters:
            c1, c2, *by_side = clusters[-1]
            if a1 < c2 or (a1 == a2 == c1 == c2):
                by_side[side].append(change)
                clusters[-1] = (c1, max(c2, a2), by_side[0], by_side[1])
                continue
        clusters.append((a1, a2, [change], []) if side == 0 else (a1, a2, [], [change]))
    result: list[Piece] = []
    at = ours_at = theirs_at = 0
    for c1, c2, in_ours, in_theirs in clusters:
        stable = b"".join(b[at:c1])
        if stable:
            result.append(Piece(stable, stable, stable))
        ours_at, theirs_at = ours_at + c1 - at, theirs_at + c1 - at
        ours_end = ours_at + (c2 - c1) + sum((c.b2 - c.b1) - (c.a2 - c.a1) for c in in_ours)
        theirs_end = theirs_at + (c2 - c1) + sum((c.b2 - c.b1) - (c.a2 - c.a1) for c in in_theirs)
        result += _finer(b[c1:c2], o[ours_at:ours_end], t[theirs_at:theirs_end])
        at, ours_at, theirs_at = c2, ours_end, theirs_end
    rest = b"".join(b[at:])
    return (*result, Piece(rest, rest, rest)) if rest else tuple(result)


def _finer(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> list[Piece]:
    """Return a changed stretch in pieces: line by line where both sides changed it and the numbers of lines agree."""
    if base in (ours, theirs) or not len(base) == len(ours) == len(theirs):
        return [Piece(b"".join(base), b"".join(ours), b"".join(theirs))]
    found: list[Piece] = []
    last: tuple[bool, bool] | None = None
    for b, o, t in zip(base, ours, theirs, strict=True):
        who = (o != b, t != b)
        if who == last:
            found[-1] = Piece(found[-1].base + b, found[-1].ours + o, found[-1].theirs + t)
        else:
            found.append(Piece(b, o, t))
        last = who
    return found
