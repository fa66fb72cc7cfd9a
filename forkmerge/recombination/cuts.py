"""Conflicts cut where units end, so that each function of a conflict is decided by itself.

Lines that are alike at the ends of two functions (a bracket, a ``return``) pair up in a line merge: a function that
both sides changed and one that a side put after it become one conflict, and a mixture of lines puts an edit of the
first into the second.  Units of one name that all three versions have tell where the conflict can be cut: before and
after each of them.  Where a conflict ends within a unit, and in one version within another one than in the others, it
takes in the stable lines up to where that unit ends in all three.

Invariants: the segments tile the same three versions; only conflicts without answers of the engine are cut; what only
one side changed in a piece is that side's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.model.hunk import Hunk
from forkmerge.syntax.units import units, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.model.hunk import FileMerge, Segment
    from forkmerge.model.treemerge import TreeMerge
    from forkmerge.recombination.regions import ProfileFor
    from forkmerge.syntax.unit import Unit

_MOST_TAKEN = 200
"""So many stable bytes at most are taken into a conflict."""

_UNITS = frozenset(("function", "method", "class", "type"))
_Key: TypeAlias = tuple[str, tuple[str, ...], str, int]
_Place: TypeAlias = tuple[int, int, int]
"""Offsets in base, ours and theirs."""


class _Spans(NamedTuple):
    """The whole lines of each unit of one version."""

    data: bytes
    units: dict[_Key, tuple[int, int]]

    def around(self, at: int) -> _Key | None:
        """Return the smallest unit that begins before ``at`` and ends after it."""
        found = [(end - start, key) for key, (start, end) in self.units.items() if start < at < end]
        return min(found)[1] if found else None


def cut_at_units(merged: TreeMerge, profile_for: ProfileFor) -> TreeMerge:
    """Return ``merged`` with the conflicts of its files cut where units begin and end in all three versions."""
    return replace(
        merged,
        paths=tuple(
            replace(path, file=cut) if path.file is not None and (cut := _cut(path.file, profile_for)) else path
            for path in merged.paths
        ),
    )


def _cut(file: FileMerge, profile_for: ProfileFor) -> FileMerge | None:
    if not any(h.merged is None and h.base and not h.alternatives for h in file.hunks):
        return None
    texts = [file.side("base"), file.side("ours"), file.side("theirs")]
    profile = profile_for(file.path, texts[0])
    if profile is None or profile.data:
        return None
    try:
        found = [_Spans(text, _lines(text, tuple(walk(units(profile, text))))) for text in texts]
    except ForkmergeError:
        return None
    segments = _pieces(file.segments, found)
    return replace(file, segments=segments, as_git=False) if segments != file.segments else None


def _lines(data: bytes, found: tuple[Unit, ...]) -> dict[_Key, tuple[int, int]]:
    out = {}
    for unit in found:
        if unit.kind in _UNITS and unit.name:
            end = data.find(b"\n", max(unit.span.start, unit.span.end - 1))
            start = data.rfind(b"\n", 0, unit.span.start) + 1
            out[unit.kind, unit.scope, unit.name, unit.ordinal] = (start, len(data) if end < 0 else end + 1)
    return out


def _pieces(segments: tuple[Segment, ...], found: Sequence[_Spans]) -> tuple[Segment, ...]:
    out: list[Segment] = []
    at: _Place = (0, 0, 0)
    taken = 0  # what the conflict before has taken from the front of the next segment
    for number, segment in enumerate(segments):
        if isinstance(segment, bytes):
            text = segment[taken:]
            taken = 0
            at = _after(at, (text, text, text))
            out += [text] if text else []
            continue
        end = _after(at, (segment.base, segment.ours, segment.theirs))
        if segment.merged is None and segment.base and not segment.alternatives:
            last = out[-1] if out and isinstance(out[-1], bytes) else b""
            rest = segments[number + 1] if number + 1 < len(segments) else b""
            front, back = _taken(found, at, 0, last), _taken(found, end, 1, rest if isinstance(rest, bytes) else b"")
            made = _divided(_before(at, front), _before(end, -back), found)
            if len(made) > 1:
                if front:
                    out[-1] = last[: len(last) - front]
                out += made
                at, taken = _before(end, -back), back
                continue
        out.append(segment)
        at = end
    return tuple(out)


def _after(at: _Place, texts: tuple[bytes, bytes, bytes]) -> _Place:
    return at[0] + len(texts[0]), at[1] + len(texts[1]), at[2] + len(texts[2])


def _before(at: _Place, count: int) -> _Place:
    return at[0] - count, at[1] - count, at[2] - count


def _taken(found: Sequence[_Spans], at: _Place, edge: int, stable: bytes) -> int:
    """Return how many bytes of ``stable`` lie between ``at`` and the edge of the unit around it, of different ones."""
    around = [spans.around(place) for spans, place in zip(found, at, strict=True)]
    if len(set(around)) == 1:
        return 0
    far = {abs(s.units[key][edge] - p) if key else 0 for s, key, p in zip(found, around, at, strict=True)}
    count = far.pop()
    return count if not far and count <= min(_MOST_TAKEN, len(stable)) else 0


def _divided(start: _Place, end: _Place, found: Sequence[_Spans]) -> list[Segment]:
    """Return what stands between two places, cut at the edges of the units that all versions have there."""
    known = found[0].units.keys() & found[1].units.keys() & found[2].units.keys()
    edges = {tuple(spans.units[key][edge] for spans in found) for key in known for edge in (0, 1)}
    inside = [e for e in edges if all(a <= x <= b for a, x, b in zip(start, e, end, strict=True))]
    out: list[Segment] = []
    at: tuple[int, ...] = start
    for edge in [*sorted(inside), end]:
        if any(x < a for a, x in zip(at, edge, strict=True)):
            continue
        base, ours, theirs = (s.data[a:x] for s, a, x in zip(found, at, edge, strict=True))
        at = edge
        if base == ours == theirs:
            out += [base] if base else []
        else:
            out.append(_hunk(base, ours, theirs))
    return out


def _hunk(base: bytes, ours: bytes, theirs: bytes) -> Hunk:
    if base == ours:
        return Hunk(base, ours, theirs, theirs, "theirs")
    if base == theirs:
        return Hunk(base, ours, theirs, ours, "ours")
    if ours == theirs:
        return Hunk(base, ours, theirs, ours, "same")
    return Hunk(base, ours, theirs, None, "conflict", "both sides changed it")
