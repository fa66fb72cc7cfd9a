"""Which unit of a file a hunk falls into.

Units are read from a version of the file in which every hunk has a content (the merged one, in conflicts ours), so that
a whole function that a side adds is found as the unit that it becomes.  Without a language, or where a hunk spreads
over several units, there is no region and the hunk stands alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.span import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.model.hunk import FileMerge
    from forkmerge.syntax.profile import Profile
    from forkmerge.syntax.units import Unit

ProfileFor: TypeAlias = "Callable[[str, bytes], Profile | None]"
UnitsOf: TypeAlias = "Callable[[Profile, bytes], tuple[Unit, ...]]"


@dataclass(frozen=True, slots=True)
class Region:
    """A unit: its kind, its qualified name, and the bytes that it covers."""

    kind: str
    name: str
    span: Span


def regions_of_hunks(
    file: FileMerge, profile_for: ProfileFor | None, units_of: UnitsOf | None = None
) -> tuple[Region | None, ...]:
    """Return for each hunk the innermost unit that it falls into, None where there is none."""
    data, spans = _view(file)
    found = _units(file.path, data, profile_for, units_of)
    return tuple(_innermost(span, found, data) for span in spans)


def _view(file: FileMerge) -> tuple[bytes, tuple[Span, ...]]:
    parts: list[bytes] = []
    spans: list[Span] = []
    at = 0
    for segment in file.segments:
        if isinstance(segment, bytes):
            text = segment
        else:
            text = segment.merged if segment.merged is not None else segment.ours or segment.theirs
            spans.append(Span(at, at + len(text)))
        parts.append(text)
        at += len(text)
    return b"".join(parts), tuple(spans)


def _units(path: str, data: bytes, profile_for: ProfileFor | None, units_of: UnitsOf | None) -> tuple[Unit, ...]:
    if profile_for is None:
        return ()
    profile = profile_for(path, data)
    if profile is None:
        return ()
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - together with the parser, only where it is used
    from forkmerge.syntax.units import units  # noqa: PLC0415 - loads the parser

    try:
        return (units_of or units)(profile, data)
    except ForkmergeError:
        return ()


def _name(unit: Unit) -> str:
    name = unit.qualified if unit.name else ".".join((*unit.scope, unit.kind))
    return f"{name}#{unit.ordinal + 1}" if unit.ordinal else name


def _innermost(span: Span, units: Sequence[Unit], data: bytes) -> Region | None:
    """Return the smallest unit around ``span``, white space at its ends aside; siblings stand in order, and apart."""
    text = span.of(data)
    start = span.start + len(text) - len(text.lstrip())
    end = max(start, span.end - (len(text) - len(text.rstrip())))
    inner = Span(start, end)
    find, at = (bisect_right, start) if len(inner) else (bisect_left, span.start)
    found: Unit | None = None
    while units:
        index = find(units, at, key=lambda u: u.span.start) - 1
        if index < 0:
            break
        unit = units[index]
        if not (unit.span.covers(inner) if len(inner) else at < unit.span.end):
            break
        found, units = unit, unit.children
    return None if found is None else Region(found.kind, _name(found), found.span)
