"""A remark that gives a version, put behind a value by one side, and another value put there by the other.

``uses: lint@8d1f # v2.1`` says which version ``8d1f`` is; behind the hash that the other side put there it says what is
not so.  Other remarks (``# keep in step with the docs``) go on to hold.  Invariants: only a line that none of the
inputs has is objected to; the sides' order decides nothing.
"""

from __future__ import annotations

import re

from forkmerge.merge.pieces import filled_lines

_REMARK = re.compile(rb"[ \t](?:#|//|--)[ \t].*\Z")
_VERSION = re.compile(rb"\bv\d|\d\.\d")


def misplaced(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether ``result`` has a remark with a version behind another value than the side that put it there."""
    if not any(map(_VERSION.search, map(behind, filled_lines(result)))):
        return False
    b, *sides = (set(filled_lines(x)) for x in (base, ours, theirs))
    old = {behind(line) for line in b}
    new = [line for line in filled_lines(result) if line not in b and not any(line in side for side in sides)]
    return any(
        remark not in old and any(behind(known) == remark for side in sides for known in side)
        for line in new
        if _VERSION.search(remark := behind(line))
    )


def behind(line: bytes) -> bytes:
    """Return the remark at the end of a line, nothing where it has none."""
    found = _REMARK.search(line)
    return found[0] if found else b""
