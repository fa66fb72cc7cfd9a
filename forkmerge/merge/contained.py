"""One side made the other side's change, and more: what a side took over from the other and went on with.

Backports are like that: a fix on one branch, the same fix and what was built on it on the other.  The change of a side
is read as what it put for which words of the base.  It is contained where the other side put for these words something
that has it in one piece, or all its lines in their order; or where the other side took away the same.

Invariants: the answer is one side's text, word for word; numbers that differ between the sides (versions, sizes) are
never decided, nor is a part of a longer name (``tokio`` in ``tokio-core``) or of a longer address, or what is commented
out there, the change that was made here, nor does a side win by a quote or bracket that nothing closes; the sides'
order decides nothing but layout.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.merge.conservation import words_of
from forkmerge.merge.diff import hunks
from forkmerge.merge.pieces import filled_lines
from forkmerge.merge.rules import CONTAINED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.merge.pieces import Conflict

_NUMBER = re.compile(rb"\d\w*\Z")
_NAME = re.compile(rb"[^\W\d]")
_SAID = re.compile(rb"\w")
_QUOTES = (b'"', b"'", b"`")
_BRACKETS = ((b"(", b")"), (b"[", b"]"))
"""Braces go round whole lines: where one is put in, the other may be out of sight."""
_HYPHENATED = re.compile(rb"\w[\w-]*+")
_ADDRESS = re.compile(rb"\w++://[^\s\"'<>`)]++")
_COMMENT = re.compile(rb"[ \t]*+(?:#|//|--|;|<!--)")
"""How a line begins that is commented out."""
_LEAST = 5
"""Words and signs of lines that are found apart from each other."""
_MOST = 4000
"""Words of a conflict past which it is left: differences take the square of them at worst."""


def taken_over(conflict: Conflict, *, code: bool = True) -> tuple[bytes, str] | None:
    """Return the side of a conflict that holds the other side's change, with the rule; None where neither does."""
    content = larger(conflict, code=code)
    return None if content is None else (content, CONTAINED)


