"""What stands where in a file of data: under the same names in the merge as in the side that put it in, and once.

Who takes a part of one table into a new one above the rest seems to have renamed the table; what the other side put in
beside that part would stand in the new one.  And what both sides put into one list, each at its own place, stands there
twice.
Invariants: only files that load are read; what stands in a list of tables has no names on its way, and is not looked
at; the sides' order decides nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.syntax.data import loaded

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

_Way: TypeAlias = "tuple[str, ...]"


def misplaced(profile: Profile, inputs: tuple[bytes, bytes, bytes], result: bytes) -> tuple[bytes, bytes]:
    """Return a key that is not in the table that a side put it into, and what stands twice in a list; b"" for none.

    The table has to be one that all versions have, and both sides to have put into the list what stands there twice.
    """
    trees = [loaded(profile, text) for text in (*inputs, result)]
    if any(tree is None for tree in trees):
        return b"", b""
    known: list[set[_Way]] = [set() for _ in trees]
    lists: list[dict[_Way, Counter[str]]] = [{} for _ in trees]
    for tree, ways, found in zip(trees, known, lists, strict=True):
        _walk(tree, (), ways, found)
    return _strayed(known), _twice(lists)


def _walk(value: object, way: _Way, ways: set[_Way], lists: dict[_Way, Counter[str]]) -> None:
    """Add the names on the way to all that ``value`` holds to ``ways``, and what its lists say to ``lists``."""
    ways.add(way)
    if isinstance(value, dict):
        for key, inner in value.items():
            _walk(inner, (*way, key), ways, lists)
    elif isinstance(value, list):
        lists[way] = Counter(text for text in value if isinstance(text, str))


def _strayed(known: list[set[_Way]]) -> bytes:
    base, ours, theirs, now = known
    tables = base & ours & theirs & now
    for mine in (ours, theirs):
        for way in sorted(mine - base - now):
            if way[:-1] in tables:
                return way[-1].encode()
    return b""


def _twice(lists: list[dict[_Way, Counter[str]]]) -> bytes:
    none: Counter[str] = Counter()
    base, ours, theirs, now = lists
    for way, texts in sorted(now.items()):
        before, mine, other = (side.get(way, none) for side in (base, ours, theirs))
        for text, count in texts.items():
            if count > max(mine[text], other[text]) and min(mine[text], other[text]) > before[text]:
                return text.encode()
    return b""
