"""Columns: what one side put into lines that the other side lined up anew.

A formatter that lines up the types of fields or the values of a table writes all lines of it again when one grows.  A
line that the other side put in meanwhile has the old column; it gets the one that its neighbours have now.
Only blanks within a line are changed, and only where a neighbour tells by how many.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forkmerge.merge.items import Item

_CELLS = re.compile(rb"((?:\"[^\"\n]*+\"|'[^'\n]*+'|`[^`\n]*+`|[^\s\"'`])+)( +)(?=\S)[^\n]*+\Z")
"""A line of a table: what stands in its first column, and the blanks up to the second."""
_NEAR = 6
"""Neighbours that are asked, on either side: a table ends at a blank line, or sooner."""


class Columns:
    """The three versions of a sequence, to be asked where the second column of a line belongs.

    PERF: what stands where is worked out once, and only for sequences that have columns.
    """

    __slots__ = ("_at", "_sides", "_there")

    def __init__(self, base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> None:
        self._sides = {"base": base, "ours": ours, "theirs": theirs}
        self._at: dict[str, dict[int, int]] = {}
        self._there: dict[str, dict[tuple[bytes, ...], int]] = {}

    def lined_up(self, item: Item, side: str) -> Item:
        """Return ``item``, which ``side`` put in, with its second column where the other put that of its neighbours."""
        cells = _CELLS.match(item.text)
        if cells is None:
            return item
        column, head = cells.end(2), cells[1]
        for near in self._around(item, side):
            found = _CELLS.match(near.text)
            if found is None or found.end(2) != column or len(found[2]) == len(cells[2]) == 1:
                continue
            before = self._column(near, "base")
            now = self._column(near, "theirs" if side == "ours" else "ours")
            if before == column != now and now is not None and len(head) < now:
                return replace(item, text=head + b" " * (now - len(head)) + item.text[column:])
        return item

    def _around(self, item: Item, side: str) -> Iterable[Item]:
        """Return the neighbours of ``item``, the nearest first."""
        items = self._sides[side]
        if side not in self._at:
            self._at[side] = {id(one): index for index, one in enumerate(items)}
        at = self._at[side].get(id(item))
        if at is None:
            return
        for distance in range(1, _NEAR + 1):
            for index in (at - distance, at + distance):
                if 0 <= index < len(items):
                    yield items[index]

    def _column(self, item: Item, side: str) -> int | None:
        """Return where the second column of ``item`` is in a version, None where it is not there."""
        if side not in self._there:
            found = ((one.tokens, _CELLS.match(one.text)) for one in self._sides[side])
            self._there[side] = {tokens: cells.end(2) for tokens, cells in found if cells is not None}
        return self._there[side].get(item.tokens)
