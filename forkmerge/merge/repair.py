"""The structured merge of one place that git leaves in conflict, with everything around it held fixed.

The three contents of the place are set into the same surroundings and parsed; the trees then differ only there.  From
the roots the three trees are descended together for as long as a single child holds all the difference; the children
of the node where that ends are merged as sequences.  (Mergiraf's fast mode rebuilds revisions from a conflicted text in
the same spirit.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.merge.items import items, parts
from forkmerge.merge.rules import ANEW, WRAPPED
from forkmerge.merge.sequences import Context, Outcome, merge_sequences
from forkmerge.merge.wrapping import grafted_among, put_around
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node, Tree

    from forkmerge.merge.pieces import Piece


@dataclass(frozen=True, slots=True)
class Place:
    """Three contents in the same surroundings: ``prefix + content + suffix`` is a whole file for each side."""

    prefix: bytes
    base: bytes
    ours: bytes
    theirs: bytes
    suffix: bytes

    @property
    def contents(self) -> tuple[bytes, bytes, bytes]:
        """Return base, ours and theirs."""
        return (self.base, self.ours, self.theirs)

    def files(self) -> tuple[bytes, bytes, bytes]:
        """Return the three whole files."""
        return tuple(self.prefix + c + self.suffix for c in self.contents)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Repair:
    """The merge of a place; ``before`` and ``after`` tell how far beyond the place's two ends it reached (bytes)."""

    outcome: Outcome
    before: int
    after: int


def repair(context: Context, place: Place, known: Tree | None = None) -> Repair | None:
    """Return the structured merge of ``place``; None where a side does not parse or nothing can be said.

    ``known`` is the tree of our file, if it was parsed before; the others are parsed from it, as edits of one place.
    """
    files = place.files()
    tree = known or parse(context.profile, files[1])
    if not sound(tree):
        return None
    trees = [tree if i == 1 else _edited(context, tree, place, files[i], c) for i, c in enumerate(place.contents)]
    if not all(sound(t) for t in trees):
        return None
    nodes = [t.root_node for t in trees]
    starts = [len(place.prefix)] * 3
    ends = [len(place.prefix) + len(c) for c in place.contents]
    totals = [len(f) for f in files]
    while True:
        children = [parts(n, context.profile) for n in nodes]
        middles = [_middle(c, s, e) for c, s, e in zip(children, starts, ends, strict=True)]
        middles = _behind_chains(context, children, middles)
        down = _single(context, children, middles, totals)
        if down is None:
            break
        nodes = down
    found = _merge_middle(context, files, (nodes, children), middles, place)
    if found is not None and found.outcome.clean:
        return found
    return _written_anew(context, files, nodes[0].type, children, middles, place) or found


def _edited(context: Context, tree: Tree, place: Place, file: bytes, content: bytes) -> Tree:
    """Return the tree of ``file``, which differs from the file of ``tree`` only in the content of ``place``."""
    start = point_after(place.prefix)
    old = tree.copy()
    old.edit(
        len(place.prefix),
        len(place.prefix) + len(place.ours),
        len(place.prefix) + len(content),
        start,
        point_after(place.ours, start),
        point_after(content, start),
    )
    return parse(context.profile, file, old)


