"""The units of the files that head changed, as base, head and target have them.

Idea: head is aligned with the base once; target only where it changed something that matters to head: the same files,
and those that gained words of head's edits.  Where it changed nothing, target has what the base has.  What both added
is one thing if it bears the same name at the same place, or is the same text anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.alignment.align import match
from forkmerge.alignment.located import Kind
from forkmerge.model.source import EXECUTABLE, REGULAR, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from forkmerge.alignment.located import Located, Sources
    from forkmerge.app.check_names import Trees
    from forkmerge.model.source import Tree
    from forkmerge.model.span import Span
    from forkmerge.syntax.catalogue import Catalogue

_Key: TypeAlias = tuple[str, int, int, str]
_PIECES = (Kind.SPLIT, Kind.JOINED)


@dataclass(frozen=True, slots=True)
class Three:
    """One unit; ``split`` says that target took it apart or joined it with another."""

    base: Located | None
    mine: Located | None
    other: Located | None
    split: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """The units in the order of the base, then those that head added; and the spans of all, by side and path."""

    threes: tuple[Three, ...]
    spans: dict[str, dict[str, list[tuple[str, Span]]]]


def aligned(
    taken: Sequence[str], near: Sequence[str], trees: Trees, read: Callable[[str], bytes], languages: Catalogue
) -> Units:
    """Return the units of the files ``taken``, which head changed; ``near`` are other files that target changed."""
    base = _sources(trees.base, taken, read)
    to_ours = match(base, _sources(trees.ours, taken, read), languages=languages)
    # PERF: what both did to a file alike is aligned once
    same = frozenset(p for p in taken if trees.ours.get(p) == trees.theirs.get(p))
    if any(m.left and m.right and (m.left.path in same) != (m.right.path in same) for m in to_ours):
        same = frozenset()
    hot = [*(p for p in taken if trees.base.get(p) != trees.theirs.get(p) and p not in same), *near]
    to_theirs = match(_sources(trees.base, hot, read), _sources(trees.theirs, hot, read), languages=languages)
    theirs = {_key(m.left): m.right for m in to_theirs if m.left is not None and m.kind not in _PIECES}
    taken_apart = {_key(m.left) for m in to_theirs if m.left is not None and m.kind in _PIECES}
    changed = frozenset(hot)
    added = _Added(m.right for m in to_theirs if m.kind == Kind.ADDED and m.right is not None)
    found = []
    for m in to_ours:
        if m.kind in _PIECES:
            continue
        if any(unit is not None and unit.path in same for unit in (m.left, m.right)):
            found.append(Three(m.left, m.right, m.right))
        elif m.left is None:
            found.append(Three(None, m.right, added.like(m.right) if m.right is not None else None))
        elif m.left.path in changed:
            found.append(Three(m.left, m.right, theirs.get(_key(m.left)), _key(m.left) in taken_apart))
        else:
            found.append(Three(m.left, m.right, m.left))
    spans = {"base": _spans(m.left for m in to_ours), "ours": _spans(m.right for m in to_ours)}
    alike = {path: found for path, found in spans["ours"].items() if path in same}
    spans["theirs"] = spans["base"] | alike | _spans(m.right for m in to_theirs)
    return Units(tuple(found), spans)


class _Added:
    """What target added, by place and by text."""

    def __init__(self, units: Iterable[Located]) -> None:
        self._placed: dict[tuple[str, str], Located] = {}
        self._texts: dict[bytes, Located] = {}
        for unit in units:
            self._placed.setdefault((unit.path, unit.unit.qualified), unit)
            self._texts.setdefault(squeezed(unit.text), unit)

    def like(self, unit: Located) -> Located | None:
        """Return the unit of target that is the same thing."""
        return self._placed.get((unit.path, unit.unit.qualified)) or self._texts.get(squeezed(unit.text))


def squeezed(text: bytes) -> bytes:
    """Return ``text`` without what is layout alone: blanks, the kind of quotes, a comma that ends a last line."""
    return b"".join(re.sub(rb",(?=\s*\n\s*[)\]}])", b"", text).split()).replace(b'"', b"'")


def _sources(tree: Tree, paths: Sequence[str], read: Callable[[str], bytes]) -> Sources:
    there = ((p, tree[p]) for p in sorted(paths) if p in tree)
    return tuple(SourceFile(p, read(e.oid), e.mode) for p, e in there if e.mode in (REGULAR, EXECUTABLE))


def _spans(units: Iterable[Located | None]) -> dict[str, list[tuple[str, Span]]]:
    out: dict[str, list[tuple[str, Span]]] = {}
    for unit in units:
        if unit is not None:
            out.setdefault(unit.path, []).append((unit.unit.kind, unit.unit.span))
    return out


def _key(unit: Located) -> _Key:
    return unit.path, unit.unit.span.start, unit.unit.span.end, unit.unit.kind
