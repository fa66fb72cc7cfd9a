"""Lines that one side put deeper, or less deep, while the other edited them: edited, they stand at their new depth.

Structure follows what is put around whole statements (``wrapping``).  Here it is lines: a class is made of functions, a
macro or a closure is put around some statements, and the other side changes one of them meanwhile.

Invariants: the side that moved the lines has most of the base's, in their order; an unchanged line stands between what
the one put in or took away and what the other edited; what the other put in goes as deep as the line that it replaces
or follows, and nothing is put behind the last line that may belong behind what is around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.diff import common, hunks
from forkmerge.merge.pieces import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.pieces import Conflict

_KEPT = 0.5
"""The part of the lines that the side that moved them has to have left."""
_MOST = 2000
"""Lines of a conflict past which it is left."""


def at_new_depth(conflict: Conflict) -> bytes | None:
    """Return the text of both sides where one alone put the lines of the base deeper or less deep; None elsewhere."""
    base, ours, theirs = (lines_of(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if not base or max(map(len, (base, ours, theirs))) > _MOST:
        return None
    to_ours, to_theirs = (_pairs(base, side) for side in (ours, theirs))
    moved = [_moved(base, ours, to_ours), _moved(base, theirs, to_theirs)]
    if moved == [True, False]:
        return _edited(base, ours, to_ours, theirs)
    return _edited(base, theirs, to_theirs, ours) if moved == [False, True] else None


def _bare(lines: Sequence[bytes]) -> list[bytes]:
    return [line.strip() for line in lines]


def _pairs(base: Sequence[bytes], side: Sequence[bytes]) -> dict[int, int]:
    return dict(common(_bare(base), _bare(side)))


def _moved(base: Sequence[bytes], side: Sequence[bytes], where: dict[int, int]) -> bool:
    return any(base[i].strip() and base[i] != side[j] for i, j in where.items())


def _edited(
    base: Sequence[bytes], mover: Sequence[bytes], where: dict[int, int], editor: Sequence[bytes]
) -> bytes | None:
    """Return ``mover``, which has the base's lines at ``where``, with the edits of ``editor``; None where they meet."""
    if len(where) < _KEPT * len(base):
        return None
    put = [(start, stop) for start, stop, _, _ in hunks(_bare(base), _bare(mover))]
    edits = hunks(base, editor)
    if any(start <= b and a <= stop for start, stop, _, _ in edits for a, b in put):
        return None
    out: list[bytes] = []
    done = 0
    for start, stop, first, last in edits:
        if stop == len(base) and _past_the_end(base, mover, where, (start, editor[first:last])):
            return None
        new = _at_depth(editor[first:last], [(base[i], mover[where[i]]) for i in _near(base, start, stop)])
        if new is None or not stop:
            return None
        out += mover[done : where[start] if start < stop else where[start - 1] + 1]
        out += new
        done = where[stop - 1] + 1
    return b"".join([*out, *mover[done:]])


def _past_the_end(
    base: Sequence[bytes], mover: Sequence[bytes], where: dict[int, int], edit: tuple[int, Sequence[bytes]]
) -> bool:
    """Return whether an edit of the last lines puts in what may stand behind what was put around them.

    That is a line no deeper than all that was put deeper: where nothing closes a block, it may be in it or behind it.
    """
    start, new = edit
    depths = {i: _depth(line) for i, line in enumerate(base) if line.strip()}
    least = min(depths.values(), default=0)
    if not any(depth == least < _depth(mover[where[i]]) for i, depth in depths.items() if i in where):
        return False
    before = sum(1 for i, depth in depths.items() if i >= start and depth == least)
    return sum(1 for line in new if line.strip() and _depth(line) <= least) > before


def _depth(line: bytes) -> int:
    text = line.expandtabs()
    return len(text) - len(text.lstrip())


def _near(base: Sequence[bytes], start: int, stop: int) -> list[int]:
    """Return the lines of the base, blank ones left out, in or next to the range that was edited."""
    inside = [i for i in range(start, stop) if base[i].strip()]
    above = next((i for i in range(start - 1, -1, -1) if base[i].strip()), None)
    below = next((i for i in range(stop, len(base)) if base[i].strip()), None)
    return inside or [i for i in (above, below) if i is not None]


def _at_depth(lines: Sequence[bytes], moves: Sequence[tuple[bytes, bytes]]) -> list[bytes] | None:
    """Return ``lines`` moved as the lines of ``moves`` were; None where these were moved in different ways."""
    found = [[_at(line, before, now) for line in lines] for before, now in moves]
    if not found or any(other != found[0] for other in found):
        return None
    first = [line for line in found[0] if line is not None]
    return first if len(first) == len(lines) else None


def _at(line: bytes, before: bytes, now: bytes) -> bytes | None:
    """Return ``line`` moved as far as ``before`` was when it became ``now``; None where that can't be done."""
    was, depth = (text[: len(text) - len(text.lstrip(b" \t"))] for text in (before, now))
    if not line.strip() or was == depth:
        return line
    if depth.startswith(was):
        return depth[len(was) :] + line
    cut = was[len(depth) :]
    return line[len(cut) :] if was.startswith(depth) and line.startswith(cut) else None
