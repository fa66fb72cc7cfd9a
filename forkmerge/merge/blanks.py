"""Changes of blanks alone: line ends, blanks at line ends, blank lines.

They hold no edit that could be lost, so where one side made only such a change the other side's content stands; where
the sides differ in nothing else, that stands which changed the end of the file, else ours.  Indentation is not a blank
in this sense.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.pieces import Conflict, Resolved, lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.pieces import Piece

BOM = b"\xef\xbb\xbf"
"""The mark with which some editors begin a file in UTF-8."""

Ended: TypeAlias = "tuple[bool, bool, bool]"
"""Whether base, ours and theirs have the end of their last line."""


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


def converted(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return the three texts with the line ends that a side gave all of its lines; None where no side did.

    So with the mark at the beginning (BOM) that a side gave, or took away.
    """
    texts = (base, ours, theirs)
    found = [_line_end(text) for text in texts]
    marked = [text.startswith(BOM) for text in texts]
    ended = all(found) and len(set(found)) > 1
    if not ended and len(set(marked)) == 1:
        return None
    if ended:
        new = found[2] if found[1] == found[0] else found[1]
        base, ours, theirs = (text.replace(b"\r\n", b"\n").replace(b"\n", new) for text in texts)
    mark = BOM if (marked[2] if marked[1] == marked[0] else marked[1]) else b""
    base, ours, theirs = (mark + text.removeprefix(BOM) for text in (base, ours, theirs))
    return base, ours, theirs


def _line_end(text: bytes) -> bytes:
    """Return what ends every line of ``text``, b"" where lines end in different ways or there is only one."""
    lines, windows = text.count(b"\n"), text.count(b"\r\n")
    return b"" if not lines else b"\n" if not windows else b"\r\n" if windows == lines else b""


def evened(pieces: Sequence[Piece]) -> tuple[Sequence[Piece], Ended | None]:
    """Return ``pieces`` with the end of the last line put into what ends without one, and which did; None if all do.

    So an edit of the last line meets one that only gave it its end; ``restored`` takes back what is not to be there.
    """
    last = pieces[-1] if pieces else None
    if not isinstance(last, Conflict) or not all((last.base, last.ours, last.theirs)):
        return pieces, None
    texts = (last.base, last.ours, last.theirs)
    ended = tuple(t.endswith(b"\n") for t in texts)
    if len(set(ended)) == 1:
        return pieces, None
    end = b"\r\n" if any(t.endswith(b"\r\n") for t in texts) else b"\n"
    base, ours, theirs = (t if has else t + end for t, has in zip(texts, ended, strict=True))
    return (*pieces[:-1], replace(last, base=base, ours=ours, theirs=theirs)), (ended[0], ended[1], ended[2])


def restored(pieces: Sequence[Piece], ended: Ended) -> Sequence[Piece]:
    """Return ``pieces``, which were ``evened``, with the line end at the end of each text that is to have it."""
    merged = ended[2] if ended[1] == ended[0] else ended[1]
    last = pieces[-1]
    if isinstance(last, bytes):
        return (*pieces[:-1], _with_end(last, there=merged))
    base, ours, theirs = (
        _with_end(text, there=has) for text, has in zip((last.base, last.ours, last.theirs), ended, strict=True)
    )
    now = replace(last, base=base, ours=ours, theirs=theirs)
    return (
        *pieces[:-1],
        replace(now, content=_with_end(now.content, there=merged)) if isinstance(now, Resolved) else now,
    )


def _with_end(text: bytes, *, there: bool) -> bytes:
    return text if there else text.removesuffix(b"\n").removesuffix(b"\r")
