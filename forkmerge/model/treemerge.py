"""The merge of whole trees: one ``PathMerge`` for each path that a side changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.model.finding import Finding
    from forkmerge.model.hunk import FileMerge
    from forkmerge.model.source import Entry


@dataclass(frozen=True, slots=True)
class PathMerge:
    """What happens at one path of the result.

    ``base``, ``ours`` and ``theirs`` are the entries that meet there (renames are followed, so they may have stood at
    other paths: ``sources``).  Text that can be merged inside has ``file``; everything else (added or deleted files,
    binaries, symlinks, submodules, modes) is decided as a whole: ``merged`` is the entry to take, None to have no file
    there; ``conflict`` is "" when that is decided and a stable word (``delete/modify``, ``add/add``, ``binary``,
    ``mode``, ``file/directory``, ``submodule``, ``rename/rename``) when it is not.
    """

    path: str
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    merged: Entry | None = None
    conflict: str = ""
    file: FileMerge | None = None
    sources: tuple[str, str, str] = ("", "", "")

    @property
    def clean(self) -> bool:
        """Return whether nothing is left to decide at this path."""
        return not self.conflict and (self.file is None or self.file.clean)


@dataclass(frozen=True, slots=True)
class TreeMerge:
    """The merge of three trees; paths that neither side changed are not listed."""

    paths: tuple[PathMerge, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def clean(self) -> bool:
        """Return whether every path is clean and no gate objects."""
        return all(p.clean for p in self.paths) and not any(f.severity == "error" for f in self.findings)
