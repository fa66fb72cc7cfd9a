"""The merge of one file as a sequence of stable bytes and hunks.

Segments tile all three versions: concatenating the stable bytes with each hunk's ``base`` gives the base file, with
``ours`` our file, with ``theirs`` their file.  This is what recombination builds its loci from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.finding import Finding  # noqa: TC001 - ``report.codec`` reads the types of the fields
from forkmerge.model.source import REGULAR

if TYPE_CHECKING:
    from typing import Literal

Side: TypeAlias = 'Literal["base", "ours", "theirs"]'


@dataclass(frozen=True, slots=True)
class Alternative:
    """A content that ``rule`` would give a hunk, though it is not sure enough to be used without tests."""

    rule: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Hunk:
    """A place where a side differs from the base.

    ``merged`` is the content that the engine stands for, None where it is a conflict.  ``rule`` names what resolved it
    (``ours``, ``theirs``: only that side changed it; ``same``; ``line``; ``imports``; ...) or ``conflict``; ``reason``
    is the evidence of the resolution or of the refusal.
    """

    base: bytes
    ours: bytes
    theirs: bytes
    merged: bytes | None
    rule: str
    reason: str = ""
    alternatives: tuple[Alternative, ...] = ()


Segment: TypeAlias = bytes | Hunk


@dataclass(frozen=True, slots=True)
class FileMerge:
    """The merge of the three versions of one file.

    ``git_clean`` says whether git's own line merge was clean; ``findings`` are the objections of the gates that stand
    against the result (a file with an ``error`` finding is not clean, whatever its hunks say); ``as_git`` says that the
    conflicts are git's own, all of them and nothing else.
    """

    path: str
    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...] = ()
    git_clean: bool = False
    mode: int = REGULAR
    as_git: bool = False

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """Return the hunks in file order."""
        return tuple(s for s in self.segments if isinstance(s, Hunk))

    @property
    def conflicts(self) -> tuple[Hunk, ...]:
        """Return the hunks that are not resolved."""
        return tuple(h for h in self.hunks if h.merged is None)

    @property
    def clean(self) -> bool:
        """Return whether every hunk is resolved and no gate objects."""
        return not self.conflicts and not any(f.severity == "error" for f in self.findings)

    def side(self, side: Side) -> bytes:
        """Return the whole file as ``side`` has it."""
        return b"".join(s if isinstance(s, bytes) else getattr(s, side) for s in self.segments)

    def merged(self) -> bytes | None:
        """Return the merged file, None when a hunk is in conflict."""
        parts = [s if isinstance(s, bytes) else s.merged for s in self.segments]
        return None if any(p is None for p in parts) else b"".join(p for p in parts if p is not None)
