"""A merged text with holes: bytes and conflicts, and git's own line merge read into it.

``Piece`` sequences are how the engine's stages hand results to each other; a ``Conflict`` carries the three texts that
meet there, why they can't be joined, and what weaker rules would have made of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal, Protocol

    from forkmerge.model.hunk import Alternative
else:
    Protocol = object  # ``typing`` costs start-up time, and nothing asks for its words at run time

Style: TypeAlias = 'Literal["merge", "diff3", "zdiff3"]'


class LineMerge(Protocol):
    """Git's own line merge of three texts: the merged text with markers, and the number of its conflicts."""

    def __call__(
        self,
        base: bytes,
        ours: bytes,
        theirs: bytes,
        *,
        style: Style = ...,
        labels: tuple[str, str, str] = ...,
        marker_size: int = ...,
    ) -> tuple[bytes, int]:
        """Return what ``git merge-file -p`` prints and how many conflicts it left."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that is not resolved: the texts of base, ours and theirs."""

    base: bytes
    ours: bytes
    theirs: bytes
    reason: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A place that git leaves in conflict and a rule resolved to ``content``."""

    base: bytes
    ours: bytes
    theirs: bytes
    content: bytes
    rules: tuple[str, ...]
    alternatives: tuple[Alternative, ...] = ()


Piece: TypeAlias = bytes | Conflict | Resolved


def read_markers(text: bytes, size: int) -> tuple[bytes | Conflict, ...]:
    """Return git's diff3-style output as pieces; ``size`` is the marker size, longer than any such run in the inputs.

    Raises ValueError when the markers are not well formed.
    """
    ours_mark, base_mark, middle, theirs_mark = (c * size for c in (b"<", b"|", b"=", b">"))
    out: list[bytes | Conflict] = []
    at = 0
    while (begin := _line_with(ours_mark, text, at)) >= 0:
        parts = []
        start = begin
        for mark in (base_mark, middle, theirs_mark):
            start = text.find(b"\n", start) + 1
            end = _line_with(mark, text, start) if start else -1
            if end < 0:
                raise ValueError("unbalanced conflict markers")
            parts.append(text[start:end])
            start = end
        if at < begin:
            out.append(text[at:begin])
        out.append(Conflict(parts[1], parts[0], parts[2]))
        at = text.find(b"\n", start) + 1 or len(text)
    if text[at:]:
        out.append(text[at:])
    return tuple(out)


def _line_with(mark: bytes, text: bytes, at: int) -> int:
    """Return where the first line from ``at`` on that begins with ``mark`` begins, -1 where there is none."""
    if text.startswith(mark, at):
        return at
    return text.find(b"\n" + mark, at) + 1 or -1


def lines_of(data: bytes) -> list[bytes]:
    r"""Return the lines of ``data`` with their line ends, split at ``\n`` alone, as git does."""
    out = data.split(b"\n")
    last = out.pop()
    kept = [line + b"\n" for line in out]
    return [*kept, last] if last else kept


def ends(*texts: bytes) -> tuple[int, int]:
    """Return how many bytes of whole lines all ``texts`` begin with, and how many of them the rest of all ends with."""
    one = texts[0]
    shortest = min(map(len, texts))
    low, high = 0, shortest
    while low < high:
        at = (low + high + 1) // 2
        low, high = (at, high) if all(t[low:at] == one[low:at] for t in texts) else (low, at - 1)
    start = one.rfind(b"\n", 0, low) + 1
    low, high = 0, shortest - start
    while low < high:
        at = (low + high + 1) // 2
        same = all(t[len(t) - at : len(t) - low] == one[len(one) - at : len(one) - low] for t in texts)
        low, high = (at, high) if same else (low, at - 1)
    end = one.find(b"\n", len(one) - low) + 1
    return start, len(one) - end if end else 0


def middles(*texts: bytes, around: int = 0) -> tuple[bytes, ...]:
    """Return ``texts`` without the whole lines that all of them begin with, and without those that the rest ends with.

    ``around`` of those, that have something on them, are kept at each side.  PERF: how often a line or a word stands in
    one text differs from the others by as much as it does in these, and two versions of a file are mostly the same.
    """
    one = texts[0]
    start, kept = ends(*texts)
    for _ in range(around):
        start = one.rfind(b"\n", 0, len(one[:start].rstrip())) + 1
        tail = one[len(one) - kept :].lstrip()
        kept = max(len(tail) - (tail.find(b"\n") + 1 or len(tail)), 0)
    return tuple(t[start : len(t) - kept] for t in texts)


@lru_cache(maxsize=8)  # PERF: the gates ask this of the same texts, and again with the sides swapped
def counted(text: bytes) -> Counter[bytes]:
    """Return the lines of ``text``, without their ends, with how often they stand there; not to be changed."""
    return Counter(text.split(b"\n"))


def uneven(one: Counter[bytes], other: Counter[bytes]) -> set[bytes]:
    """Return what is counted in one of the two more often than in the other.

    PERF: this is done in C, while the difference of two counters looks at one element after the other.
    """
    return {element for element, _ in one.items() ^ other.items()}


def marker_size_for(*texts: bytes) -> int:
    """Return a marker size that is longer than any run of marker characters at a line start of ``texts``."""
    size = 32
    while any(mark * size in text for text in texts for mark in (b"<", b"|", b"=", b">")):
        size *= 2
    return size


def coalesce(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return ``pieces`` with neighbouring bytes joined and empty bytes dropped."""
    out: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
            continue
        if text := b"".join(run):
            out.append(text)
        run = []
        out.append(piece)
    if text := b"".join(run):
        out.append(text)
    return tuple(out)


def text_of(pieces: Sequence[Piece], choose: Callable[[Conflict], bytes]) -> bytes:
    """Return the text of ``pieces`` with every conflict replaced by what ``choose`` says."""
    return b"".join(p if isinstance(p, bytes) else p.content if isinstance(p, Resolved) else choose(p) for p in pieces)


def resolved(pieces: Sequence[Piece], decide: Callable[[Conflict], tuple[bytes, str] | None]) -> tuple[Piece, ...]:
    """Return ``pieces`` with those conflicts resolved for which ``decide`` gives the content and the rule for it."""
    out: list[Piece] = []
    for piece in pieces:
        found = decide(piece) if isinstance(piece, Conflict) else None
        if found is not None and isinstance(piece, Conflict):
            piece = Resolved(piece.base, piece.ours, piece.theirs, found[0], (found[1],))  # noqa: PLW2901 - the new value
        out.append(piece)
    return tuple(out)


def filled_lines(text: bytes) -> list[bytes]:
    """Return the lines of ``text`` that have something on them, without the blanks around it."""
    return [line for raw in text.split(b"\n") if (line := raw.strip())]


def swapped(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return git's pieces as they are with the sides swapped (what is resolved by then differs in blanks alone)."""
    return tuple(Conflict(p.base, p.theirs, p.ours) if isinstance(p, Conflict) else p for p in pieces)
