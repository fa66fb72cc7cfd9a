"""Edits that follow the lines which the other side moved, or the names that it gave.

Invariant: the merge with the edits carried, or with the new names, is clean, has no token too few or too many, and
comes out in the same words with the sides swapped; else there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge.carried import carried
from forkmerge.merge.conservation import unbalanced
from forkmerge.merge.objected import objections
from forkmerge.merge.rules import CARRIED, RENAMED
from forkmerge.merge.verified import same_words
from forkmerge.model.hunk import FileMerge, Hunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.syntax.profile import Profile

_DECIDED = ("ours", "theirs", "same", "conflict")
"""Rules of places that are as one side has them, or that are not resolved."""


def followed(
    profile: Profile | None, path: str, merge: Callable[..., FileMerge], inputs: tuple[bytes, bytes, bytes]
) -> FileMerge | None:
    """Return the clean merge in which edits follow the lines that the other side moved, None where there is none.

    ``merge`` merges three texts as the ones here, but follows no lines.  What it sees has the edits carried already, so
    the gates are asked again with what the sides wrote: where the lines stand now the edit may not be sound.
    """
    moved = carried(*inputs)
    merged = _both_ways(merge, (inputs[0], *moved), inputs) if moved else None
    if merged is None or objections(profile, path, inputs, merged.merged() or b""):
        return None
    return tiled(path, inputs, merged, CARRIED)


def with_names(
    profile: Profile, path: str, merge: Callable[..., FileMerge], inputs: tuple[bytes, bytes, bytes]
) -> FileMerge | None:
    """Return the clean merge in which both sides use the names that one gave its locals, None where there is none."""
    from forkmerge.merge.renamed_locals import renamed  # noqa: PLC0415 - seldom needed

    try:
        given = renamed(profile, inputs)
    except ForkmergeError:
        return None
    if given is None or given == inputs:
        return None
    merged = _both_ways(merge, given, given)
    return tiled(path, inputs, merged, RENAMED) if merged else None


def _both_ways(
    merge: Callable[..., FileMerge], texts: tuple[bytes, bytes, bytes], weighed: tuple[bytes, bytes, bytes]
) -> FileMerge | None:
    """Return the merge of ``texts`` if it is clean, with the sides swapped, too, and has the tokens of ``weighed``."""
    base, ours, theirs = texts
    merged = merge(base, ours, theirs)
    text = merged.merged()
    if text is None or not merged.clean or unbalanced(*weighed, text):
        return None
    again = merge(base, theirs, ours)
    return merged if again.clean and same_words(text, again.merged() or b"") else None


def tiled(path: str, inputs: tuple[bytes, bytes, bytes], merged: FileMerge, rule: str) -> FileMerge:
    """Return ``merged`` as a merge of ``inputs``; what is resolved and of neither side has its rules and ``rule``."""
    from forkmerge.merge.tile import tile  # noqa: PLC0415 - seldom needed

    names = {r for told in (rule, *(h.rule for h in merged.hunks)) for r in told.split("+")}
    laid = tile(FileMerge(path, merged.segments if merged.conflicts else (merged.merged() or b"",)), *inputs)
    both = "+".join(sorted(names - {"ours", "theirs", "same", "conflict", ""}))
    return replace(
        laid,
        segments=tuple(
            replace(s, rule=both) if isinstance(s, Hunk) and s.rule not in _DECIDED else s for s in laid.segments
        ),
    )
