"""What can stand at one hunk: the versions, the engine's own answers, grafts, picks of both sides' lines, weaves.

Invariant: the options of a hunk differ in content, and base, ours and theirs are among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from forkmerge.merge.diff import common
from forkmerge.recombination.grafts import grafts, renamed
from forkmerge.recombination.kept import Kept, kept
from forkmerge.recombination.lines import Piece, pieces
from forkmerge.recombination.space import best_first
from forkmerge.recombination.union import unions
from forkmerge.recombination.weave import weaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forkmerge.model.hunk import Hunk

MOST_PICKS = 8
"""How many combinations of line picks one hunk offers before it is refined."""

MOST_GRAFTS = 4
"""How many texts of each side with edits of the other one hunk offers."""


@dataclass(frozen=True, slots=True)
class Option:
    """One content of one hunk, where it comes from, and what it keeps."""

    origin: str
    content: bytes
    kept: Kept

    @property
    def new_code(self) -> bool:
        """Return whether it holds code that stands in no version."""
        return self.origin == "adapted"


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the base that a side gave others throughout a place, for each side."""

    ours: Mapping[bytes, bytes] = field(default_factory=dict)
    theirs: Mapping[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, hunks: Sequence[Hunk]) -> Names:
        """Return the names that changed in the hunks of one unit."""
        if all(h.merged is not None for h in hunks):
            return cls()
        base, ours, theirs = (b"\n".join(getattr(h, side) for h in hunks) for side in ("base", "ours", "theirs"))
        return cls(renamed(base, ours), renamed(base, theirs))


def measure(hunk: Hunk, content: bytes) -> Kept:
    """Return what ``content`` keeps of the two edits of ``hunk``."""
    return kept(hunk.base, hunk.ours, hunk.theirs, content)


def options(hunk: Hunk, *, most_picks: int = MOST_PICKS, names: Names | None = None) -> tuple[Option, ...]:
    """Return the contents that ``hunk`` can have, each once, under the first of its origins.

    ``names`` are those that changed in its unit, where there are other hunks in it.
    """
    found: dict[bytes, str] = {}
    if hunk.merged is not None and hunk.rule not in ("ours", "theirs", "same"):
        found.setdefault(hunk.ours, "ours")
        found.setdefault(hunk.theirs, "theirs")
        found.setdefault(hunk.merged, "merged")
    for origin, content in (("ours", hunk.ours), ("theirs", hunk.theirs), ("base", hunk.base)):
        found.setdefault(content, origin)
    for alternative in hunk.alternatives:
        found.setdefault(alternative.content, f"rule:{alternative.rule}")
    plain: dict[bytes, bytes] = {}
    if hunk.merged is None:
        for content, was in _grafts(hunk, Names.of((hunk,)) if names is None else names):
            found.setdefault(content, "mixed" if content == was else "adapted")
            plain.setdefault(content, was)
        for origin, content in _picks(hunk, most_picks):
            found.setdefault(content, origin)
        for content in weaves(hunk.base, hunk.ours, hunk.theirs):
            found.setdefault(content, "mixed")
    return tuple(
        Option(origin, content, measure(hunk, plain.get(content, content) if origin == "adapted" else content))
        for content, origin in found.items()
    )


def _grafts(hunk: Hunk, names: Names) -> list[tuple[bytes, bytes]]:
    """Return each side's text with edits of the other one, and the same before it followed new names."""
    if not hunk.base.strip():
        return []
    made = grafts(hunk.base, hunk.ours, hunk.theirs, names=names.ours, most=MOST_GRAFTS)
    made += grafts(hunk.base, hunk.theirs, hunk.ours, names=names.theirs, most=MOST_GRAFTS)
    return [(graft.content, graft.plain) for graft in made]


def _picks(hunk: Hunk, most: int) -> list[tuple[str, bytes]]:
    if hunk.base.strip():
        return _combined(hunk.base, hunk.ours, hunk.theirs, most)
    shared = _common(hunk.ours, hunk.theirs)
    if shared:
        return _combined(shared, hunk.ours, hunk.theirs, most)
    return [("both", content) for content in unions(hunk.ours, hunk.theirs)]


def _combined(base: bytes, ours: bytes, theirs: bytes, most: int) -> list[tuple[str, bytes]]:
    """Return combinations of what each stretch of lines can have, best first."""
    cut = pieces(base, ours, theirs)
    choices = [_choices(piece) for piece in cut]
    if sum(len(c) > 1 for c in choices) < 2 and not any(len(c) > 3 for c in choices):
        return []
    scores = [[share for _, share in c] for c in choices]
    combinations = islice(best_first(scores), most)
    return [("mixed", b"".join(c[i][0] for c, i in zip(choices, picks, strict=True))) for picks in combinations]


def _common(ours: bytes, theirs: bytes) -> bytes:
    """Return the lines that two texts made of nothing have in common, b"" where these are fewer than what differs.

    Both wrote, or brought in, the same text: what only one of them has was put in by it.
    """
    left, right = (text.splitlines(keepends=True) for text in (ours, theirs))
    shared = [left[i] for i, _ in common(left, right)]
    return b"".join(shared) if 2 * len(shared) > max(len(left), len(right)) else b""


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
