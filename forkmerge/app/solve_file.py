"""One file with conflict markers, solved as far as that goes.

Idea: the structured merge starts from a line merge; here that line merge is the file as it is in the work tree, its
untouched conflicts with their bases, all else as fixed text.  So what people wrote stands, and is what a resolution is
checked against.  Conflicts that are not git's any more are kept byte for byte.

Invariant: without its resolutions the answer is the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.app.merge_look import Look, marked_hunk
from forkmerge.app.solve_blocks import Block
from forkmerge.app.solve_match import Known, Piece
from forkmerge.merge.pieces import Conflict, lines_of
from forkmerge.model.hunk import Hunk, Segment
from forkmerge.syntax.catalogue import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.pieces import Style
    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.catalogue import Catalogue

EDITED = "these markers are not as git wrote them: somebody has begun to edit here"
BROKEN = "the markers here don't belong together"
BASELESS = "the markers don't show the base: git checkout --conflict=diff3 brings it back"


@dataclass(frozen=True, slots=True)
class Solved:
    """The file's new text, as segments and what was written for each; ``reason`` says why nothing could be done.

    ``told`` are base, ours and theirs of what could be worked on, all else the same.
    """

    segments: tuple[Segment, ...]
    written: tuple[bytes, ...]
    reason: str = ""
    told: tuple[bytes, bytes, bytes] = (b"", b"", b"")

    @property
    def text(self) -> bytes:
        """Return the whole text."""
        return b"".join(self.written)

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """Return the places that were solved or left."""
        return tuple(s for s in self.segments if isinstance(s, Hunk))


def solve_file(
    path: str,
    pieces: Sequence[Piece],
    versions: tuple[bytes, bytes, bytes] | None,
    look: Look,
    *,
    allowed: Allowed | None = None,
    languages: Catalogue = BUILTIN,
) -> Solved:
    """Return the file of ``pieces`` with what can be solved solved; ``versions`` are base, ours, theirs if known."""
    from forkmerge.merge.file import merge_file  # noqa: PLC0415 - heavy: only in the child that does it

    if versions is not None and any(isinstance(p, Block) and p.whole for p in pieces):
        from forkmerge.app.solve_driver import left_by_driver  # noqa: PLC0415 - only where git did not write it all

        pieces = left_by_driver(path, pieces, versions, look, allowed, languages)
    shown = [_shown(p, known=versions is not None) for p in pieces]
    one, two, three = (
        b"".join(p if isinstance(p, bytes) else getattr(p, side) if isinstance(p, Conflict) else p.ours for p in shown)
        for side in ("base", "ours", "theirs")
    )
    told = (one, two, three)
    if not any(isinstance(p, Conflict) for p in shown):
        return _kept(pieces, known=versions is not None)
    baseless = "" if versions is not None else BASELESS
    before = sum(_lines(p) for p in shown if isinstance(p, Conflict))
    whys: list[str] = []
    for base, ours, theirs in dict.fromkeys((versions or told, told)):  # what was edited may be in neither version
        told_by = _Told((base, ours, theirs), shown)
        merged = merge_file(path, base, ours, theirs, line_merge=told_by, allowed=allowed, languages=languages)
        if sum(_lines(h) for h in merged.conflicts) < before:
            break
        whys += [h.reason for h in merged.conflicts if h.reason]
    else:
        return _kept(pieces, "; ".join(dict.fromkeys(whys)), known=versions is not None)
    found = _composed(pieces, shown, merged.segments, look, baseless)
    if found is None:
        why = "the resolution would reach into lines that somebody has edited"
        return _kept(pieces, why, known=versions is not None)
    return replace(found, told=told)


def _lines(place: Conflict | Hunk) -> int:
    return len(lines_of(place.ours)) + len(lines_of(place.theirs))


def _shown(piece: Piece, *, known: bool) -> bytes | Conflict | Block:
    """Return what the engine is shown: text, a conflict to solve, or (a block) text of ours that is to be kept."""
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, Known):
        return piece.conflict
    if not known and piece.whole and piece.base is not None:
        return Conflict(piece.base, piece.ours, piece.theirs)
    if not known and piece.whole and piece.ours == piece.theirs:
        return Conflict(b"", piece.ours, piece.theirs)
    return piece


class _Told:
    """The file as a line merge of its versions; asked for anything else, git is called."""

    def __init__(self, three: tuple[bytes, bytes, bytes], shown: Sequence[bytes | Conflict | Block]) -> None:
        self._three = three
        self._shown = shown

    def __call__(
        self,
        base: bytes,
        ours: bytes,
        theirs: bytes,
        *,
        style: Style = "merge",
        labels: tuple[str, str, str] = ("ours", "base", "theirs"),
        marker_size: int = 7,
    ) -> tuple[bytes, int]:
        """Return the marked text and the number of conflicts."""
        if (base, ours, theirs) != self._three or style != "diff3":
            from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - seldom needed

            return line_merge(base, ours, theirs, style=style, labels=labels, marker_size=marker_size)
        out: list[bytes] = []
        count = 0
        for piece in self._shown:
            if isinstance(piece, Conflict):
                count += 1
                parts = ((b"<", piece.ours), (b"|", piece.base), (b"=", piece.theirs), (b">", b""))
                for sign, text in parts:
                    out += [sign * marker_size, b"\n", text, b"\n" if text and not text.endswith(b"\n") else b""]
            else:
                out.append(piece.ours if isinstance(piece, Block) else piece)
        return b"".join(out), count


def _composed(
    pieces: Sequence[Piece],
    shown: Sequence[bytes | Conflict | Block],
    segments: Sequence[Segment],
    look: Look,
    baseless: str,
) -> Solved | None:
    """Return the engine's answer with the file's own bytes wherever it resolved nothing; None if they don't fit."""
    atoms = _Atoms(pieces, shown)
    out: list[Segment] = []
    written: list[bytes] = []
    at = 0
    mine = b"".join(p if isinstance(p, bytes) else p.ours for p in shown)
    for number, segment in enumerate(segments):
        ours = segment if isinstance(segment, bytes) else segment.ours
        if atoms.keeps and mine[at : at + len(ours)] != ours:
            return None  # something was resolved around a conflict that is left: where the kept ones are is not known
        last = number == len(segments) - 1
        kept = atoms.blocks(at, at + len(ours), last=last)
        if isinstance(segment, bytes):
            for part in atoms.woven(segment, at, kept):
                out.append(_refused(part, baseless) if isinstance(part, Block) else part)
                written.append(part.raw if isinstance(part, Block) else part)
        elif kept and any(at < o < at + len(ours) or b.ours for o, b in kept):
            return None
        else:
            for _, block in kept:
                out.append(_refused(block, baseless))
                written.append(block.raw)
            out.append(segment)
            written.append(_text(segment, atoms, at, look))
        at += len(ours)
    return Solved(tuple(out), tuple(written)) if atoms.all_used() else None


