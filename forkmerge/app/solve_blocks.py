"""Conflict markers in a text, as git writes them and as people leave them.

A marker is exactly as long as asked for and followed by a blank or the line's end: so the longer ones of a virtual
base, inside the base of a conflict, are text.  Invariant: the atoms' ``raw`` bytes, joined, are the text again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from forkmerge.merge.pieces import lines_of

_START = re.compile(rb"(<{2,})(?: [^\r\n]*)?\r?\n?\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A conflict between its markers; ``base`` is None where the markers don't show it.

    ``whole`` is false for what begins or ends like a conflict and is none: then only ``raw`` means something.
    """

    raw: bytes
    ours: bytes
    base: bytes | None
    theirs: bytes
    whole: bool = True


Atom = bytes | Block


def blocks(text: bytes, size: int) -> tuple[Atom, ...]:
    """Return ``text`` as plain lines and conflicts with markers of ``size``."""
    reader = _Reader(size)
    for line in lines_of(text):
        reader.take(line)
    return reader.done()


def marker_size(text: bytes, usual: int) -> int:
    """Return the size of the markers in ``text``: ``usual`` if conflicts of it are there, else the shortest found."""
    found = {len(m[1]) for line in lines_of(text) if line.startswith(b"<<") and (m := _START.match(line))}
    for size in (usual, *sorted(found - {usual})):
        if size in found and any(isinstance(a, Block) and a.whole for a in blocks(text, size)):
            return size
    return usual


class _Reader:
    def __init__(self, size: int) -> None:
        self._marks = {
            c: re.compile(re.escape(c * size) + rb"(?: [^\r\n]*)?\r?\n?\Z") for c in (b"<", b"|", b"=", b">")
        }
        self._atoms: list[Atom] = []
        self._raw: list[bytes] = []
        self._parts: dict[str, list[bytes]] = {}
        self._state = ""
        self._odd = False

    def take(self, line: bytes) -> None:
        """Take the next line in."""
        mark = self._marks.get(line[:1])
        kind = line[:1] if mark is not None and mark.match(line) else b""
        if kind == b"<":
            self._close()
            self._state, self._parts, self._odd = "ours", {"ours": [], "theirs": []}, False
            self._raw = [line]
        elif not self._state:
            if kind == b">":
                self._atoms.append(Block(line, b"", None, b"", whole=False))
            else:
                self._plain(line)
        else:
            self._raw.append(line)
            self._inside(kind, line)

    def done(self) -> tuple[Atom, ...]:
        """Return the atoms."""
        self._close()
        return tuple(self._atoms)

    def _inside(self, kind: bytes, line: bytes) -> None:
        if kind == b"|" and self._state == "ours":
            self._state = "base"
            self._parts["base"] = []
        elif kind == b"=" and self._state in ("ours", "base"):
            self._state = "theirs"
        elif kind == b">" and self._state == "theirs":
            base = self._parts.get("base")
            ours, theirs = b"".join(self._parts["ours"]), b"".join(self._parts["theirs"])
            raw, whole = b"".join(self._raw), not self._odd
            self._atoms.append(Block(raw, ours, None if base is None else b"".join(base), theirs, whole))
            self._state, self._raw = "", []
        else:
            self._odd |= bool(kind)
            self._parts[self._state].append(line)

    def _plain(self, line: bytes) -> None:
        last = self._atoms[-1] if self._atoms else None
        if isinstance(last, bytes):
            self._atoms[-1] = last + line
        else:
            self._atoms.append(line)

    def _close(self) -> None:
        """End a conflict that has no end."""
        if self._state:
            self._atoms.append(Block(b"".join(self._raw), b"", None, b"", whole=False))
        self._state, self._raw = "", []
