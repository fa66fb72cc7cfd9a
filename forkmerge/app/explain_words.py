"""From the engine's hunks to what is said of them: lines, rules and evidence in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.report.explained import ExplainedFile, ExplainedHunk, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forkmerge.model.hunk import Hunk

RULES = {
    "same-change": "both sides made the same change",
    "edit-over-reformat": "one side changed only the layout",
    "imports": "imports of both sides",
    "definitions": "differently named definitions of both sides",
    "constants": "differently named constants or fields of both sides",
    "registrations": "calls of both sides that register different things",
    "members": "differently keyed members, whose order means nothing",
    "neighbouring-statements": "each side changed other statements or members of one block",
    "list-elements": "each side changed other elements of one list",
    "delete-beside-change": "one side deleted what the other left alone, next to a change",
    "behind-a-deletion": "one side deleted what the other left alone and put something behind",
    "expression": "each side changed another part of one expression",
    "grafted": "one side's edit was put where the other had rewritten what is around it",
    "written-anew": "one side's edit was put where the other has that part now, in statements that it wrote anew",
    "wrapped": "one side put around it what the other changed",
    "neighbouring-lines": "each side changed other lines",
    "carried": "one side moved lines that the other edited; the edit is where they stand now",
    "renamed": "one side renamed something everywhere, the other edited what is around it; the edit has the new name",
    "embedded": "a text of another language inside of the file was merged by that language",
    "touching-lines": "each side changed other lines of code, which touch",
    "contained-change": "one side made the other side's change, and more",
    "words-apart": "each side changed other words, with unchanged ones in between",
    "versions": "both sides say another version; your policy says which one holds",
    "whitespace": "one side changed only blanks",
    "structured": "what is around the conflict that is left was merged by structure",
    "moved": "one side moved the unit, the other's edit was carried to its new place",
}
"""What each rule means, for people; a rule that is missing here speaks for itself."""

PLAIN = ("ours", "theirs", "same")
"""Rules of places that only one side changed, or both alike: nothing was decided there."""


def explained(path: str, outcome: FileOutcome, places: Iterable[tuple[int, int, Hunk]], reason: str) -> ExplainedFile:
    """Return what is said of a file whose hunks stand at (line, number of lines)."""
    hunks = tuple(
        ExplainedHunk(line, count, hunk.merged is not None, hunk.rule, hunk.reason, evidence(hunk))
        for line, count, hunk in places
        if hunk.rule not in PLAIN
    )
    return ExplainedFile(path, outcome, reason, hunks)


def evidence(hunk: Hunk) -> tuple[str, ...]:
    """Return what the rules mean and how much each side changed."""
    words = [RULES[rule] for rule in hunk.rule.split("+") if rule in RULES]
    return (*words, f"ours {_change(hunk.base, hunk.ours)}, theirs {_change(hunk.base, hunk.theirs)}")


def _change(base: bytes, side: bytes) -> str:
    from collections import Counter  # noqa: PLC0415 - click has it anyway

    old, new = Counter(base.splitlines()), Counter(side.splitlines())
    return f"+{(new - old).total()} -{(old - new).total()}"


def places(segments: Sequence[bytes | Hunk], written: Sequence[bytes]) -> list[tuple[int, int, Hunk]]:
    """Return (line, number of lines, hunk) for the hunks, given what was written for each segment."""
    out = []
    line = 1
    for segment, text in zip(segments, written, strict=True):
        count = text.count(b"\n") + (bool(text) and not text.endswith(b"\n"))
        if not isinstance(segment, bytes):
            out.append((line, count, segment))
        line += text.count(b"\n")
    return out


def all_places(
    segments: Sequence[bytes | Hunk], written: Sequence[bytes], versions: tuple[bytes, bytes, bytes]
) -> list[tuple[int, int, Hunk]]:
    """Return the places as ``places`` does, with those around conflicts that the engine resolved without a hunk.

    ``versions`` are base, ours and theirs with everything merged but git's conflicts.
    """
    known = places(segments, written)
    if all(hunk.merged is not None for _, _, hunk in known):
        return known
    from dataclasses import replace  # noqa: PLC0415 - only where conflicts are left

    from forkmerge.merge.tile import tile  # noqa: PLC0415 - the same
    from forkmerge.model.hunk import FileMerge  # noqa: PLC0415 - the same

    tiled = tile(FileMerge("", (b"".join(written),)), *versions).segments
    texts = [s if isinstance(s, bytes) else s.merged or b"" for s in tiled]
    extra = [
        (line, count, replace(hunk, rule=STRUCTURED))
        for line, count, hunk in places(tiled, texts)
        if hunk.rule not in PLAIN
        and hunk.ours != hunk.theirs
        and not any(line < a + n and a < line + count for a, n, _ in known)
    ]
    return sorted((*known, *extra), key=lambda place: place[:2])


STRUCTURED = "structured"
