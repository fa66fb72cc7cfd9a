"""The merge of whole trees: every path that a side changed, with renames followed and moved units carried along.

Pure: blobs come through ``read``, git's line merge through ``line_merge``, renames of files and homologies of units are
worked out above and handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.file import merge_file
from forkmerge.merge.rules import Allowed
from forkmerge.merge.tile import tile
from forkmerge.model.source import EXECUTABLE, REGULAR, Entry, Tree
from forkmerge.model.treemerge import PathMerge, TreeMerge
from forkmerge.syntax.catalogue import BUILTIN, Catalogue

if TYPE_CHECKING:
    from forkmerge.merge.moves import Moved
    from forkmerge.merge.pieces import LineMerge

Read: TypeAlias = Callable[[str], bytes]

_FILES = (REGULAR, EXECUTABLE)
_SNIFF = 8000
_MAX_TEXT = 2_000_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a tree merge works on: the trees, how to read a blob, git's line merge, and what is known of moves.

    ``renames_ours`` and ``renames_theirs`` map paths of the base to where each side renamed them; ``moved`` are units
    that one side moved or renamed while the other edited them in place.
    """

    base: Tree
    ours: Tree
    theirs: Tree
    read: Read
    line_merge: LineMerge
    renames_ours: Mapping[str, str] = field(default_factory=dict)
    renames_theirs: Mapping[str, str] = field(default_factory=dict)
    moved: tuple[Moved, ...] = ()
    allowed: Allowed = field(default_factory=Allowed)
    alternatives: bool = True
    languages: Catalogue = BUILTIN


@dataclass(frozen=True, slots=True)
class Meeting:
    """The three entries that meet at one path of the result, and the paths they come from ("" where there is none)."""

    path: str
    sources: tuple[str, str, str]
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    note: str = ""


def merge_trees(inputs: Inputs) -> TreeMerge:
    """Return the merge of three trees: a ``PathMerge`` for each path that a side changed, sorted by path.

    Raises ``UnusableInput`` when a blob can't be read.
    """
    met = list(meetings(inputs))
    if inputs.moved:
        inputs = replace(inputs, moved=tuple(u for u in inputs.moved if _lands(inputs, u, met)))
    merged = [_merge_path(inputs, m) for m in met]
    return TreeMerge(tuple(_without_clashes(sorted(merged, key=lambda p: p.path))))


def meetings(inputs: Inputs) -> Iterable[Meeting]:
    """Yield what meets where, for every path that is not the same in all three trees."""
    base, ours, theirs = inputs.base, inputs.ours, inputs.theirs
    to_ours = _usable(inputs.renames_ours, base, ours)
    to_theirs = _usable(inputs.renames_theirs, base, theirs)
    taken_o, taken_t = set(to_ours.values()), set(to_theirs.values())
    for path, entry in base.items():
        at_o, at_t = to_ours.get(path, path), to_theirs.get(path, path)
        if at_o == at_t == path and entry == ours.get(path) == theirs.get(path):
            continue
        mine = ours.get(at_o) if at_o == path or path in to_ours else None
        other = theirs.get(at_t) if at_t == path or path in to_theirs else None
        if at_o == path and path in taken_o:
            mine = None
        if at_t == path and path in taken_t:
            other = None
        if path not in (at_o, at_t) and at_o != at_t:
            yield Meeting(at_o, (path, at_o, at_t), entry, mine, other, "rename/rename")
            continue
        target = at_o if at_o != path else at_t
        sources = (path, at_o if mine else "", at_t if other else "")
        yield Meeting(target, sources, entry, mine, other)
    for path in sorted(set(ours) | set(theirs)):
        new_o = path in ours and (path not in base or path in to_ours) and path not in taken_o
        new_t = path in theirs and (path not in base or path in to_theirs) and path not in taken_t
        if not new_o and not new_t:
            continue
        if (path in taken_o or path in taken_t) and not (new_o and new_t):
            continue
        yield Meeting(
            path,
            ("", path if new_o else "", path if new_t else ""),
            None,
            ours[path] if new_o else None,
            theirs[path] if new_t else None,
        )


def _lands(inputs: Inputs, unit: Moved, met: Iterable[Meeting]) -> bool:
    """Return whether the file that has ``unit`` now is merged inside, so that an edit can be carried there."""
    number = 1 if unit.side == "ours" else 2
    return any(m.sources[number] == unit.there[0] and _has_inside(inputs, m) for m in met)


