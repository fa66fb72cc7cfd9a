"""Counts that both sides raised by the same, each for something of its own.

Who adds a case to a test that says how many there are raises that number.  Where both sides did, they wrote the same
number, and it is too low for what the merge holds: the one edit that both made was not the same edit.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from forkmerge.merge.conservation import STRING

Line: TypeAlias = "tuple[bytes, ...]"

_TOKEN = re.compile(STRING + rb"|[\w.]+|[^\w\s]")
"""A string is one word, and so is a version: what is counted stands for itself."""
_NAME = re.compile(rb"[^\W\d]")
_STEP = 10
"""How much one side puts in at once, at most."""
_HIGHEST = 1000
"""Numbers from which on it is a year, a port or a date."""


def raised_by_both(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether both sides raised one number of a line to the same, and one put in a line that the other did not.

    The line has to be the same in both sides, and but for the number that of the base.
    """
    if not any(digit in base for digit in b"0123456789") or ours == theirs:
        return False
    b, o, t = (_lines(x) for x in (base, ours, theirs))
    both = (o & t) - b
    if not any(_raised(was, now) for now in both for was in b - o - t):
        return False
    put_in = [side - b - both for side in (o, t) if len(side) > len(b)]
    return any(_NAME.match(word) for lines in put_in for line in lines for word in line)


def _lines(text: bytes) -> set[Line]:
    return {tuple(tokens) for line in text.split(b"\n") if (tokens := _TOKEN.findall(line))}


def _raised(was: Line, now: Line) -> bool:
    changed = [(a, b) for a, b in zip(was, now, strict=False) if a != b]
    if len(was) != len(now) or len(changed) != 1:
        return False
    low, high = changed[0]
    return low.isdigit() and high.isdigit() and int(low) < int(high) <= min(int(low) + _STEP, _HIGHEST)