def _text(hunk: Hunk, atoms: _Atoms, at: int, look: Look) -> bytes:
    if hunk.merged is not None:
        return hunk.merged
    raw = atoms.raw_of(hunk, at)
    return raw if raw is not None else marked_hunk(hunk, look)


class _Atoms:
    """The file's pieces, by where they stand in the text of our side."""

    def __init__(self, pieces: Sequence[Piece], shown: Sequence[bytes | Conflict | Block]) -> None:
        self._kept: list[tuple[int, Block]] = []
        self._conflicts: dict[int, list[tuple[Conflict, bytes]]] = {}
        self._used = 0
        at = 0
        for piece, seen in zip(pieces, shown, strict=True):
            if isinstance(seen, Block):
                self._kept.append((at, seen))
            elif isinstance(seen, Conflict) and not isinstance(piece, bytes):
                self._conflicts.setdefault(at, []).append((seen, piece.raw))
            at += len(seen) if isinstance(seen, bytes) else len(seen.ours)

    def blocks(self, start: int, end: int, *, last: bool) -> list[tuple[int, Block]]:
        """Return the kept blocks that begin in the range, each once."""
        found = [(o, b) for o, b in self._kept[self._used :] if start <= o < end or (last and o <= end)]
        self._used += len(found)
        return found

    def woven(self, text: bytes, at: int, kept: Sequence[tuple[int, Block]]) -> list[bytes | Block]:
        """Return ``text``, which begins at ``at``, with the kept blocks in place of their text of ours."""
        out: list[bytes | Block] = []
        position = 0
        for offset, block in kept:
            out += [text[position : offset - at], block]
            position = offset - at + len(block.ours)
        return [part for part in (*out, text[position:]) if part]

    def raw_of(self, hunk: Hunk, at: int) -> bytes | None:
        """Return the file's own text of a conflict that is still the very same."""
        for conflict, raw in self._conflicts.get(at, ()):
            if (conflict.base, conflict.ours, conflict.theirs) == (hunk.base, hunk.ours, hunk.theirs):
                return raw
        return None

    @property
    def keeps(self) -> bool:
        """Return whether there is any block that is to be kept."""
        return bool(self._kept)

    def all_used(self) -> bool:
        """Return whether every kept block has found its place."""
        return self._used == len(self._kept)


def _refused(block: Block, baseless: str = "") -> Hunk:
    why = (baseless if block.base is None else "") or EDITED if block.whole else BROKEN
    return Hunk(block.base or b"", block.ours, block.theirs, None, "conflict", why)


def _kept(pieces: Sequence[Piece], reason: str = "", *, known: bool = True) -> Solved:
    """Return the file as it is, with the reason for each of its conflicts."""
    segments: list[Segment] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            segments.append(piece)
        elif isinstance(piece, Known):
            c = piece.conflict
            segments.append(Hunk(c.base, c.ours, c.theirs, None, "conflict", reason))
        else:
            segments.append(_refused(piece, "" if known else BASELESS))
    written = tuple(p if isinstance(p, bytes) else p.raw for p in pieces)
    return Solved(tuple(segments), written, reason)
