"""Where git's conflicts still stand in a file that somebody may have begun to edit.

Git's line merge of a file is told twice: with bases (diff3), which is what the structured merge works on, and in the
style of the file's markers.  Both hold the same text around the same conflicts, so what the one writes for each
conflict of the other can be told; where exactly those lines stand in the file, the conflict has not been touched.

Invariants: the atoms' ``raw`` bytes, joined, are the file; a ``Known`` atom's are what git wrote for that conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.solve_blocks import Block, blocks
from forkmerge.merge.diff import common
from forkmerge.merge.pieces import Conflict, lines_of, read_markers

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG = 32
"""Size of the markers in which git's merges are told: so long that nothing in the files looks like them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A conflict of git's, untouched: its ``raw`` text in the file, and the three texts that meet there."""

    raw: bytes
    conflict: Conflict


Piece = bytes | Block | Known


@dataclass(frozen=True, slots=True)
class Telling:
    """Git's merge of one file, with markers ``LONG`` long: with bases, and in the style of the file's own markers."""

    diff3: bytes
    styled: bytes


def match(text: bytes, telling: Telling, labels: tuple[str, str, str], size: int) -> tuple[Piece, ...] | None:
    """Return ``text`` as plain bytes, git's untouched conflicts, and other conflicts; None when it can't be mapped."""
    told = _told(telling, labels, size, b"\r\n" if b"\r\n" in text else b"\n")
    if told is None:
        return None
    lines: list[bytes] = []
    spans: list[tuple[int, int, Conflict]] = []
    for piece, raw in told:
        start = len(lines)
        lines += lines_of(raw)
        if piece is not None:
            spans.append((start, len(lines), piece))
    mine = lines_of(text)
    at = dict(common(lines, mine))
    out: list[Piece] = []
    done = 0
    for start, end, conflict in spans:
        first = at.get(start)
        if first is None or first < done or any(at.get(start + i) != first + i for i in range(end - start)):
            continue
        out += blocks(b"".join(mine[done:first]), size)
        done = first + end - start
        out.append(Known(b"".join(mine[first:done]), conflict))
    out += blocks(b"".join(mine[done:]), size)
    return tuple(out)


def _told(
    telling: Telling, labels: tuple[str, str, str], size: int, newline: bytes
) -> list[tuple[Conflict | None, bytes]] | None:
    """Return git's text, in the file's own style, as (conflict with its base or None, raw text)."""
    try:
        pieces = read_markers(telling.diff3, LONG)
    except ValueError:
        return None
    atoms: list[tuple[bytes, bytes, bool]] = []
    for atom in blocks(telling.styled, LONG):
        if isinstance(atom, bytes):
            atoms += [(line, line, False) for line in lines_of(atom)]
        elif atom.whole:
            atoms.append((atom.ours, _rendered(atom, labels, size, newline), True))
        else:
            return None
    out: list[tuple[Conflict | None, bytes]] = []
    at = index = 0
    while index < len(pieces):
        group = [pieces[index]]
        index += 1
        ours, raw = b"", b""
        while True:
            wanted = _side(group, "ours")
            marked = any(isinstance(p, Conflict) for p in group)
            while at < len(atoms) and (len(ours) < len(wanted) or (marked and _empty(atoms[at]))):
                ours, raw = ours + atoms[at][0], raw + atoms[at][1]
                at += 1
            if ours == wanted:
                break
            if len(ours) < len(wanted) or index == len(pieces):
                return None
            group.append(pieces[index])  # one conflict here where there it is two: git joins those that are near
            index += 1
        joined = Conflict(_side(group, "base"), wanted, _side(group, "theirs")) if len(group) > 1 else group[0]
        out.append((joined if isinstance(joined, Conflict) else None, raw))
    return out if at == len(atoms) else None


def _side(group: Sequence[bytes | Conflict], side: str) -> bytes:
    return b"".join(p if isinstance(p, bytes) else getattr(p, side) for p in group)


def _empty(atom: tuple[bytes, bytes, bool]) -> bool:
    return atom[2] and not atom[0]


def _rendered(block: Block, labels: tuple[str, str, str], size: int, newline: bytes) -> bytes:
    def mark(sign: bytes, label: str) -> bytes:
        return sign * size + (b" " + label.encode("utf-8", "surrogateescape") if label else b"") + newline

    first = block.raw.split(b"\n", 1)[0]
    if not first.endswith(b"\r"):
        newline = b"\n"
    out = mark(b"<", labels[0]) + block.ours
    if block.base is not None:
        out += mark(b"|", labels[1]) + block.base
    return out + mark(b"=", "") + block.theirs + mark(b">", labels[2])


def untouched(pieces: Sequence[Piece]) -> int:
    """Return how many of git's conflicts stand in the file as git wrote them."""
    return sum(isinstance(p, Known) for p in pieces)
