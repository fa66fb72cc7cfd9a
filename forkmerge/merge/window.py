"""A place of a large file with the top-level constructs around it alone, so that not all of the file is parsed for it.

Idea: a file is a row of top-level constructs.  The merge of one place looks at the construct that it stands in and at
its neighbours, so a window that is cut between constructs, some neighbours to each side, gives the same answer.
Invariants: a window begins and ends at the beginning of a line that begins a top-level construct, or at an end of the
file; what is cut away is the same for all sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.repair import Place

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

LARGE = 4_000
"""Bytes of our file from which on a window is cut: a tree that is parsed anew in part is often parsed as a whole."""
NEIGHBOURS = 6
"""How many constructs are left on each side of those that the place touches."""


def windowed(place: Place, known: Tree) -> Place | None:
    """Return ``place`` with less around it, None where that would not spare much.

    ``known`` is the tree of the file that ``place`` gives with our content.
    """
    start = len(place.prefix)
    end = start + len(place.ours)
    size = end + len(place.suffix)
    if size < LARGE:
        return None
    children = known.root_node.children
    first = _index(children, start, past=True)
    last = _index(children, end, past=False)
    low = _line_start(children, first - NEIGHBOURS, -1)
    high = _line_start(children, last + NEIGHBOURS, 1)
    begin = children[low].start_byte if low > 0 else 0
    stop = children[high].start_byte if high < len(children) else size
    if stop - begin > size // 2 or not begin <= start <= end <= stop:
        return None
    return Place(place.prefix[begin:], place.base, place.ours, place.theirs, place.suffix[: stop - end])


def _index(children: list[Node], at: int, *, past: bool) -> int:
    """Return the index of the first child that ends at or behind ``at`` (``past``), or that begins behind it."""
    low, high = 0, len(children)
    while low < high:
        middle = (low + high) // 2
        before = children[middle].end_byte < at if past else children[middle].start_byte <= at
        low, high = (middle + 1, high) if before else (low, middle)
    return low


def _line_start(children: list[Node], index: int, step: int) -> int:
    """Return the nearest index from ``index`` on whose child begins its line, or an end of the row."""
    while 0 < index < len(children):
        node = children[index]
        if node.start_point[1] == 0 and children[index - 1].end_byte <= node.start_byte:
            return index
        index += step
    return max(0, min(index, len(children)))
