"""Units that one side moved or renamed while the other edited them in place: the edit is carried to the new place.

Git sees a deletion against a modification.  Here the unit is cut out of the versions in which it stands in its old
place, so that the rest of the file merges by itself; and where it stands now, its text is replaced by the merge of its
three versions.  Only where that merge is clean; else nothing is touched and git's conflict stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forkmerge.merge.file import merge_file
from forkmerge.model.hunk import FileMerge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.alignment.located import Homology
    from forkmerge.merge.tree import Inputs
    from forkmerge.model.span import Span
    from forkmerge.model.treemerge import PathMerge

Texts = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Moved:
    """A unit that ``side`` put to another place or gave another name, and that the other side edited where it was.

    ``base``, ``there`` and ``edited`` are (path, span) of the unit in the base, in ``side`` and in the other side.
    """

    side: Literal["ours", "theirs"]
    base: tuple[str, Span]
    there: tuple[str, Span]
    edited: tuple[str, Span]
    name: str = ""


def moved_units(homologies: Iterable[Homology]) -> tuple[Moved, ...]:
    """Return the units that one side moved or renamed and the other edited in place; doubtful matches are left out."""
    out = []
    for h in homologies:
        if h.base is None or h.ours is None or h.theirs is None or h.ours_match is None or h.theirs_match is None:
            continue
        if h.ours_match.doubtful or h.theirs_match.doubtful:
            continue
        ours_same, theirs_same = h.ours_match.kind == "same", h.theirs_match.kind == "same"
        if ours_same == theirs_same:
            continue
        side: Literal["ours", "theirs"] = "theirs" if ours_same else "ours"
        there, edited = (h.theirs, h.ours) if ours_same else (h.ours, h.theirs)
        if edited.unit.span.of(edited.data) == h.base.unit.span.of(h.base.data):
            continue
        out.append(
            Moved(
                side,
                (h.base.path, h.base.unit.span),
                (there.path, there.unit.span),
                (edited.path, edited.unit.span),
                h.base.unit.name,
            )
        )
    return _outermost(out)


def _outermost(moved: list[Moved]) -> tuple[Moved, ...]:
    """Return the units that lie in no other moved unit."""
    return tuple(
        m
        for m in moved
        if not any(
            n is not m and n.base[0] == m.base[0] and n.base[1] != m.base[1] and n.base[1].covers(m.base[1])
            for n in moved
        )
    )


def merge_around(inputs: Inputs, result: PathMerge, texts: Texts) -> FileMerge:
    """Return the merge of one path with the units that moved out of it cut out, and those that moved into it merged."""
    leaving = [m for m in inputs.moved if m.base[0] == result.sources[0] and carried(inputs, m) is not None]
    arriving = [m for m in inputs.moved if m.there[0] == result.sources[1 if m.side == "ours" else 2]]
    plain = _merge(inputs, result.path, texts)
    if plain.clean and not arriving:
        return plain
    cut = _cut(texts, leaving)
    merged = _merge(inputs, result.path, cut) if leaving else plain
    if leaving and not _better(merged, plain):
        merged = plain
    content = merged.merged()
    if content is None or not merged.clean:
        return merged
    rules = {"moved"} if leaving and merged is not plain else set()
    for unit in arriving:
        new = carried(inputs, unit)
        old = unit.there[1].of(texts[1 if unit.side == "ours" else 2])
        if new is not None and content.count(old) == 1:
            content = content.replace(old, new)
            rules.add("moved")
    if not rules:
        return merged
    return FileMerge(merged.path, (content,), merged.findings, git_clean=merged.git_clean, mode=merged.mode)


def carried(inputs: Inputs, unit: Moved) -> bytes | None:
    """Return the unit at its new place with the other side's edit in it, None where the three versions conflict."""
    mine, other = (inputs.ours, inputs.theirs) if unit.side == "ours" else (inputs.theirs, inputs.ours)
    try:
        base = unit.base[1].of(inputs.read(inputs.base[unit.base[0]].oid))
        there = unit.there[1].of(inputs.read(mine[unit.there[0]].oid))
        edited = unit.edited[1].of(inputs.read(other[unit.edited[0]].oid))
    except KeyError:
        return None
    ours, theirs = (there, edited) if unit.side == "ours" else (edited, there)
    merged = merge_file(unit.there[0], base, ours, theirs, line_merge=inputs.line_merge, allowed=inputs.allowed)
    return merged.merged() if merged.clean else None


def _merge(inputs: Inputs, path: str, texts: Texts) -> FileMerge:
    return merge_file(
        path, *texts, line_merge=inputs.line_merge, allowed=inputs.allowed, alternatives=inputs.alternatives
    )


def _cut(texts: Texts, leaving: list[Moved]) -> Texts:
    """Return the three versions without the units that a side moved away."""
    out = []
    for number, text in enumerate(texts):
        spans = []
        for unit in leaving:
            if number == 0:
                spans.append(unit.base[1])
            elif (number == 1) != (unit.side == "ours"):
                spans.append(unit.edited[1])
        for span in sorted(spans, reverse=True):
            text = text[: span.start] + text[span.end :]  # noqa: PLW2901 - cut from the end, so that spans stay right
        out.append(text)
    return out[0], out[1], out[2]


def _better(merged: FileMerge, plain: FileMerge) -> bool:
    return len(merged.conflicts) < len(plain.conflicts)
