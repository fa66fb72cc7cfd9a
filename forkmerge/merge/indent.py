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
        if item.end or b"\n" not in item.lead or item.main is None or not item.main.is_named:
            continue
        blanks = item.lead[item.lead.rfind(b"\n") + 1 :]
        if blanks.strip(b" \t"):
            return None
        if found is not None and found != blanks:
            return None
        found = blanks
    return found


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
