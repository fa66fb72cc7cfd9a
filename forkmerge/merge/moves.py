"""Units that one side moved or renamed while the other edited them in place: the edit is carried to the new place.

Git sees a deletion against a modification.  Here the unit is cut out of the versions in which it stands in its old
place, so that the rest of the file merges by itself; and in the version that has it elsewhere, its text is replaced by
the merge of its three versions before that file is merged.  Only where that merge is clean; else nothing is touched and
git's conflict stands.

Invariant: a unit is cut out only if its edit is in the version that has it elsewhere, whatever becomes of that file.
Who can look at whole files asks ``strays`` as well: an edit may use what only the file binds that it was made in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forkmerge.merge.file import merge_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.alignment.located import Homology
    from forkmerge.merge.tree import Inputs
    from forkmerge.model.hunk import FileMerge
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
    home = result.sources[0]
    leaving, arriving = [], []
    for unit in inputs.moved:
        here = unit.there[0] == result.sources[_number(unit)]
        new = carried(inputs, unit) if here or unit.base[0] == home else None
        if new is not None and here:
            arriving.append((unit, new))
        if new is not None and unit.base[0] == home:
            leaving.append(unit)
    within = [(u, n) for u, n in arriving if u.base[0] == home]
    plain = _merge(inputs, result.path, _carried(texts, [], [x for x in arriving if x not in within]))
    if plain.clean or not leaving:
        return plain
    merged = _merge(inputs, result.path, _carried(texts, leaving, arriving))
    return merged if _better(merged, plain) else plain


def _number(unit: Moved) -> int:
    return 1 if unit.side == "ours" else 2


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
    merged = merge_file(
        unit.there[0],
        *(base, ours, theirs),
        line_merge=inputs.line_merge,
        allowed=inputs.allowed,
        languages=inputs.languages,
    )
    return merged.merged() if merged.clean else None


def strays(path: str, source: bytes, before: bytes, after: bytes) -> frozenset[str]:
    """Return the names that an edit carried from ``source`` uses in ``after``, where nothing binds them.

    ``before`` is the file without the edit: what it leaves unbound was so before.  What ``source`` does not bind either
    (built-in names) is no stray; nor is anything where a version can't be read.
    """
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - only where an edit was carried
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - the same
    from forkmerge.syntax.references import names  # noqa: PLC0415 - the same

    profile = for_path(path, after)
    if profile is None:
        return frozenset()
    try:
        there, then, now = (names(profile, text) for text in (source, before, after))
    except ForkmergeError:
        return frozenset()
    bound = {name.text for name in now.definitions}
    if ANY in bound:
        return frozenset()
    used = {n.text for n in now.uses if n.kind != "attribute"} - {n.text for n in then.uses if n.kind != "attribute"}
    return frozenset((used - bound) & {name.text for name in there.definitions})


ANY = "*"
"""What an import of everything binds."""


def _merge(inputs: Inputs, path: str, texts: Texts) -> FileMerge:
    return merge_file(
        path,
        *texts,
        line_merge=inputs.line_merge,
        allowed=inputs.allowed,
        alternatives=inputs.alternatives,
        languages=inputs.languages,
    )


def _carried(texts: Texts, leaving: list[Moved], arriving: list[tuple[Moved, bytes]]) -> Texts:
    """Return the versions without the units that a side moved away, and with the others' edits where they moved to."""
    edits: list[list[tuple[Span, bytes]]] = [[], [], []]
    for unit in leaving:
        edits[0].append((unit.base[1], b""))
        edits[3 - _number(unit)].append((unit.edited[1], b""))
    for unit, new in arriving:
        edits[_number(unit)].append((unit.there[1], new))
    out = []
    for text, changes in zip(texts, edits, strict=True):
        for span, new in sorted(changes, reverse=True):
            text = text[: span.start] + new + text[span.end :]  # noqa: PLW2901 - from the end, so that spans stay right
        out.append(text)
    return out[0], out[1], out[2]


def _better(merged: FileMerge, plain: FileMerge) -> bool:
    return len(merged.conflicts) < len(plain.conflicts)
