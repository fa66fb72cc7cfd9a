"""What a merge did to each file and why, as values: the document of ``merge``, ``solve`` and ``explain``.

Idea: one record serves people, scripts and the taking back of a resolution; a claim that the engine did not make has
nowhere to stand.  Lines count from 1 in the file as the run left it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forkmerge.report.values import VERSION


class FileOutcome(StrEnum):
    """``resolved`` whole; ``partly``; ``conflict``: as git has it; ``objected``: clean for git, not for a gate."""

    RESOLVED = "resolved"
    PARTLY = "partly"
    CONFLICT = "conflict"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class ExplainedHunk:
    """One place: the ``lines`` from ``line`` on, resolved by ``rule`` or left for ``reason``; ``evidence`` in words."""

    line: int
    lines: int
    resolved: bool
    rule: str
    reason: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedFile:
    """One file that git left in conflict or that a gate looked at; ``reason`` is about the file as a whole."""

    path: str
    outcome: FileOutcome
    reason: str = ""
    hunks: tuple[ExplainedHunk, ...] = ()

    @property
    def solved(self) -> int:
        """Return how many places are resolved."""
        return sum(h.resolved for h in self.hunks)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A run of ``command``: which revisions met ("" unknown), and the files.

    The command is ``merge`` or ``solve``, or ``explain`` for a merge that was worked out again.
    ``commit`` is the merge that was made ("" if none was), ``created`` seconds since the epoch; ``clean`` says that no
    conflict was left in what the run looked at.
    """

    command: str
    ours: str
    theirs: str
    files: tuple[ExplainedFile, ...]
    clean: bool
    commit: str = ""
    created: int = 0
    notes: tuple[str, ...] = ()
    version: int = VERSION


def lines(found: Explanation) -> list[str]:
    """Return the explanation as plain lines: each file, then its places with their rules and reasons."""
    from forkmerge.report.words import safe  # noqa: PLC0415 - only for people

    out: list[str] = []
    for file in found.files:
        path = safe(file.path)
        out.append(f"{_WORDS[file.outcome]} {path}" + (f": {safe(file.reason)}" if _speaks(file) else ""))
        for hunk in file.hunks:
            place = f"{path}:{hunk.line}" if hunk.line else path
            said = f"resolved by {hunk.rule}" if hunk.resolved else "left in conflict"
            more = "; ".join(x for x in (hunk.reason, *hunk.evidence) if x)
            out.append(f"    {place}: {said}" + (f" ({safe(more)})" if more else ""))
    return [*out, *found.notes]


def head(found: Explanation) -> str:
    """Return what the run was, as one line."""
    from datetime import UTC, datetime  # noqa: PLC0415 - only for people

    when = datetime.fromtimestamp(found.created, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    made = f", commit {found.commit[:12]}" if found.commit else ""
    what = f" of {found.theirs} into {found.ours}" if found.theirs else ""
    return f"forkmerge {found.command}{what}, {when}{made}"


def _speaks(file: ExplainedFile) -> bool:
    return bool(file.reason) and not any(h.reason == file.reason for h in file.hunks)


_WORDS = {
    FileOutcome.RESOLVED: "resolved",
    FileOutcome.PARTLY: "partly  ",
    FileOutcome.CONFLICT: "conflict",
    FileOutcome.OBJECTED: "objected",
}
