"""Indentation of blocks, and moving an item from one indentation to another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.items import Item


def indentation_of(sequence: Sequence[Item]) -> bytes | None:
    """Return the blanks before the items of a block where all that begin a line agree, else None."""
    found: bytes | None = None
    for item in sequence:
        blanks = blanks_before(item)
        if blanks is None:
            continue
        if blanks.strip(b" \t"):
            return None
        if found is not None and found != blanks:
            return None
        found = blanks
    return found


def blanks_before(item: Item) -> bytes | None:
    """Return what stands before ``item`` in its line, None where it does not begin one or is no more than a sign."""
    if item.end or b"\n" not in item.lead or item.main is None or not item.main.is_named:
        return None
    return item.lead[item.lead.rfind(b"\n") + 1 :]


def moved(base: Sequence[Item], side: Sequence[Item]) -> dict[bytes, bytes]:
    """Return each indentation of ``base`` with the one that ``side`` gave to all that stood there and that it kept.

    This tells what to do with an item where the block has no one indentation: git may have moved some of its lines.
    """
    stood, now = ({i.tokens: b for i in part if (b := blanks_before(i)) is not None} for part in (base, side))
    places: dict[bytes, set[bytes]] = {}
    for tokens in stood.keys() & now.keys():
        places.setdefault(stood[tokens], set()).add(now[tokens])
    return {old: next(iter(new)) for old, new in places.items() if len(new) == 1 and old not in new}


def reindent(item: Item, old: bytes, new: bytes) -> Item:
    """Return ``item`` with ``old`` at the start of its lines replaced by ``new``; its tokens stay as they are.

    Lines that begin inside a multi-line token are moved as well only where the token is a comment or docstring-like
    text at that indentation; the gates compare the tokens afterwards, so a changed string shows.
    """
    cut = item.lead.rfind(b"\n") + 1
    lead = item.lead
    if cut and lead[cut:].startswith(old):
        lead = lead[:cut] + new + lead[cut + len(old) :]
    first, *rest = item.text.split(b"\n")
    moved = [new + line[len(old) :] if line.startswith(old) and line.strip() else line for line in rest]
    return replace(item, lead=lead, text=b"\n".join([first, *moved]))


def lines_and_blanks(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return the merged layout where one side changed the blank lines and the other the indentation, else None."""
    if any(x.strip() or b"\n" not in x for x in (base, ours, theirs)):
        return None
    ends = [x.rfind(b"\n") + 1 for x in (base, ours, theirs)]
    lines = [x[:end] for x, end in zip((base, ours, theirs), ends, strict=True)]
    blanks = [x[end:] for x, end in zip((base, ours, theirs), ends, strict=True)]
    if lines[0] == lines[1] and blanks[0] == blanks[2]:
        return lines[2] + blanks[1]
    return lines[1] + blanks[2] if lines[0] == lines[2] and blanks[0] == blanks[1] else None