def _has_inside(inputs: Inputs, meeting: Meeting) -> bool:
    """Return whether the entries that meet are texts to be merged by their lines, not to be taken as a whole."""
    base, ours, theirs = meeting.base, meeting.ours, meeting.theirs
    if meeting.note:
        return False
    if ours is None or theirs is None:
        return (
            base is None and inputs.languages.for_path(meeting.path) is not None and _texts(inputs, (ours or theirs,))
        )
    return _texts(inputs, (base, ours, theirs))


def _usable(renames: Mapping[str, str], base: Tree, side: Tree) -> dict[str, str]:
    """Return the renames whose old path is gone and whose new path is new, each new path once."""
    out: dict[str, str] = {}
    for old, new in sorted(renames.items()):
        if old in base and new in side and new not in base and old not in side and new not in out.values():
            out[old] = new
    return out


def _merge_path(inputs: Inputs, meeting: Meeting) -> PathMerge:
    base, ours, theirs = meeting.base, meeting.ours, meeting.theirs
    result = PathMerge(meeting.path, base, ours, theirs, sources=meeting.sources)
    if meeting.note:
        return replace(result, merged=ours, conflict=meeting.note)
    if base is not None and (ours is None or theirs is None) and ours != theirs:
        return _deleted(result, base)
    if _has_inside(inputs, meeting):
        return _inside(inputs, result)
    if ours is None or theirs is None:
        return replace(result, merged=theirs if ours is None else ours)
    return _whole(result)


def _deleted(result: PathMerge, base: Entry) -> PathMerge:
    """Return what becomes of a file that a side deleted: gone if the other left it alone, a conflict if not."""
    left = result.ours or result.theirs
    renamed = len({s for s in result.sources if s}) > 1
    if left == base and not renamed:
        return replace(result, merged=None)
    return replace(result, merged=left, conflict="delete/modify")


def _whole(result: PathMerge) -> PathMerge:
    """Return the merge of entries that are taken as a whole: what only one side changed wins, else a conflict."""
    base, ours, theirs = result.base, result.ours, result.theirs
    if ours in (theirs, base):
        return replace(result, merged=theirs)
    if theirs == base:
        return replace(result, merged=ours)
    modes = {e.mode for e in (ours, theirs) if e is not None}
    if base is None:
        kind = "add/add"
    elif modes & {0o160000}:
        kind = "submodule"
    elif modes <= set(_FILES):
        kind = "binary"
    else:
        kind = "mode"
    return replace(result, merged=ours, conflict=kind)


def _texts(inputs: Inputs, entries: tuple[Entry | None, ...]) -> bool:
    present = [e for e in entries if e is not None]
    if any(e.mode not in _FILES for e in present):
        return False
    return not any(_binary(inputs.read(oid)) for oid in {e.oid for e in present})


def _binary(data: bytes) -> bool:
    return b"\0" in data[:_SNIFF] or len(data) > _MAX_TEXT


def _inside(inputs: Inputs, result: PathMerge) -> PathMerge:
    """Return the merge of three texts, tiled into hunks."""
    base, ours, theirs = result.base, result.ours, result.theirs
    read = inputs.read
    texts = (read(base.oid) if base else b"", read(ours.oid) if ours else b"", read(theirs.oid) if theirs else b"")
    if inputs.moved:
        from forkmerge.merge.moves import merge_around  # noqa: PLC0415 - only where units moved

        merged = merge_around(inputs, result, texts)
    else:
        merged = merge_file(
            result.path,
            *texts,
            line_merge=inputs.line_merge,
            allowed=inputs.allowed,
            alternatives=inputs.alternatives,
            languages=inputs.languages,
        )
    mode, clash = _mode(base, ours, theirs)
    tiled = replace(tile(merged, *texts), mode=mode)
    return replace(result, merged=None, file=tiled, conflict="mode" if clash else "")


def _mode(base: Entry | None, ours: Entry | None, theirs: Entry | None) -> tuple[int, bool]:
    if ours is None or theirs is None:
        return (ours or theirs or Entry(REGULAR, "")).mode, False
    if ours.mode == theirs.mode or (base is not None and theirs.mode == base.mode):
        return ours.mode, False
    if base is not None and ours.mode == base.mode:
        return theirs.mode, False
    return ours.mode, True


def _without_clashes(paths: list[PathMerge]) -> Iterable[PathMerge]:
    """Yield the paths, those that would have to be a file and a folder at once marked as conflicts."""
    files = {p.path for p in paths if p.merged is not None or p.file is not None}
    for path in paths:
        parts = path.path.split("/")
        above = {"/".join(parts[:i]) for i in range(1, len(parts))}
        if path.path in files and above & files and not path.conflict:
            yield replace(path, conflict="file/directory")
        else:
            yield path
