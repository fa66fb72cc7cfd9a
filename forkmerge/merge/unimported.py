"""An import that one side took away goes, though the other side moved it.

Who sorts the imports of a file takes each out and puts it in again; git sees a deletion and an addition, and the
addition brings back what the other side had done away with.  The import goes only where nothing in the merge speaks of
what it binds: it may be that the other side's lines need it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge.pieces import Conflict, Piece, Resolved, coalesce, counted, lines_of, middles, text_of
from forkmerge.merge.rules import CARRIED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.profile import Profile

_WORD = re.compile(rb"[^\W\d]\w*")
_ANY = "*"


def unimported(
    profile: Profile, inputs: tuple[bytes, bytes, bytes], pieces: Sequence[Piece], allowed: Allowed
) -> tuple[Piece, ...]:
    """Return ``pieces``, if they leave no conflict, without the lines of imports that a side took away, moved or not.

    Such a line stands once in the base, once in the side that moved it, and in the other side no more.
    """
    if profile.data or not allowed.permits({CARRIED}) or any(isinstance(p, Conflict) for p in pieces):
        return tuple(pieces)
    merged = text_of(pieces, lambda _: b"")
    gone = _gone(inputs, merged)
    if gone:
        gone = _unused(profile, merged, gone)
    return _without(pieces, gone, inputs) if gone else tuple(pieces)


def _gone(inputs: tuple[bytes, bytes, bytes], merged: bytes) -> set[bytes]:
    base, ours, theirs, result = map(counted, middles(*inputs, merged))
    out = set()
    for line, count in base.items():
        if count == result[line] == 1 and {ours[line], theirs[line]} == {0, 1} and _WORD.search(line):
            out.add(line)
    if not out:
        return out
    sides = [{line.strip() for line in text.split(b"\n")} for text in inputs[1:]]
    return {
        line
        for line in out
        if not all(line.strip() in side for side in sides)  # one side only laid it out anew
        and (b"\n" + merged + b"\n").count(b"\n" + line + b"\n") == 1
    }


def _unused(profile: Profile, merged: bytes, lines: set[bytes]) -> set[bytes]:
    """Return those of ``lines`` that are imports of which nothing in the merge uses what they bind."""
    from forkmerge.syntax.references import imported  # noqa: PLC0415 - seldom needed

    try:
        found = imported(profile, merged)
    except ForkmergeError:
        return set()
    bound: dict[bytes, list[str]] = {}
    for one in found:
        start = merged.rfind(b"\n", 0, one.span.start) + 1
        stop = (merged + b"\n").find(b"\n", one.span.start)
        bound.setdefault(merged[start:stop], []).append(one.alias if one.name != _ANY else "")
    words = Counter(_WORD.findall(merged))
    return {
        line
        for line in lines & bound.keys()
        if all(alias and words[alias.encode()] == _WORD.findall(line).count(alias.encode()) for alias in bound[line])
    }


def _without(pieces: Sequence[Piece], gone: set[bytes], inputs: tuple[bytes, bytes, bytes]) -> tuple[Piece, ...]:
    ours = counted(inputs[1])
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Resolved):
            kept = b"".join(line for line in lines_of(piece.content) if line.rstrip(b"\n") not in gone)
            rules = piece.rules if kept == piece.content else tuple(sorted({*piece.rules, CARRIED}))
            out.append(replace(piece, content=kept, rules=rules))
        elif isinstance(piece, bytes):
            out += _lines_without(lines_of(piece), gone, ours)
    return coalesce(out)


def _lines_without(lines: Sequence[bytes], gone: set[bytes], ours: Counter[bytes]) -> list[Piece]:
    """Return ``lines`` without those that are ``gone``; of the blank lines around one, those above it go, too."""
    out: list[Piece] = []
    for line, below in zip(lines, [*lines[1:], b"-"], strict=True):
        name = line.rstrip(b"\n")
        if name not in gone:
            out.append(line)
            continue
        above = b""
        while not below.strip() and out and isinstance(out[-1], bytes) and not out[-1].strip():
            above = out.pop() + above  # type: ignore[operator]  # it was asked for above
        mine, other = (line, b"") if ours[name] else (b"", line)
        out.append(Resolved(above, above + mine, above + other, b"", (CARRIED,)))
    return out
