"""The difference of two trees as parts that can be taken or left one by one.

    old files + new files -> cut: stable lines and parts (lines that differ); a part that brings whole definitions is
    cut between them -> any set of parts -> the files with these parts as in the new tree, the others as in the old

A path that can't be cut by lines (deleted, binary, a symlink, another mode) is one part.  With ``heads``, what stands
above the first definition of a new file (its docstring, its imports) comes with any part of it.  Pure.
Invariants: no part taken gives the old files, all taken the new ones; parts are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.merge.diff import common
from forkmerge.model.source import EXECUTABLE, REGULAR, Entry
from forkmerge.model.span import Span
from forkmerge.syntax.parsing import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forkmerge.recombination.regions import ProfileFor
    from forkmerge.syntax.unit import Unit

_FILES = (REGULAR, EXECUTABLE)
_DEFINING = frozenset(("function", "method", "class", "type"))

Written: TypeAlias = "Entry | tuple[int, bytes] | None"


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of ``path`` that differ: ``old`` (at ``origin`` of the old file) became ``new`` (at ``span`` of the new).

    ``whole`` parts are paths as they are, without lines.  ``unit`` is the innermost unit of the new file that holds the
    part ("" where there is none), ``line`` the line (from 1) at which it stands there.
    """

    path: str
    old: bytes
    new: bytes
    origin: Span
    span: Span
    unit: str = ""
    line: int = 0
    whole: bool = False

    @property
    def added(self) -> int:
        """Return how many lines it brings."""
        return _lines(self.new)

    @property
    def removed(self) -> int:
        """Return how many lines it takes away."""
        return _lines(self.old)


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    old: Entry | None
    new: Entry | None
    segments: tuple[bytes | int, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """The parts of a difference, and the files that they belong to."""

    parts: tuple[Part, ...]
    _files: tuple[_File, ...]

    def written(self, taken: frozenset[int]) -> dict[str, Written]:
        """Return what turns the old tree into the one with the parts ``taken``: path -> entry, mode and bytes, None."""
        out: dict[str, Written] = {}
        for file in self._files:
            own = [s for s in file.segments if isinstance(s, int)]
            inside = taken.intersection(own)
            if len(inside) == len(own):
                out[file.path] = file.new
            elif inside:
                entry = file.new or file.old
                mode = entry.mode if entry is not None else REGULAR
                out[file.path] = (mode, b"".join(self._text(s, taken) for s in file.segments))
        return out

    def _text(self, segment: bytes | int, taken: frozenset[int]) -> bytes:
        if isinstance(segment, bytes):
            return segment
        part = self.parts[segment]
        return part.new if segment in taken else part.old


Change: TypeAlias = "tuple[str, Entry | None, Entry | None]"
"""A path with what stands there in the old and in the new tree."""


def patch(
    changes: Sequence[Change], read: Callable[[str], bytes], profile_for: ProfileFor, *, heads: bool = False
) -> Patch:
    """Return the parts of ``changes``, in the order of the changes and of the lines; ``read`` gives a blob's bytes."""
    parts: list[Part] = []
    files = []
    for path, old, new in changes:
        cut: list[bytes | Part] = list(_cut(path, old, new, read, profile_for))
        if heads and old is None and len(cut) > 1 and isinstance(cut[0], Part):
            cut[0] = cut[0].new
        segments: list[bytes | int] = []
        for piece in cut:
            if isinstance(piece, bytes):
                segments.append(piece)
            else:
                segments.append(len(parts))
                parts.append(piece)
        files.append(_File(path, old, new, tuple(segments)))
    return Patch(tuple(parts), tuple(files))


def _cut(
    path: str, old: Entry | None, new: Entry | None, read: Callable[[str], bytes], profile_for: ProfileFor
) -> Iterator[bytes | Part]:
    before, after = (read(e.oid) if e is not None and e.mode in _FILES else b"" for e in (old, new))
    if not _by_lines(old, new, before, after):
        texts = (b"", b"") if b"\0" in before + after else (before, after)
        yield Part(path, *texts, Span(0, len(before)), Span(0, len(after)), whole=True)
        return
    found = _Units(path, after, profile_for)
    a, b = before.splitlines(keepends=True), after.splitlines(keepends=True)
    i = j = old_at = at = 0
    stable: list[bytes] = []
    for x, y in (*common(a, b), (len(a), len(b))):
        if i < x or j < y:
            if stable:
                yield b"".join(stable)
                stable = []
            removed, added = b"".join(a[i:x]), b"".join(b[j:y])
            for piece in found.pieces(Span(at, at + len(added))):
                origin = Span(old_at, old_at + len(removed))
                line = 1 + after.count(b"\n", 0, piece.start)
                yield Part(path, removed, piece.of(after), origin, piece, found.name(piece), line)
                old_at, removed = origin.end, b""
            at += len(added)
        if x < len(a):
            stable.append(a[x])
            at += len(a[x])
            old_at += len(a[x])
        i, j = x + 1, y + 1
    if stable:
        yield b"".join(stable)


def _by_lines(old: Entry | None, new: Entry | None, before: bytes, after: bytes) -> bool:
    if new is None or new.mode not in _FILES or b"\0" in before[:8000] or b"\0" in after[:8000]:
        return False
    if old is None:
        return bool(after)
    return old.mode == new.mode and before != after


class _Units:
    """The units of a new file."""

    def __init__(self, path: str, data: bytes, profile_for: ProfileFor) -> None:
        from forkmerge.syntax.units import units  # noqa: PLC0415 - loads the parser

        profile = profile_for(path, data) if len(data) <= MAX_BYTES else None
        self._data = data
        try:
            self._units = tuple(_outside_functions(units(profile, data))) if profile is not None else ()
        except ForkmergeError:
            self._units = ()

    def pieces(self, span: Span) -> list[Span]:
        """Return ``span`` cut before and after each definition that lies within it as a whole; it may be empty.

        Blank lines between two definitions go with the second one.
        """
        inside = [u.span for u in self._units if u.kind in _DEFINING and len(u.span) and span.covers(u.span)]
        cuts = {self._above(u.start) for u in inside} | {u.end for u in inside}
        marks = [span.start, *sorted(at for at in cuts if span.start < at < span.end), span.end]
        if len(marks) > 2 and not self._data[marks[-2] : span.end].strip():
            del marks[-2]
        return [Span(low, high) for low, high in pairwise(marks)]

    def _above(self, at: int) -> int:
        """Return where the blank lines above ``at`` begin."""
        before = self._data[:at]
        return len(before.rstrip()) + len(self._line_end(before)) if before.strip() else 0

    @staticmethod
    def _line_end(before: bytes) -> bytes:
        rest = before[len(before.rstrip()) :]
        return rest[: rest.find(b"\n") + 1]

    def name(self, span: Span) -> str:
        """Return the qualified name of the innermost unit around the text of ``span``."""
        text = span.of(self._data)
        start = span.start + len(text) - len(text.lstrip())
        end = max(start, span.end - (len(text) - len(text.rstrip())))
        around = [u for u in self._units if u.name and u.span.start <= start and end <= u.span.end]
        return min(around, key=lambda u: len(u.span)).qualified if around else ""


def _outside_functions(found: Sequence[Unit]) -> Iterator[Unit]:
    """Yield units and those inside of them, but for what is defined inside functions."""
    for unit in found:
        yield unit
        if unit.kind not in ("function", "method"):
            yield from _outside_functions(unit.children)


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n")) if data else 0
