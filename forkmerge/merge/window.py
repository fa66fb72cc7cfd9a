"""A place of a large file with the top-level constructs around it alone, so that not all of the file is parsed for it.

Idea: a file is a row of top-level constructs.  The merge of one place looks at the construct that it stands in and at
its neighbours, so a window that is cut between constructs, some neighbours to each side, gives the same answer.
Invariants: a window begins and ends at the beginning of a line that begins a top-level construct, or at an end of the
file; what is cut away is the same for all sides.

A file that the grammar does not understand as a whole (a macro that stands for half a declaration, a trick of a style
sheet) has such windows too, where what it does not understand is far enough away: there ``clear`` cuts between that and
the place.  The constructs of such a window are read alone just as they are in the file, or it is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.repair import Place
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from forkmerge.syntax.profile import Profile

LARGE = 4_000
"""Bytes of our file from which on a window is cut: a tree that is parsed anew in part is often parsed as a whole."""
NEIGHBOURS = 6
"""How many constructs are left on each side of those that the place touches."""
_FEWER = (NEIGHBOURS, 2, 1, 0)
"""The same where the grammar understands not all: fewer, if so many are not read alone as they are in the file."""


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


def clear(profile: Profile, place: Place, known: Tree) -> Place | None:
    """Return ``place`` with the constructs around it that the grammar understands, None where it touches others.

    ``known`` is the tree of the file that ``place`` gives with our content.  What the grammar gave up on is looked into
    as well, as far as constructs begin in the first column there: what stands in a body does not.
    """
    start = len(place.prefix)
    end = start + len(place.ours)
    text = place.prefix + place.ours + place.suffix
    found = _understood(profile, known.root_node, start, end)
    if found is None:
        return None
    children, first, last = found
    for count in _FEWER:
        low, high = _around(text, children, (first, last), count)
        if not (_begins_line(text, children, low) and _ends_line(text, children, high)):
            continue
        begin = min(start, _line_of(text, children[low].start_byte)) if low < high else start
        stop = max(end, _next_line(text, children[high - 1].end_byte)) if low < high else end
        alone = parse(profile, text[begin:stop])
        if sound(alone) and [c.type for c in alone.root_node.children] == [c.type for c in children[low:high]]:
            return Place(place.prefix[begin:], place.base, place.ours, place.theirs, place.suffix[: stop - end])
    return None


def _understood(profile: Profile, root: Node, start: int, end: int) -> tuple[list[Node], int, int] | None:
    """Return a row of constructs and the range of those that ``start:end`` touches, all understood; None without."""
    node, broken = root, False
    while True:
        children = node.children
        first, last = _index(children, start, past=True), _index(children, end, past=False)
        while first < last and children[first].end_byte <= start and not _reads(children[first]):
            first += 1
        while last > first and children[last - 1].start_byte >= end and not _ends(children, last - 1):
            last -= 1
        if not any(child.has_error for child in children[first:last]):
            near = [c for c in children[max(0, first - 1) : last + 1] if _reads(c) and c.is_named]
            return None if broken and any(c.start_point[1] for c in near) else (children, first, last)
        only = children[first] if last - first == 1 else None
        if only is None or not only.start_byte < start <= end < only.end_byte:
            return None
        if only.type not in profile.transparent and not only.is_error:
            return None
        node, broken = only, broken or only.is_error


def _around(text: bytes, children: list[Node], touched: tuple[int, int], count: int) -> tuple[int, int]:
    """Return the range of the ``touched`` constructs with up to ``count`` more on each side, up to whole lines."""
    first, last = touched
    low, high = first, last
    while low > max(0, first - count) and _reads(children[low - 1]):
        low -= 1
    while high < min(len(children), last + count) and _ends(children, high):
        high += 1
    while low < first and not _begins_line(text, children, low):
        low += 1
    while high > last and not _ends_line(text, children, high):
        high -= 1
    return low, high


def _reads(node: Node) -> bool:
    """Return whether the grammar understands ``node``, a construct or the sign that ends one."""
    return (node.is_named or node.type == ";") and not node.has_error and not node.is_missing


def _ends(children: list[Node], index: int) -> bool:
    """Return whether the grammar understands the construct, and nothing that should end it is missing."""
    return _reads(children[index]) and not (index + 1 < len(children) and children[index + 1].is_missing)


def _line_of(text: bytes, at: int) -> int:
    return text.rfind(b"\n", 0, at) + 1


def _next_line(text: bytes, at: int) -> int:
    """Return where the line behind the one that ``at`` ends on begins; ``at`` itself if it is there."""
    if at and text[at - 1 : at] == b"\n":
        return at
    found = text.find(b"\n", at)
    return len(text) if found < 0 else found + 1


def _begins_line(text: bytes, children: list[Node], index: int) -> bool:
    """Return whether the child begins a line, and the one before ends on an earlier one."""
    if index >= len(children):
        return True
    line = _line_of(text, children[index].start_byte)
    return not text[line : children[index].start_byte].strip() and (not index or children[index - 1].end_byte <= line)


def _ends_line(text: bytes, children: list[Node], index: int) -> bool:
    """Return whether nothing stands behind the child before ``index`` on its line."""
    if not index:
        return True
    end = children[index - 1].end_byte
    after = _next_line(text, end)
    return not text[end:after].strip() and (index == len(children) or children[index].start_byte >= after)


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
