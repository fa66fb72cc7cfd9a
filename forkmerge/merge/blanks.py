"""Changes of blanks alone: line ends, blanks at line ends, blank lines.

They hold no edit that could be lost, so where one side made only such a change the other side's content stands; where
the sides differ in nothing else, that stands which changed the end of the file, else ours.  Indentation is not a blank
in this sense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.pieces import lines_of

if TYPE_CHECKING:
    from forkmerge.merge.pieces import Conflict


def without_blanks(conflict: Conflict) -> bytes | None:
    """Return the content of a conflict in which at most one side did more than change blanks, None for any other."""
    base, ours, theirs = (_bare(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if theirs == ours and conflict.theirs.endswith(b"\n") != conflict.ours.endswith(b"\n"):
        ended = not conflict.base.endswith(b"\n")
        return conflict.ours if conflict.ours.endswith(b"\n") == ended else conflict.theirs
    if theirs in (ours, base):
        return conflict.ours
    return conflict.theirs if ours == base else None


def _bare(text: bytes) -> tuple[bytes, ...]:
    return tuple(line for raw in lines_of(text) if (line := raw.rstrip()))
