"""What can stand at one hunk: the versions, the engine's own answers, and picks of both sides' lines.

Invariant: the options of a hunk differ in content, and base, ours and theirs are among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from forkmerge.recombination.kept import Kept, kept
from forkmerge.recombination.lines import Piece, pieces
from forkmerge.recombination.space import best_first
from forkmerge.recombination.union import unions

if TYPE_CHECKING:
    from forkmerge.model.hunk import Hunk

MOST_PICKS = 8
"""How many combinations of line picks one hunk offers before it is refined."""


@dataclass(frozen=True, slots=True)
class Option:
    """One content of one hunk, where it comes from, and what it keeps."""

    origin: str
    content: bytes
    kept: Kept


def measure(hunk: Hunk, content: bytes) -> Kept:
    """Return what ``content`` keeps of the two edits of ``hunk``."""
    return kept(hunk.base, hunk.ours, hunk.theirs, content)


def options(hunk: Hunk, *, most_picks: int = MOST_PICKS) -> tuple[Option, ...]:
    """Return the contents that ``hunk`` can have, each once, under the first of its origins."""
    found: dict[bytes, str] = {}
    if hunk.merged is not None and hunk.rule not in ("ours", "theirs", "same"):
        found.setdefault(hunk.ours, "ours")
        found.setdefault(hunk.theirs, "theirs")
        found.setdefault(hunk.merged, "merged")
    for origin, content in (("ours", hunk.ours), ("theirs", hunk.theirs), ("base", hunk.base)):
        found.setdefault(content, origin)
    for alternative in hunk.alternatives:
        found.setdefault(alternative.content, f"rule:{alternative.rule}")
    if hunk.merged is None:
        for origin, content in _picks(hunk, most_picks):
            found.setdefault(content, origin)
    return tuple(Option(origin, content, measure(hunk, content)) for content, origin in found.items())


def _picks(hunk: Hunk, most: int) -> list[tuple[str, bytes]]:
    if not hunk.base.strip():
        return [("both", content) for content in unions(hunk.ours, hunk.theirs)]
    cut = pieces(hunk.base, hunk.ours, hunk.theirs)
    choices = [_choices(piece) for piece in cut]
    if sum(len(c) > 1 for c in choices) < 2 and not any(len(c) > 3 for c in choices):
        return []
    scores = [[share for _, share in c] for c in choices]
    combinations = islice(best_first(scores), most)
    return [("mixed", b"".join(c[i][0] for c, i in zip(choices, picks, strict=True))) for picks in combinations]


def _choices(piece: Piece) -> tuple[tuple[bytes, float], ...]:
    if piece.stable:
        return ((piece.base, 0.0),)
    contents = {piece.ours: None, piece.theirs: None, piece.base: None}
    if not piece.base:
        contents |= dict.fromkeys(unions(piece.ours, piece.theirs))
    found = []
    for content in contents:
        k = kept(piece.base, piece.ours, piece.theirs, content)
        found.append((content, float(k.ours + k.theirs)))
    return tuple(found)
