"""Where the conflicts that forkmerge's own driver left still stand in a file, with what was resolved around them.

A driver resolves a part of a file and leaves markers that git by itself would have written wider, or elsewhere; so they
are told by merging the three versions once more, with the rules of now, the usual ones, and the strictest: which of
them the driver had is not noted anywhere.

Invariant: the answer has at least as many untouched conflicts as what was given, and its raw bytes are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.solve_blocks import Block
from forkmerge.app.solve_match import LONG, Telling, match, untouched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.app.merge_look import Look
    from forkmerge.app.solve_match import Piece
    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.catalogue import Catalogue


def left_by_driver(
    path: str,
    pieces: Sequence[Piece],
    versions: tuple[bytes, bytes, bytes],
    look: Look,
    allowed: Allowed | None,
    languages: Catalogue,
) -> Sequence[Piece]:
    """Return ``pieces`` with the conflicts known that a driver wrote; ``versions`` are base, ours and theirs."""
    from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - only in the child that does it
    from forkmerge.merge.file import merge_file  # noqa: PLC0415 - the same
    from forkmerge.merge.markers import render  # noqa: PLC0415 - the same
    from forkmerge.merge.rules import Allowed, allowed_for  # noqa: PLC0415 - the same

    best = pieces
    text = b"".join(p if isinstance(p, bytes) else p.raw for p in pieces)
    for rules in dict.fromkeys((allowed or Allowed(), Allowed(), allowed_for("strict"))):
        if not any(isinstance(p, Block) for p in best):
            break
        merged = merge_file(path, *versions, line_merge=line_merge, allowed=rules, languages=languages)
        if merged.clean:
            continue
        long = render(merged, line_merge, style="diff3", marker_size=LONG)[0]
        styled = render(merged, line_merge, style=look.style, marker_size=LONG)[0]
        found = match(text, Telling(long, styled), look.labels, look.marker_size)
        if found is not None and untouched(found) > untouched(best):
            best = found
    return best
