"""Two versions at one place, decided by the policy that somebody configured, and never without one.

A place is about versions where the sides' texts are the same but for them; a commit that a version is pinned to (40 or
64 hexadecimal digits) goes with it.  ``higher`` takes the higher of both, ``ours`` and ``theirs`` that side's.

Invariants: what is no version is the same in both sides and stays so; versions that can't be compared, and commits
whose versions don't tell which is the newer, stay in conflict.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.merge.rules import VERSIONS

if TYPE_CHECKING:
    from forkmerge.merge.pieces import Conflict

_COMMIT = rb"(?<![\w.])(?:[0-9a-f]{64}|[0-9a-f]{40})(?!\w)"
_NUMBER = rb"(?<![\w.])v?\d+(?:\.\d+)*(?:[-.+_]?(?:[A-Za-z]+)[-.]?\d*)*(?![\w.])"
_TUPLE = rb"\(\s*\d+(?:\s*,\s*\d+)+\s*\)"
_MARK = re.compile(b"(?P<commit>" + _COMMIT + b")|(?P<tuple>" + _TUPLE + b")|(?P<number>" + _NUMBER + b")")
_TOLD = re.compile(
    rb"version|release|\brev\b|\btag\b|\buses\b|\bimage\b|^\s*from\b|requir|[=~<>!]=|\^|~>|@v?\d|python|\bgo\s",
    re.IGNORECASE,
)
"""What makes a bare number of a line a version: without it, it has to have three parts or a ``v``."""
_PARTS = re.compile(rb"\d+|[A-Za-z]+")
_BEFORE = {"dev": -5, "snapshot": -5, "a": -4, "alpha": -4, "b": -3, "beta": -3, "m": -2, "c": -1, "rc": -1, "pre": -1}
_AFTER = {"post": 1, "p": 1, "patch": 1, "sp": 1}
_PLAIN = frozenset(("final", "ga", "release"))
_LEAST_PARTS = 3


def settled(policy: str, conflict: Conflict) -> tuple[bytes, str] | None:
    """Return what ``policy`` makes of a conflict about versions alone, with the rule; None where it can't tell."""
    content = decided(conflict, policy)
    return None if content is None else (content, VERSIONS)


def decided(conflict: Conflict, policy: str) -> bytes | None:
    """Return what ``policy`` makes of a conflict about versions alone, None for any other and where it can't tell."""
    base, ours, theirs = (_parts(text) for text in (conflict.base, conflict.ours, conflict.theirs))
    if not ours[1] or ours[0] != theirs[0] or (base[0] != ours[0] and conflict.base.strip()):
        return None
    if policy in ("ours", "theirs"):
        return conflict.ours if policy == "ours" else conflict.theirs
    commits = any(_pinned(mark) for mark in ours[1])
    above = below = False
    chosen: list[bytes] = []
    for mine, other in zip(ours[1], theirs[1], strict=True):
        if _pinned(mine) or mine == other:
            chosen.append(mine)
            continue
        keys = _key(mine), _key(other)
        if keys[0] is None or keys[1] is None or keys[0] == keys[1]:
            return None
        above, below = above or keys[0] > keys[1], below or keys[0] < keys[1]
        chosen.append(mine if keys[0] > keys[1] else other)
    if above != below:
        return conflict.ours if above else conflict.theirs
    if commits or not above:
        return None
    between = iter(chosen)
    return b"".join(next(between) if part is None else part for part in ours[0])


def _parts(text: bytes) -> tuple[list[bytes | None], list[bytes]]:
    """Return ``text`` with None where a version stands, and the versions."""
    rest: list[bytes | None] = []
    marks: list[bytes] = []
    for line in text.splitlines(keepends=True):
        told = _TOLD.search(line) is not None
        position = 0
        for found in _MARK.finditer(line):
            mark = found[0]
            if found["commit"] is None and not _version(mark, told=told):
                continue
            rest += [line[position : found.start()], None]
            marks.append(mark)
            position = found.end()
        rest.append(line[position:])
    return rest, marks


def _version(mark: bytes, *, told: bool) -> bool:
    numbers = mark.count(b".") + 1
    if mark.startswith(b"("):
        return told
    return told or mark.startswith(b"v") or numbers == _LEAST_PARTS


def _pinned(mark: bytes) -> bool:
    return re.fullmatch(_COMMIT, mark) is not None


def _key(mark: bytes) -> tuple[tuple[int, ...], tuple[int, int]] | None:
    """Return what versions are sorted by: numbers, then whether it is one before or after them; None if not known."""
    words = [word.decode().lower() for word in _PARTS.findall(mark.removeprefix(b"v"))]
    numbers: list[int] = []
    while words and words[0].isdigit():
        numbers.append(int(words.pop(0)))
    while numbers and not numbers[-1]:
        numbers.pop()
    words = [word for word in words if word not in _PLAIN]
    if not words:
        return tuple(numbers), (0, 0)
    rank = _BEFORE.get(words[0], _AFTER.get(words[0]))
    if rank is None or len(words) > 2 or (len(words) > 1 and not words[1].isdigit()):
        return None
    return tuple(numbers), (rank, int(words[1]) if len(words) > 1 else 0)