def point_after(text: bytes, start: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return (row, column in bytes) of the end of ``text``, which begins at ``start``."""
    rows = text.count(b"\n")
    column = len(text) - (text.rfind(b"\n") + 1)
    return (start[0] + rows, column if rows else start[1] + column)


def _middle(children: Sequence[Node], start: int, end: int) -> tuple[int, int]:
    """Return the range of ``children`` that ``start:end`` touches (an empty range lies between two)."""
    first = 0
    while first < len(children) and children[first].end_byte <= start:
        first += 1
    last = len(children)
    while last > first and children[last - 1].start_byte >= end:
        last -= 1
    return first, last


def _behind_chains(
    context: Context, children: Sequence[Sequence[Node]], middles: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return ``middles``, reaching back to a chain that ends where its next element would stand, with no bracket."""
    if not context.profile.chains:
        return middles
    full = {first for first, last in middles if last - first == 1}
    at = next(iter(full), 0)
    chained = len(full) == 1 and all(at < len(c) and _ends_in_chain(context, c[at]) for c in children)
    return [(at, at + 1) if chained and m == (at + 1, at + 1) else m for m in middles]


def _ends_in_chain(context: Context, node: Node) -> bool:
    last: Node | None = node
    while last is not None and last.type not in context.profile.chains:
        last = last.children[-1] if last.children else None
    return last is not None


def _single(
    context: Context, children: Sequence[Sequence[Node]], middles: Sequence[tuple[int, int]], totals: Sequence[int]
) -> list[Node] | None:
    """Return the one child of each node that holds the difference, None where the descent has to end."""
    if any(last - first != 1 for first, last in middles):
        return None
    below = [c[first] for c, (first, _) in zip(children, middles, strict=True)]
    kind = below[0].type
    if any(b.type != kind or b.child_count == 0 for b in below) or kind in context.profile.atomic:
        return None
    if kind in context.profile.imports:
        return None  # whether one became the other is for the matching to say
    if len({first for first, _ in middles}) != 1:
        return None
    if (
        len({b.start_byte for b in below}) != 1
        or len({t - b.end_byte for t, b in zip(totals, below, strict=True)}) != 1
    ):
        return None
    return below


def _merge_middle(
    context: Context,
    files: Sequence[bytes],
    where: tuple[Sequence[Node], Sequence[Sequence[Node]]],
    middles: Sequence[tuple[int, int]],
    place: Place,
) -> Repair | None:
    nodes, children = where
    kind = nodes[0].type
    if any(n.type != kind for n in nodes):
        return None
    listlike = kind in context.profile.blocks or kind in context.profile.lists
    first = max(0, min(f for f, _ in middles) - 2)
    tail = max(0, min(len(c) - last for c, (_, last) in zip(children, middles, strict=True)) - 2)
    chosen = [c[first : len(c) - tail] for c in children]
    if first:
        starts = [c[first - 1].end_byte for c in children]
    else:
        starts = [min(n.start_byte, len(place.prefix)) if n.parent is not None else 0 for n in nodes]
    ends = [
        c[len(c) - tail].start_byte if tail else (n.end_byte if n.parent is not None else len(f))
        for n, c, f in zip(nodes, children, files, strict=True)
    ]
    ends = [max(e, len(place.prefix) + len(c)) for e, c in zip(ends, place.contents, strict=True)]
    if len(set(starts)) != 1 or len({len(f) - e for f, e in zip(files, ends, strict=True)}) != 1:
        return None
    split = [
        items(f, c, s, e, context.profile, listlike=listlike, known=context.known)
        for f, c, s, e in zip(files, chosen, starts, ends, strict=True)
    ]
    outcome = merge_sequences(context, kind, (split[0], split[1], split[2]), 0)
    if outcome is None:
        return None
    return Repair(outcome, len(place.prefix) - starts[0], ends[0] - len(place.prefix) - len(place.base))


def _written_anew(
    context: Context,
    files: Sequence[bytes],
    parent: str,
    children: Sequence[Sequence[Node]],
    middles: Sequence[tuple[int, int]],
    place: Place,
) -> Repair | None:
    """Return what one side wrote anew of several statements with the one part put in that the other edited in them."""
    if parent not in context.profile.blocks:
        return None
    if any(first == last for first, last in middles):
        return None
    chosen = [c[first:last] for c, (first, last) in zip(children, middles, strict=True)]
    starts, ends = [c[0].start_byte for c in chosen], [c[-1].end_byte for c in chosen]
    if len(set(starts)) != 1 or len({len(f) - e for f, e in zip(files, ends, strict=True)}) != 1:
        return None
    split = [
        items(f, c, s, e, context.profile, listlike=True, known=context.known)[:-1]
        for f, c, s, e in zip(files, chosen, starts, ends, strict=True)
    ]
    found = grafted_among(context.profile, split[0], split[1], split[2])
    if found is None:
        return None
    rule = WRAPPED if put_around(split[0], split[1 if found[0] == "ours" else 2]) else ANEW
    if not context.allowed.permits({rule}):
        return None
    content = b"".join(i.lead + i.text for i in found[1])
    before, after = starts[0] - len(place.prefix), len(place.prefix) + len(place.base) - ends[0]
    if before > 0:
        content, before = files[0][len(place.prefix) : starts[0]] + content, 0
    if after > 0:
        content, after = content + files[0][ends[0] : ends[0] + after], 0
    return Repair(Outcome((content,), frozenset({rule})), -before, -after)


def whole_lines(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    r"""Return ``pieces`` with every conflict widened to whole lines, so that markers can stand around it."""
    from forkmerge.merge.pieces import Conflict, Resolved, coalesce  # noqa: PLC0415 - one place for the import cycle

    flat: list[Piece] = list(coalesce([p.content if isinstance(p, Resolved) else p for p in pieces]))
    index = 0
    while index < len(flat):
        piece = flat[index]
        if not isinstance(piece, Conflict):
            index += 1
            continue
        base, ours, theirs = piece.base, piece.ours, piece.theirs
        if index and isinstance(before := flat[index - 1], bytes) and not before.endswith(b"\n"):
            cut = before.rfind(b"\n") + 1
            flat[index - 1], head = before[:cut], before[cut:]
            base, ours, theirs = head + base, head + ours, head + theirs
        index += 1
        while index < len(flat):
            after = flat[index]
            if isinstance(after, Conflict):
                base, ours, theirs = base + after.base, ours + after.ours, theirs + after.theirs
                del flat[index]
                continue
            assert isinstance(after, bytes)  # noqa: S101 - Resolved pieces were flattened above
            cut = after.find(b"\n") + 1 or len(after)
            if all(not x or x.endswith(b"\n") for x in (base, ours, theirs)):
                break
            tail, flat[index] = after[:cut], after[cut:]
            base, ours, theirs = base + tail, ours + tail, theirs + tail
            if flat[index]:
                break
            del flat[index]
        flat[index - 1] = Conflict(base, ours, theirs, piece.reason, piece.alternatives)
    return coalesce(flat)
