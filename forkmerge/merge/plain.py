"""Files of no language: their lines, where a profile of lines tells how they are read, else only what both added."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import Conflict, Piece, lines_of, resolved, swapped, text_of
from forkmerge.merge.rules import BOTH, TOUCHING, Allowed
from forkmerge.model.hunk import Alternative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.syntax.catalogue import Catalogue

_MOST = 1000
"""Lines of a conflict up to which it is told for each of them whether both sides have it."""


def by_lines(
    languages: Catalogue,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    git: tuple[Sequence[Piece], Sequence[Piece]],
    allowed: Allowed,
) -> Sequence[Piece]:
    """Return git's pieces with the conflicts resolved that the lines of a file without grammar settle by themselves.

    Where lines are known, that is key by key, and line by line in a value that goes on in several lines (a list of what
    is required).  ``git`` are its pieces as they are, and with what is about blanks alone resolved;
    what is objected to is not taken.
    """
    raw, bare = git
    lines = languages.lines_for(path)
    left = any(isinstance(p, Conflict) for p in bare)
    if left and lines is None:
        from forkmerge.merge.passages import apart  # noqa: PLC0415 - not needed for clean files

        return resolved(apart(bare, allowed, whole=True), partial(_cut_out, allowed))
    if lines is None or (bare == raw and not left):
        return bare
    from forkmerge.merge import linesets  # noqa: PLC0415 - few files are of this kind

    base, ours, theirs = inputs

    def sound(pieces: Sequence[Piece], three: tuple[bytes, bytes, bytes]) -> bool:
        whole = (text_of(pieces, choose) for choose in (lambda c: c.ours, lambda c: c.theirs))
        return not any(linesets.objections(lines, path, three, text) for text in whole)

    if left:
        from forkmerge.merge.passages import by_lines as touching  # noqa: PLC0415 - not needed for clean files

        other = (base, theirs, ours)
        pieces = linesets.resolve(lines, allowed, bare, inputs)
        if sound(pieces, inputs) and sound(linesets.resolve(lines, allowed, swapped(bare), other), other):
            beside = resolved(pieces, lambda c: touching(c, allowed) if linesets.goes_on(lines, c) else None)
            return beside if sound(beside, inputs) else pieces
    return bare if left or sound(bare, inputs) else raw


def _cut_out(allowed: Allowed, conflict: Conflict) -> tuple[bytes, str] | None:
    """Return a conflict without the lines that the sides took away, each its own; None where one did anything else."""
    if not allowed.permits({TOUCHING}):
        return None
    base, ours, theirs = (lines_of(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if len(base) > _MOST or not all(line.strip() for line in base) or len(set(base)) < len(base):
        return None
    if any(side != [line for line in base if line in side] for side in (ours, theirs)):
        return None
    return b"".join(line for line in base if line in ours and line in theirs), TOUCHING


def either_order(piece: Piece) -> Piece:
    """Return a conflict of two additions to a text without grammar with both orders as alternatives."""
    if not isinstance(piece, Conflict) or piece.base.strip() or not piece.ours.strip() or not piece.theirs.strip():
        return piece
    ends = piece.ours.endswith(b"\n") and piece.theirs.endswith(b"\n")
    orders = (piece.ours + piece.theirs, piece.theirs + piece.ours) if ends else ()
    return replace(piece, alternatives=tuple(Alternative(BOTH, content) for content in orders))
