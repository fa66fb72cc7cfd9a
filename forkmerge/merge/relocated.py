"""A key that one side took from one block of data to another: what the other side made of its value follows it.

Invariants: the line that says the key stands once in all blocks of the base, as it was in one block of the mover's, and
no more in the editor's; no other line there speaks of the key.  So an edit has one place to go to, or it stays.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.diff import hunks
from forkmerge.merge.pieces import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Three: TypeAlias = tuple[bytes, bytes, bytes]

_KEY = re.compile(rb"(\"[^\"\n]*\"|'[^'\n]*'|[\w.-]+)[ \t]*[:=][ \t]*[^\s\[{|>&]")
"""A key with its value in one line: none of brackets, texts or names that go on below."""


def relocated(blocks: Sequence[Three]) -> tuple[Three, ...] | None:
    """Return ``blocks``, each in base, ours and theirs, with edits where the other side took the line to; else None."""
    lines = [[lines_of(text) for text in three] for three in blocks]
    bare = [[[_bare(line) for line in version] for version in three] for three in lines]
    counts = [Counter(line for three in bare for line in three[version]) for version in range(3)]
    moved = False
    for mover, editor in ((1, 2), (2, 1)):
        for number, three in enumerate(bare):
            for old, new, at in _edits(three[0], three[editor]):
                if (counts[0][old], counts[mover][old], counts[editor][old]) != (1, 1, 0) or counts[mover][new]:
                    continue
                block, line = next((n, b[mover].index(old)) for n, b in enumerate(bare) if old in b[mover])
                said = (three[mover], bare[block][0], bare[block][editor])
                if block == number or any(_key(x) == _key(old) for version in said for x in version):
                    continue
                lines[number][editor][at] = lines[number][editor][at].replace(new, old)
                lines[block][mover][line] = lines[block][mover][line].replace(old, new)
                moved = True
    if not moved:
        return None
    return tuple((b"".join(base), b"".join(ours), b"".join(theirs)) for base, ours, theirs in lines)


def _edits(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the lines of which the value was changed, as they were and are, and where they are."""
    for i, x, j, y in hunks(before, after):
        if x - i == y - j:
            for at, (old, new) in enumerate(zip(before[i:x], after[j:y], strict=True), j):
                if _key(old) and _key(old) == _key(new):
                    yield old, new, at


def _bare(line: bytes) -> bytes:
    return line.strip().removesuffix(b",")


def _key(line: bytes) -> bytes:
    found = _KEY.match(line)
    return found[1] if found else b""
