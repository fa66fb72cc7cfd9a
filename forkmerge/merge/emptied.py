"""A block of Python that both sides together took everything out of: it needs a ``pass`` to be one.

Invariants: only where one statement or more stood under a line that ends in a colon, and nothing of the block is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def passed(prefix: bytes, before: bytes, suffix: bytes) -> bytes:
    """Return the line that stands for the lines ``before``, all gone, between ``prefix`` and ``suffix``; else b"".

    The blank lines at the end of ``before`` stay where something follows.
    """
    first = _filled(before.split(b"\n"))
    header = _filled(reversed(prefix.split(b"\n")))
    behind = _filled(suffix.split(b"\n"))
    if not first or not header.rstrip().endswith(b":") or _depth(first) <= _depth(header):
        return b""
    if behind and _depth(behind) > _depth(header):
        return b""
    end = b"\r\n" if first.endswith(b"\r") else b"\n"
    blank = before[len(before.rstrip()) :].partition(b"\n")[2]  # what stood between the block and what follows
    return first[: _depth(first)] + b"pass" + end + (blank if behind else b"")


def _filled(lines: Iterable[bytes]) -> bytes:
    return next((line for line in lines if line.strip()), b"")


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip())
