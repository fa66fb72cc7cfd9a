"""Units with the place where they stand, and the values that join units of two and of three revisions.

A ``Match`` joins two units; its ``score`` is how alike they are (1.0: unchanged) and its ``evidence`` is what a person
would say for it.  How sure the match is stands in ``doubtful`` alone: a doubtful match is worth showing and never
decides a merge.  A ``Homology`` joins the matches base-ours, base-theirs and ours-theirs.

Invariants: within one answer a unit stands in at most one ``Match`` that is not ``split`` or ``joined``, and in exactly
one ``Homology``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.source import SourceFile

if TYPE_CHECKING:
    from forkmerge.syntax.units import Unit

Sources: TypeAlias = tuple[SourceFile, ...]
Key: TypeAlias = tuple[str, int, int, str, str]


class Kind(StrEnum):
    """What happened to a unit on the way from left to right.

    *Moved* is another scope of the same file, or another order among its siblings; a member of a class that was itself
    renamed or moved has not moved.  ``ADDED`` stands only at the right, ``DELETED`` only at the left.  ``SPLIT``: the
    right unit holds a part of a left one that lives on elsewhere.  ``JOINED``: the left unit went into a right one
    that has another origin too.
    """

    SAME = "same"
    RENAMED = "renamed"
    MOVED = "moved"
    MOVED_RENAMED = "moved+renamed"
    MOVED_FILE = "moved-file"
    MOVED_FILE_RENAMED = "moved-file+renamed"
    ADDED = "added"
    DELETED = "deleted"
    SPLIT = "split"
    JOINED = "joined"

    @property
    def renamed(self) -> bool:
        """Return whether the name changed."""
        return self.value.endswith("renamed")

    @property
    def moved(self) -> bool:
        """Return whether the place changed, within the file or across files."""
        return self.value.startswith("moved")


@dataclass(frozen=True, slots=True)
class Located:
    """A unit in its file; ``line`` is that of its first byte, from 1."""

    path: str
    unit: Unit
    line: int
    data: bytes = field(repr=False, compare=False)

    @property
    def text(self) -> bytes:
        """Return the bytes of the unit."""
        return self.unit.span.of(self.data)

    @property
    def key(self) -> Key:
        """Return what tells the unit from all others of its revision, and hashes faster than the unit."""
        unit = self.unit
        return self.path, unit.span.start, unit.span.end, unit.kind, unit.name

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {'.'.join((*self.unit.scope, self.unit.name))}"


@dataclass(frozen=True, slots=True)
class Match:
    """Two units that are the same thing; one is None for ``ADDED`` and ``DELETED``.

    ``score`` is the similarity of the two in 0..1, own names left out; ``unchanged`` says that they are the same byte
    for byte; ``evidence`` is readable, strongest first ("same name", "body unchanged", "similarity 0.83", ...).
    """

    left: Located | None
    right: Located | None
    kind: Kind
    score: float = 0.0
    evidence: tuple[str, ...] = ()
    doubtful: bool = False
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Homology:
    """One thing as base, ours and theirs have it; None where a revision lacks it.

    ``ours_match`` and ``theirs_match`` lead from the base; ``cross_match`` leads from ours to theirs where there is no
    unit of the base between them.  ``parts`` are the ``SPLIT`` and ``JOINED`` matches that touch any of the three.
    """

    base: Located | None
    ours: Located | None
    theirs: Located | None
    ours_match: Match | None = None
    theirs_match: Match | None = None
    cross_match: Match | None = None
    parts: tuple[Match, ...] = ()

    @property
    def ours_kind(self) -> Kind | None:
        """Return what our side did to the unit; None when neither the base nor ours has it."""
        return _side_kind(self.base, self.ours, self.ours_match)

    @property
    def theirs_kind(self) -> Kind | None:
        """Return what their side did to the unit; None when neither the base nor theirs has it."""
        return _side_kind(self.base, self.theirs, self.theirs_match)

    @property
    def doubtful(self) -> bool:
        """Return whether any match that holds the three together is doubtful."""
        return any(m is not None and m.doubtful for m in (self.ours_match, self.theirs_match, self.cross_match))

    @property
    def unchanged(self) -> bool:
        """Return whether all three revisions have the unit, at its place and byte for byte."""
        return all(m is not None and m.unchanged and m.kind == Kind.SAME for m in (self.ours_match, self.theirs_match))


def _side_kind(base: Located | None, side: Located | None, match: Match | None) -> Kind | None:
    if match is not None:
        return match.kind
    if base is None:
        return None if side is None else Kind.ADDED
    return Kind.DELETED if side is None else None
