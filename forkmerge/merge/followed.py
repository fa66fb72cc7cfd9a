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
from forkmerge.merge.rules import CARRIED, RENAMED
from forkmerge.merge.verified import same_words
from forkmerge.model.hunk import FileMerge, Hunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.syntax.profile import Profile


def followed(path: str, merge: Callable[..., FileMerge], inputs: tuple[bytes, bytes, bytes]) -> FileMerge | None:
    """Return the clean merge in which edits follow the lines that the other side moved, None where there is none.

    ``merge`` merges three texts as the ones here, but follows no lines.
    """
    base, ours, theirs = inputs
    moved = carried(base, ours, theirs)
    if moved is None:
        return None
    merged = merge(base, *moved)
    text = merged.merged()
    if text is None or not merged.clean or unbalanced(base, ours, theirs, text):
        return None
    again = merge(base, moved[1], moved[0])
    if not again.clean or not same_words(text, again.merged() or b""):
        return None
    return tiled(path, inputs, text, merged, CARRIED)


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
    base, ours, theirs = given
    merged = merge(base, ours, theirs)
    text = merged.merged()
    if text is None or not merged.clean or unbalanced(base, ours, theirs, text):
        return None
    again = merge(base, theirs, ours)
    if not again.clean or not same_words(text, again.merged() or b""):
        return None
    return tiled(path, inputs, text, merged, RENAMED)


def tiled(path: str, inputs: tuple[bytes, bytes, bytes], text: bytes, merged: FileMerge, rule: str) -> FileMerge:
    """Return ``text`` as the merge of ``inputs``; what is of neither side has the rules of ``merged`` and ``rule``."""
    from forkmerge.merge.tile import tile  # noqa: PLC0415 - seldom needed

    names = {r for h in merged.hunks for r in h.rule.split("+")} | {rule}
    laid = tile(FileMerge(path, (text,)), *inputs)
    both = "+".join(sorted(names - {"ours", "theirs", "same", ""}))
    return replace(
        laid,
        segments=tuple(
            replace(s, rule=both) if isinstance(s, Hunk) and s.rule not in ("ours", "theirs", "same") else s
            for s in laid.segments
        ),
    )
