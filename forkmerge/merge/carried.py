"""Lines that one side moved while the other edited them where they were: the edit is made where they stand now.

Git sees lines that one side took away and the other changed.  Where the first put them in again somewhere else in the
file (a part made a function of its own, a block moved up, the same lines in another ``if``), what the other did to them
is done there, with the indentation of the place, and is taken out of the other's version.  The two versions that come
of it are merged like any others.

Lines are taken for moved if they stood at one place, are gone from it, and at one place that was not there before most
of their words are found in their order; the lines that the edit replaces, or stands between, have to be among them,
word for word.  Whole units are followed through files by alignment (``moves``); this is for what is less than a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.conservation import words_of
from forkmerge.merge.diff import common, hunks
from forkmerge.merge.pieces import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_LINES = 2
_LEAST_WORDS = 8
_PLACES = 2
"""What moved is gone from one place and stands at another."""
_SHARE = 0.6
"""The part of the words of lines that moved which have to be found at their new place."""
_MOST = 20_000
"""Lines of a file past which nothing is looked for."""

Hunk: TypeAlias = tuple[int, int, int, int]
"""From a line of the base to another, from a line of the side to another."""


@dataclass(frozen=True, slots=True)
class _Move:
    """An edit to be made in the mover's lines and to be taken back in the editor's: where, and the lines for it."""

    there: tuple[int, int]
    new: tuple[bytes, ...]
    here: tuple[int, int]
    old: tuple[bytes, ...]


def carried(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes] | None:
    """Return ours and theirs with each edit of lines that the other side moved made where they stand now.

    None where no side edited what the other moved.
    """
    b, o, t = (lines_of(x) for x in (base, ours, theirs))
    if max(map(len, (b, o, t))) > _MOST:
        return None
    hunks_o, hunks_t = hunks(b, o), hunks(b, t)
    if len(hunks_o) < _PLACES > len(hunks_t):
        return None
    by_ours = _moves(b, o, t, hunks_o, hunks_t)
    by_theirs = _moves(b, t, o, hunks_t, hunks_o)
    if not by_ours and not by_theirs:
        return None
    changes_o = [(*m.there, m.new) for m in by_ours] + [(*m.here, m.old) for m in by_theirs]
    changes_t = [(*m.there, m.new) for m in by_theirs] + [(*m.here, m.old) for m in by_ours]
    after = (_changed(o, changes_o), _changed(t, changes_t))
    return None if after[0] is None or after[1] is None else (after[0], after[1])


def _moves(
    base: list[bytes], mover: list[bytes], editor: list[bytes], moved: list[Hunk], edits: list[Hunk]
) -> list[_Move]:
    """Return the edits that go along with what ``mover`` moved."""
    out: list[_Move] = []
    put_in = _put_in(mover, moved)
    for start, stop, at, _ in moved:
        inside = [e for e in edits if start <= e[0] and e[1] <= stop and (e[0] < e[1] or start < e[0] < stop)]
        crossing = [e for e in edits if e not in inside and e[0] < stop and start < e[1]]
        if not inside or crossing or stop - start < _LEAST_LINES:
            continue
        lines = _Lines.of(base[start:stop])
        likely = [h for h in _likely(lines, put_in, moved) if h[2] != at]
        places = [m for h in likely if (m := _found(lines, mover, h)) is not None]
        if len(places) != 1:
            continue
        found = [_move(base, mover, editor, start, places[0], edit) for edit in inside]
        if any(m is None for m in found):
            return []
        out += [m for m in found if m is not None]
    return out


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines that one side took away, without indentation, the words in each, and how many of them are to be found."""

    bare: list[bytes]
    words: list[int]
    least: float

    @classmethod
    def of(cls, lines: list[bytes]) -> _Lines:
        words = [len(words_of(line)) for line in lines]
        return cls([x.strip() for x in lines], words, max(_LEAST_WORDS, _SHARE * sum(words)))


def _put_in(mover: list[bytes], moved: list[Hunk]) -> dict[bytes, list[int]]:
    """Return in which of the hunks each line stands that ``mover`` put in."""
    out: dict[bytes, list[int]] = {}
    for number, (_, _, first, last) in enumerate(moved):
        for line in {x.strip() for x in mover[first:last]}:
            out.setdefault(line, []).append(number)
    return out


def _likely(lines: _Lines, put_in: dict[bytes, list[int]], moved: list[Hunk]) -> list[Hunk]:
    """Return the hunks in which, wherever they stand, there are enough of ``lines``.

    PERF: two versions of a large file may differ at thousands of places, and each would be compared with each.
    """
    words = dict.fromkeys(range(len(moved)), 0)
    for line, count in zip(lines.bare, lines.words, strict=True):
        for number in put_in.get(line, ()):
            words[number] += count
    return [moved[number] for number, found in words.items() if found >= lines.least]


def _found(lines: _Lines, mover: list[bytes], hunk: Hunk) -> dict[int, int] | None:
    """Return at which lines of ``mover``, of those that it put in, ``lines`` stand now; None if they don't."""
    _, _, first, last = hunk
    pairs = common(lines.bare, [x.strip() for x in mover[first:last]])
    pairs = [(i, j) for i, j in pairs if lines.bare[i]]
    matched = sum(lines.words[i] for i, _ in pairs)
    if len(pairs) < _LEAST_LINES or matched < lines.least:
        return None
    there = b"".join(mover[first + pairs[0][1] : first + pairs[-1][1] + 1])
    if matched < _SHARE * len(words_of(there)):
        return None
    return {i: first + j for i, j in pairs}


def _move(
    base: list[bytes], mover: list[bytes], editor: list[bytes], start: int, where: dict[int, int], edit: Hunk
) -> _Move | None:
    i, j = edit[0] - start, edit[1] - start
    at = [where.get(k, -1) for k in range(i, j)]
    above, below = where.get(i - 1, -1), where.get(j, -1)
    if -1 in at or (at and at != list(range(at[0], at[0] + len(at)))):
        return None
    there = (at[0], at[-1] + 1) if at else (below, below)
    near = (above == there[0] - 1, below == there[1])
    if not (all(near) if not at else any(near) or len(at) >= _LEAST_LINES):
        return None
    model = at[0] if at else above
    known = base[start + (i if at else i - 1)]
    new = _indented(editor[edit[2] : edit[3]], _indent(known), _indent(mover[model]))
    if new is None:
        return None
    return _Move(there, new, (edit[2], edit[3]), tuple(base[edit[0] : edit[1]]))


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _indented(lines: Sequence[bytes], before: bytes, now: bytes) -> tuple[bytes, ...] | None:
    """Return ``lines`` with the indentation ``now`` for ``before``; None where a line is outside of both."""
    if before == now:
        return tuple(lines)
    out = []
    for line in lines:
        if not line.strip():
            out.append(line)
        elif line.startswith(before):
            out.append(now + line[len(before) :])
        elif before.startswith(now) and len(cut := before[len(now) :]) <= len(_indent(line)):
            out.append(line[len(cut) :])
        else:
            return None
    return tuple(out)


def _changed(lines: list[bytes], changes: list[tuple[int, int, tuple[bytes, ...]]]) -> bytes | None:
    """Return the text of ``lines`` with ``changes`` made, None where two of them meet."""
    out: list[bytes] = []
    last = 0
    for start, stop, new in sorted(changes):
        if start < last:
            return None
        out += lines[last:start]
        out += new
        last = stop
    return b"".join([*out, *lines[last:]])
