"""What is said against a merge: the gates asked, and git's clean merge as a conflict where one objects.

Invariant: a text that a gate objects to is never given as clean; where what stands in it twice is all that is wrong,
only the two that are twins are in conflict, else everything from the first to the last change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.pieces import Conflict, Piece, Resolved, text_of
from forkmerge.model.hunk import FileMerge, Hunk, Segment

if TYPE_CHECKING:
    from forkmerge.model.finding import Finding
    from forkmerge.syntax.catalogue import Catalogue
    from forkmerge.syntax.profile import Profile

STRAYED = "line-strays"
"""A line that every version has once stands in the merge twice, or not at all."""
RETURNED = "deletion-lost"
"""What one side took away stands in the merge where the other side moved it."""
MOVED = "key-strays"
"""A key that one side put in stands in another table of the merge."""
REPEATED = "line-repeated"
"""What both sides put in stands in the merge twice in a row."""
UNREAD = "variable-unread"
"""What both sides read is set in the merge and read no more."""


def objections(
    profile: Profile | None, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes, *, joined: bool = False
) -> tuple[Finding, ...]:
    """Return what the gates have against ``result``; ``joined``: not git merged it but structure."""
    if profile is None:
        return ()
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - kept off the path of files without a grammar
    from forkmerge.merge import gates  # noqa: PLC0415 - the same

    try:
        found = gates.objections(profile, path, *inputs, result) or _strayed(path, inputs, result)
        if joined and not found:
            from forkmerge.merge import seams  # noqa: PLC0415 - not needed for clean files

            found = seams.objections(profile, path, inputs, result) or _returned(profile, path, inputs, result)
            found = found or (_misplaced if profile.data else _repeated)(profile, path, inputs, result)
            found = found or (() if profile.data else _unread(path, inputs, result))
        return found
    except ForkmergeError:
        return ()


def _strayed(path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[Finding, ...]:
    from forkmerge.merge.conservation import strayed  # noqa: PLC0415 - kept off the path of files without a grammar

    lines = strayed(*inputs, result)
    return _of_a_line(STRAYED, path, next(iter(lines), b""), "stands once in all three versions, and not in the merge")


def _returned(profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[Finding, ...]:
    from forkmerge.merge.returned import returned  # noqa: PLC0415 - not needed for clean files

    line = returned(inputs, result, data=bool(profile.data))
    return _of_a_line(RETURNED, path, line, "is back, which one side took away and the other moved")


def _misplaced(profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[Finding, ...]:
    if profile.data not in ("json", "toml"):
        return ()
    from forkmerge.merge.placed import misplaced  # noqa: PLC0415 - only data files need it

    key, twice = misplaced(profile, inputs, result)
    found = _of_a_line(MOVED, path, key, "stands in another table than the side that put it in has it in")
    return found or _of_a_line(REPEATED, path, twice, "was put by both sides into one list, and stands there twice")


def _repeated(profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[Finding, ...]:
    del profile
    from forkmerge.merge.repeats import repeated, restated  # noqa: PLC0415 - not needed for clean files

    line = repeated(*inputs, result)
    found = _of_a_line(REPEATED, path, line, "was put in by both sides, and stands twice in a row")
    return found or _of_a_line(REPEATED, path, restated(*inputs, result), "says again what every version says once")


def _unread(path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[Finding, ...]:
    from forkmerge.merge.unread import unread  # noqa: PLC0415 - not needed for clean files

    return _of_a_line(UNREAD, path, unread(inputs, result), "is read by both sides, and by nothing in the merge")


def _of_a_line(code: str, path: str, line: bytes, why: str) -> tuple[Finding, ...]:
    """Return the finding that something is the matter with ``line``, none where there is no such line."""
    if not line:
        return ()
    from forkmerge.model.finding import Finding  # noqa: PLC0415 - seldom needed

    said = line.decode("utf-8", "replace")[:60]
    return (Finding(code, f"{said!r} {why}", path),)


def objected(path: str, base: bytes, ours: bytes, theirs: bytes, findings: tuple[Finding, ...]) -> FileMerge:
    """Return git's clean merge as a conflict of what the sides changed, from the first to the last of it."""
    from forkmerge.merge.tile import changed_extent  # noqa: PLC0415 - seldom needed

    prefix, parts, suffix = changed_extent(base, ours, theirs)
    hunk = Hunk(*parts, merged=None, rule="conflict", reason="; ".join(f.message for f in findings))
    segments = tuple(s for s in (prefix, hunk, suffix) if s)
    return FileMerge(path, segments, findings, git_clean=True)


def twins_apart(
    languages: Catalogue,
    profile: Profile | None,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    text: bytes,
    findings: tuple[Finding, ...],
) -> FileMerge | None:
    """Return git's clean merge as conflicts of those two that stand in it twice; None where that is not all of it."""
    if not all(f.code in ("duplicate-key", "duplicate-name", "does-not-load") for f in findings):
        return None
    from forkmerge.merge import linesets, twins  # noqa: PLC0415 - seldom needed
    from forkmerge.merge.conservation import doubled  # noqa: PLC0415 - the same

    lines = languages.lines_for(path) if profile is None else None
    items: dict[str, twins.Items] = {}
    if profile is not None:
        items = {side: twins.items_of(profile, data) for side, data in zip(_SIDES, inputs, strict=True)}
    elif lines is not None:
        items = {side: twins.lines_named(lines, data) for side, data in zip(_SIDES, inputs, strict=True)}
    pieces = twins.together(items, *inputs, text) if items else ()
    why = "; ".join(f.message for f in findings)
    for choose in (lambda c: c.ours, lambda c: c.theirs):
        result = text_of(pieces, choose)
        against = (
            linesets.objections(lines, path, inputs, result) if lines else objections(profile, path, inputs, result)
        )
        if not pieces or against or doubled(*inputs, result, least=1):
            return None
    segments = tuple(segment(p, why) for p in pieces)
    left = any(isinstance(p, Conflict) for p in pieces)
    return FileMerge(path, segments, findings if left else (), git_clean=True)


def segment(piece: Piece, why: str) -> Segment:
    """Return ``piece`` as a part of a file's merge; ``why`` it is in conflict, where it does not say so itself."""
    if isinstance(piece, Conflict):
        reason = piece.reason or why or "both sides changed these lines"
        return Hunk(piece.base, piece.ours, piece.theirs, None, "conflict", reason, piece.alternatives)
    if isinstance(piece, Resolved):
        return Hunk(
            piece.base, piece.ours, piece.theirs, piece.content, "+".join(sorted(piece.rules)), "", piece.alternatives
        )
    return piece


_SIDES = ("base", "ours", "theirs")
