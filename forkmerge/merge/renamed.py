"""Words that one side exchanged for others everywhere: the other side's edits are read as if it had them, too.

Who renamed ``read`` to ``load`` wherever it stood has edited lines that the other side edited as well, and git leaves
those in conflict.  With the new word in the base and in the other side's text they differ in one edit each.  A word is
taken for renamed if the side has it nowhere and neither the base nor the other side has the new one, if it stands for
no other word, and if the lines that were edited say so word by word.

Invariants: what is not settled by that alone is left: git has to merge what then differs.  The other side must use the
word as often as the base does: where it says it more, nobody saw whether that means the same, and where it took away a
line that says it, that line was edited, too.  The sides' order decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.merge.diff import hunks
from forkmerge.merge.followed import tiled
from forkmerge.merge.pieces import lines_of, uneven
from forkmerge.merge.rules import RENAMED
from forkmerge.merge.stale import stale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.merge.pieces import LineMerge
    from forkmerge.model.hunk import FileMerge
    from forkmerge.syntax.profile import Profile

_WORD = re.compile(rb"[^\W\d]\w+")
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_OFTEN = 2
"""How often one of the words has to have stood in the base: what was exchanged once may be an edit like any other."""
_MOST = 20_000
"""Lines of a file past which nothing is looked for."""


def merged(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    line_merge: LineMerge,
    check: Callable[[str, bytes, bytes, bytes, bytes], FileMerge],
) -> FileMerge | None:
    """Return the merge in which what one side renamed is renamed in the other's text, None where git leaves conflicts.

    ``check`` puts a clean merge of three texts through the gates.  None, too, where one side did away with another word
    that the other goes on to use.
    """
    three = exchanged(*inputs)
    if three is None or stale(profile, *three):
        return None
    text, count = line_merge(*three, style="diff3", marker_size=7)
    if count:
        return None
    found = check(path, *three, text)
    return tiled(path, inputs, found, RENAMED) if found.clean else None


def exchanged(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return the three texts with what one side renamed renamed in all of them, None where no side renamed anything."""
    words = [Counter(_WORD.findall(text)) for text in (base, ours, theirs)]
    by_ours = _renamed(base, ours, words[0], words[1], words[2])
    by_theirs = _renamed(base, theirs, words[0], words[2], words[1])
    both = {**by_ours, **by_theirs}
    if not both or len(set(both.values())) < len(both) or max(words[0][word] for word in both) < _OFTEN:
        return None
    return _put(_put(base, by_ours), by_theirs), _put(ours, by_theirs), _put(theirs, by_ours)


def _renamed(
    base: bytes, side: bytes, before: Counter[bytes], now: Counter[bytes], other: Counter[bytes]
) -> dict[bytes, bytes]:
    """Return what ``side`` exchanged everywhere, with what stands there now; counts are of the words of all three."""
    differ = uneven(before, now)
    gone = {w for w in differ if not now[w] and other[w] == before[w]}
    come = {w for w in uneven(now, before) if now[w] and not before[w] and not other[w]}
    if not gone or not come:
        return {}
    old, new = lines_of(base), lines_of(side)
    if max(len(old), len(new)) > _MOST:
        return {}
    pairs: set[tuple[bytes, bytes]] = set()
    for i, x, j, y in hunks(old, new):
        if x - i == y - j:
            for was, line in zip(old[i:x], new[j:y], strict=True):
                here, there = _TOKEN.findall(was), _TOKEN.findall(line)
                if len(here) == len(there):
                    pairs.update((a, b) for a, b in zip(here, there, strict=True) if a != b)
    sources, targets = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    return {a: b for a, b in pairs if a in gone and b in come and sources[a] == targets[b] == 1}


def _put(text: bytes, names: Mapping[bytes, bytes]) -> bytes:
    return _WORD.sub(lambda found: names.get(found[0], found[0]), text) if names else text
