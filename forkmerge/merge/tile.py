"""A merged file as stable bytes and hunks that tile base, ours and theirs.

The four versions (base, ours, theirs, and the merge with each conflict as one line that equals nothing) are aligned
line by line through the merge: a line that stands in all four is stable, all else between two stable lines is a hunk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.merge.diff import common
from forkmerge.merge.pieces import lines_of
from forkmerge.model.hunk import FileMerge, Hunk, Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOUR = ("base", "ours", "theirs", "merged")


def tile(merged: FileMerge, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    """Return ``merged`` with segments that tile the three versions (see ``model.hunk``).

    A hunk that holds a conflict is a conflict; its alternatives are the conflict's, set into what else the hunk holds.
    """
    lines: list[bytes | Hunk] = []
    for segment in merged.segments:
        if isinstance(segment, bytes):
            lines.extend(lines_of(segment))
        elif segment.merged is not None:
            lines.extend(lines_of(segment.merged))
        else:
            lines.append(segment)
    keys = [line if isinstance(line, bytes) else index for index, line in enumerate(lines)]
    sides = [lines_of(s) for s in (base, ours, theirs)]
    maps = [dict(common(keys, side)) for side in sides]
    stable = [i for i in range(len(lines)) if all(i in m for m in maps)]
    segments: list[Segment] = []
    run: list[bytes] = []
    last_m, last = 0, [0, 0, 0]
    rules = _rules(merged)
    for i in [*stable, len(lines)]:
        at = [m[i] if i < len(lines) else len(side) for m, side in zip(maps, sides, strict=True)]
        if i > last_m or any(a > b for a, b in zip(at, last, strict=True)):
            if run:
                segments.append(b"".join(run))
                run = []
            texts = [b"".join(side[b:a]) for side, a, b in zip(sides, at, last, strict=True)]
            segments.append(_hunk(texts, lines[last_m:i], rules))
        if i < len(lines):
            line = lines[i]
            run.append(line if isinstance(line, bytes) else b"")
            last_m, last = i + 1, [a + 1 for a in at]
    if run:
        segments.append(b"".join(run))
    return replace(merged, segments=_fused(segments))


def _fused(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return ``segments`` with each hunk that contradicts itself joined with the nearest resolved one around it.

    A passage that stands in two places of a side may be found in the one and be missed in the other: then a hunk shows
    an edit of one side that the merge does not have, though it does.
    """
    out = list(segments)
    index = 0
    while index < len(out):
        hunk = out[index]
        if not isinstance(hunk, Hunk) or not _contradicts(hunk):
            index += 1
            continue
        near = [i for i in (index - 2, index - 1, index + 1, index + 2) if 0 <= i < len(out)]
        others = [i for i in near if isinstance(o := out[i], Hunk) and o.merged is not None]
        if not others:
            index += 1
            continue
        other = min(others, key=lambda i: (_size(out[min(i, index) + 1 : max(i, index)]), i))
        lo, hi = min(index, other), max(index, other)
        out[lo : hi + 1] = [_joined(out[lo : hi + 1])]
        index = max(0, lo)
    return tuple(out)


def _size(between: Sequence[Segment]) -> int:
    return sum(len(s) for s in between if isinstance(s, bytes))


def _contradicts(hunk: Hunk) -> bool:
    if hunk.merged is None:
        return False
    if hunk.ours == hunk.base:
        return hunk.merged != hunk.theirs
    return hunk.merged != hunk.ours if hunk.theirs in (hunk.base, hunk.ours) else False


def _joined(segments: Sequence[Segment]) -> Hunk:
    parts = [[s if isinstance(s, bytes) else getattr(s, side) for s in segments] for side in _FOUR]
    base, ours, theirs, merged = (b"".join(p) for p in parts)
    names = {r for s in segments if isinstance(s, Hunk) for r in s.rule.split("+")} - {"ours", "theirs", "same"}
    return Hunk(base, ours, theirs, merged, "+".join(sorted(names)) or "line")


def _rules(merged: FileMerge) -> str:
    names = {r for h in merged.hunks if h.merged is not None for r in h.rule.split("+")}
    return "+".join(sorted(names))


def _hunk(texts: Sequence[bytes], lines: Sequence[bytes | Hunk], rules: str) -> Hunk:
    base, ours, theirs = texts
    conflicts = [line for line in lines if isinstance(line, Hunk)]
    if conflicts:
        alternatives: list[tuple[str, bytes]] = []
        if len(conflicts) == 1:
            for alternative in conflicts[0].alternatives:
                content = b"".join(x if isinstance(x, bytes) else alternative.content for x in lines)
                alternatives.append((alternative.rule, content))
        from forkmerge.model.hunk import Alternative  # noqa: PLC0415 - only here

        return Hunk(
            base, ours, theirs, None, "conflict", conflicts[0].reason, tuple(Alternative(r, c) for r, c in alternatives)
        )
    content = b"".join(x for x in lines if isinstance(x, bytes))
    if ours == base and content == theirs:
        return Hunk(base, ours, theirs, content, "theirs")
    if theirs == base and content == ours:
        return Hunk(base, ours, theirs, content, "ours")
    if ours == theirs == content:
        return Hunk(base, ours, theirs, content, "same")
    return Hunk(base, ours, theirs, content, rules or "line")


def changed_extent(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, tuple[bytes, bytes, bytes], bytes]:
    """Return (common start, the three middles, common end) of the three versions, cut at whole lines."""
    three = [lines_of(x) for x in (base, ours, theirs)]
    shortest = min(len(x) for x in three)
    start = 0
    while start < shortest and three[0][start] == three[1][start] == three[2][start]:
        start += 1
    end = 0
    while end < shortest - start and three[0][-1 - end] == three[1][-1 - end] == three[2][-1 - end]:
        end += 1
    middles = [b"".join(x[start : len(x) - end]) for x in three]
    tail = b"".join(three[0][len(three[0]) - end :]) if end else b""
    return b"".join(three[0][:start]), (middles[0], middles[1], middles[2]), tail