def larger(conflict: Conflict, *, code: bool = True) -> bytes | None:
    """Return the side of a conflict that holds the other side's change, None where neither does.

    Of data and lists, not ``code``, that both sides put in, nothing tells whether a line between the others' came here
    or went there: what is larger has to go on before or behind.
    """
    base, ours, theirs = (words_of(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if max(map(len, (base, ours, theirs))) > _MOST or _renumbered(ours, theirs):
        return None
    if ours == theirs or _slipped(ours, theirs):
        return None  # but for their layout, and what that is worth is not known here
    lines = [filled_lines(x) for x in (conflict.base, conflict.ours, conflict.theirs)]
    readings = (((base, ours, theirs), _whole), (lines, _in_order))
    for (b, o, t), within in readings if code or base else readings[:1]:
        for large, small, text, other in (
            (o, t, conflict.ours, conflict.theirs),
            (t, o, conflict.theirs, conflict.ours),
        ):
            if _holds(b, large, small, within):
                sound = _nested(conflict.base, text, other) and _as_such(conflict.base, text, other)
                return text if sound else None
    return None


def _as_such(base: bytes, large: bytes, small: bytes) -> bool:
    """Return whether no name, address or line of ``small`` is in ``large`` as part of another or as a comment alone.

    Those are asked for that ``small`` put in.
    """
    names = _names(small) - _names(base) - _names(large)
    if any(name in other.split(b"-") for name in names for other in _names(large) - _names(base)):
        return False
    longer = _addresses(large) - _addresses(base)
    if any(other.startswith(one) for one in _addresses(small) - _addresses(base) - longer for other in longer):
        return False
    silent = {_COMMENT.sub(b"", line, count=1).strip() for line in large.split(b"\n") if _COMMENT.match(line)}
    put = set(filled_lines(small)) - set(filled_lines(base)) - set(filled_lines(large))
    return not put & silent


def _names(text: bytes) -> set[bytes]:
    """Return the words of ``text``, those with hyphens in them as one."""
    return set(_HYPHENATED.findall(text))


def _addresses(text: bytes) -> set[bytes]:
    return {found.rstrip(b"/.,") for found in _ADDRESS.findall(text)}


def _nested(base: bytes, large: bytes, small: bytes) -> bool:
    """Return whether the lines of ``small`` that ``large`` has are as deep there, or the new ones alike."""
    b, o, t = (_depths(x) for x in (base, large, small))
    deeper = set()
    for line, depth in t.items():
        if line not in o or (line in b and b[line] == depth):
            continue
        if line in b and o[line] != depth:
            return False
        deeper.add(o[line] - depth)
    return len(deeper) <= 1


def _depths(text: bytes) -> dict[bytes, int]:
    """Return how far each line of ``text`` is indented; where one stands twice, the last."""
    lines = (raw.expandtabs() for raw in text.split(b"\n"))
    return {line: len(raw) - len(raw.lstrip()) for raw in lines if (line := raw.strip())}


def _holds(
    base: Sequence[bytes],
    large: Sequence[bytes],
    small: Sequence[bytes],
    within: Callable[[Sequence[bytes], Sequence[bytes]], bool],
) -> bool:
    """Return whether what ``small`` did to ``base`` is in what ``large`` did to it, and there is a word in that."""
    made = hunks(base, large)
    named = False
    for start, stop, first, last in hunks(base, small):
        around = next((h for h in made if h[0] <= start and stop <= h[1]), None)
        if around is None:
            return False
        put, new = small[first:last], large[around[2] : around[3]]
        if (put and not within(put, new)) or (not put and new):
            return False  # or it was taken away here and changed there
        if within is _in_order and _kept(base, (start, stop), put, around[:2], new):
            return False
        if start == stop and not _still_there(base, start, large):
            return False
        named = named or any(_NAME.search(word) for word in put)
    return named


def _kept(
    base: Sequence[bytes], taken: tuple[int, int], put: Sequence[bytes], around: tuple[int, int], new: Sequence[bytes]
) -> bool:
    """Return whether a name is in the lines ``new`` that the other side's lines ``put`` no longer have.

    Lines ``taken`` from the base for these were changed by this side, then, and by the other taken away.
    """
    low, high = taken
    old, now, elsewhere, here = (
        _names(b"\n".join(lines))
        for lines in (base[low:high], put, (*base[around[0] : low], *base[high : around[1]]), new)
    )
    return any(_NAME.match(word) for word in (old - now - elsewhere) & here)


def _still_there(before: Sequence[bytes], at: int, after: Sequence[bytes]) -> bool:
    """Return whether ``after`` has a name that stands next to the place ``at`` of ``before``.

    Else all of that was replaced, and what was put there is found by chance; where no name is near nothing tells.
    """
    near = [
        next((word for word in part if _NAME.match(word)), None) for part in (reversed(before[:at]), iter(before[at:]))
    ]
    return None in near or any(word in after for word in near)


def _whole(part: Sequence[bytes], whole: Sequence[bytes]) -> bool:
    size = len(part)
    return any(whole[i] == part[0] and whole[i : i + size] == part for i in range(len(whole) - size + 1))


def _in_order(part: Sequence[bytes], whole: Sequence[bytes]) -> bool:
    """Return whether all lines of ``part`` are in ``whole``, in their order, and say too much for chance."""
    rest = iter(whole)
    return sum(len(words_of(line)) for line in part) >= _LEAST and all(line in rest for line in part)


def _slipped(ours: Sequence[bytes], theirs: Sequence[bytes]) -> bool:
    """Return whether the sides say the same words, and one of them has a quote or a bracket without its other half."""
    mine, other = Counter(ours), Counter(theirs)
    more = (mine - other) + (other - mine)
    if any(_SAID.match(word) for word in more):
        return False
    return any(more[sign] % 2 for sign in _QUOTES) or any(more[a] != more[b] for a, b in _BRACKETS)


def _renumbered(ours: Sequence[bytes], theirs: Sequence[bytes]) -> bool:
    """Return whether the sides say another number at one place, or one of them more numbers and nothing else."""
    for i, x, j, y in hunks(ours, theirs):
        mine, other = ([word for word in part if _NUMBER.match(word)] for part in (ours[i:x], theirs[j:y]))
        if (mine and other) or ((mine or other) and not any(_NAME.match(word) for word in (*ours[i:x], *theirs[j:y]))):
            return True
    return False
