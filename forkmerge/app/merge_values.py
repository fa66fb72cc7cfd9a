"""What a merge of whole trees is about to do, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.git.conflicted import Answer, Message, Stage
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.hunk import FileMerge
    from forkmerge.model.revision import Scenario
    from forkmerge.model.source import Entry
    from forkmerge.syntax.catalogue import Catalogue


class Fate(StrEnum):
    """What became of a file: ``resolved`` whole, ``partly``, ``left`` as git has it, ``objected`` to by a gate."""

    RESOLVED = "resolved"
    PARTLY = "partly"
    LEFT = "left"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class Sides:
    """The entries that meet at one path of git's merge; all three are regular files."""

    path: str
    base: Entry
    ours: Entry
    theirs: Entry
    conflicted: bool


@dataclass(frozen=True, slots=True)
class How:
    """How files are merged: the rules that may decide (None: the usual), the languages, what git is to allow."""

    allowed: Allowed | None
    languages: Catalogue
    unrelated: bool = False


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of the plan.

    ``git`` is what git's merge has at the path, ``stages`` git's conflict, ``merge`` the structured merge (None where
    there is none), ``content`` the merged text of a resolved one; ``reason`` says why it is not resolved.  ``told``
    are base, ours and theirs with everything merged but git's conflicts, of a file that has some; ``marker_size`` is
    what its attributes ask for.
    """

    path: str
    fate: Fate
    git: Entry | None
    stages: tuple[Stage, ...]
    merge: FileMerge | None = None
    content: bytes | None = None
    reason: str = ""
    told: tuple[bytes, bytes, bytes] | None = None
    marker_size: int = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """Git's answer and what is done on top of it; files that are not listed stay as git has them."""

    git: Answer
    files: tuple[PlannedFile, ...]
    messages: tuple[Message, ...]
    scenario: Scenario | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the entries that stay in conflict: git's without what is resolved, and what a gate objects to."""
        settled = {f.path for f in self.files if f.fate == Fate.RESOLVED}
        objected = [s for f in self.files if f.fate == Fate.OBJECTED for s in f.stages]
        kept = [s for s in self.git.stages if s.path not in settled]
        return tuple(sorted((*kept, *objected), key=lambda s: (s.path.encode("utf-8", "surrogateescape"), s.number)))

    @property
    def clean(self) -> bool:
        """Return whether nothing is left to decide."""
        if self.git.clean:
            return not any(f.fate == Fate.OBJECTED for f in self.files)
        open_paths = {s.path for s in self.stages}
        told = {p for m in self.messages if m.kind.startswith("CONFLICT") for p in m.paths}
        return not open_paths and not told
