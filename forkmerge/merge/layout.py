"""The layout of what is written into a merged sequence: blanks and separators before each item, and indentation.

Items come from three versions, with the layout that they had there; what stands before one in the merge depends on what
was written before it, on its siblings, and on which side laid the sequence out anew.  Nothing here decides what is
written.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.merge.columns import Columns
from forkmerge.merge.indent import blanks_before, indentation_of, lines_and_blanks, moved, reindent
from forkmerge.merge.style import restyled
from forkmerge.syntax import commutative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.items import Item
    from forkmerge.syntax.profile import Profile

_NEAR = 200
"""Items up to which what was written last is looked for above another."""
_OPENED = re.compile(rb"\bimport[ \t]*+\(")
_IMPORT = re.compile(rb"\bimport[ \t]*+")


def _blank_lines(lead: bytes) -> int:
    return lead.count(b"\n")


def _further(lead: bytes, other: bytes) -> bool:
    """Return whether two layouts are the same but for blank lines, of which the first has more."""
    return (
        not lead.strip()
        and not other.strip()
        and lead.count(b"\n") > other.count(b"\n") > 0
        and (lead.rpartition(b"\n")[2] == other.rpartition(b"\n")[2])
    )


def bracketed(text: bytes) -> bytes:
    """Return a Python import of which one side alone put the names into brackets with both brackets, if it has one."""
    opened, closed = _OPENED.search(text) is not None, text.endswith(b")")
    if (opened == closed and (opened or b"\n" not in text)) or _IMPORT.search(text) is None:
        return text
    text = text if opened else _IMPORT.sub(b"import (", text, count=1)
    return text if closed else text + b")"


class Layout:
    """What is known of the layout of three sequences, children of nodes of type ``parent``, and of what was written."""

    def __init__(
        self,
        profile: Profile,
        parent: str,
        three: tuple[Sequence[Item], Sequence[Item], Sequence[Item]],
        *,
        block: bool,
    ) -> None:
        self.profile, self.parent, self.block = profile, parent, block
        self.base, self.ours, self.theirs = three
        self.indents = tuple(indentation_of(x) for x in three) if block else (None, None, None)
        self.listed = parent in profile.lists
        self.style = restyled(*three) if self.listed else None
        self.columns = Columns(*three)
        self.opened: bool | None = None  # whether what was written last is a bracket
        self.begun = False
        self.where: dict[str, dict[int, int]] = {}
        self.last: tuple[Item, ...] = ()  # what was written last, as both sides have it or as one does

    def laid(self, lead: bytes, item: Item) -> bytes:
        """Return the layout before ``item``: ``lead``, unless one side laid the whole list out anew."""
        found = self.style.lead(item, first=bool(self.opened)) if self.style is not None else None
        return self._below_comment(lead if found is None else found)

    def _below_comment(self, lead: bytes) -> bytes:
        """Return ``lead``, on a line of its own where a comment that goes on to the line's end stands before it."""
        sign = self.profile.line_comment.encode()
        if b"\n" in lead or not sign or not self.last:
            return lead
        for item in self.last:
            last = item.nodes[-1] if item.nodes and item.nodes[-1] is not item.main else None
            if last is None or item.main is None or not item.data.startswith(sign, last.start_byte):
                continue
            if not self.listed or b"," in item.data[item.main.end_byte : last.start_byte]:
                others = (i.lead for side in (self.ours, self.theirs, self.base) for i in side if i.main is not None)
                broken = next((x for x in others if b"\n" in x), b"\n")
                return broken[broken.rfind(b"\n") :].replace(b",", b"")
        return lead

    def placed(self, lead: bytes, raw: Item) -> bytes:
        """Return the layout before ``raw``, an item of a block, where what stood first stands first no more."""
        if not self.block or raw.end:
            return lead
        first = [side[0] for side in (self.base, self.ours, self.theirs)]
        stood_first = any(raw is item for item in first)
        if not self.begun:
            self.begun = True
            return lead if stood_first else self.lead(*(item.lead for item in first))
        return self.later(raw) if stood_first else lead

    def apart(self, lead: bytes, raw: Item, side: str) -> bytes:
        """Return the layout before ``raw``, of ``side``, with the blank line of what stood above it and is gone.

        Where all of a paragraph up to ``raw`` is taken away, it begins the paragraph.
        """
        if not self.block or not self.last or raw.end or b"\n" not in lead:
            return lead
        sequence = self.ours if side == "ours" else self.theirs
        last = self.last[-1 if side == "theirs" else 0].tokens
        where = self.where.setdefault(side, {})  # PERF: a long list is not looked through for each of its items
        if not where:
            where.update((id(item), i) for i, item in enumerate(sequence))
        at = where.get(id(raw), 0)
        above = next((i for i in range(at - 1, max(at - _NEAR, 0) - 1, -1) if sequence[i].tokens == last), at)
        return max((lead, *(i.lead for i in sequence[above + 1 : at] if _further(i.lead, lead))), key=_blank_lines)

    def later(self, raw: Item) -> bytes:
        """Return the layout before an item like ``raw`` that does not stand first."""
        behind = [i for side in (self.ours, self.theirs, self.base) for i in side[1:] if not i.end and b"\n" in i.lead]
        return next((i.lead for i in behind if i.kind == raw.kind), behind[0].lead if behind else b"\n")

    def element(self, item: Item) -> bool:
        """Return whether ``item`` is an element of the sequence, and neither a bracket nor its end."""
        if item.main is None:
            return False
        return item.main.is_named or commutative.rule_for(self.profile, item.main) is not None

    def first_lead(self, item: Item) -> bytes:
        """Return the layout behind the opening bracket, for an item that may have stood farther behind."""
        if item.first:
            return item.lead
        found = (i.lead for side in (self.ours, self.theirs, self.base) for i in side if i.first and self.element(i))
        return next(found, item.lead)

    def between(self, b: int, o: int, t: int) -> bytes:
        """Return the merged layout before an item that all three have, as its place in the result asks for."""
        at = ((self.base, b), (self.ours, o), (self.theirs, t))
        base, ours, theirs = (side[i].lead for side, i in at)
        lead = self.lead(base, ours, theirs)
        if self.block and not self.base[b].end:
            begun, self.begun = self.begun, True
            if bool(b) == bool(o) == bool(t) == begun:
                return self._below(lead, at)
            if not begun:
                return self.lead(*(side[0].lead for side, _ in at))
            fitting = [side[i].lead for side, i in at if i]
            return (lead if lead in fitting else fitting[-1]) if fitting else self.later(self.base[b])
        if not self.listed or self.opened is None:
            return lead
        if self.element(self.base[b]):
            fitting = [side[i].lead for side, i in at if side[i].first == self.opened]
        else:
            fitting = [side[i].lead for side, i in at if i and self.element(side[i - 1]) != self.opened]
        return lead if lead in fitting or not fitting else fitting[-1]

    def _below(self, lead: bytes, at: Sequence[tuple[Sequence[Item], int]]) -> bytes:
        """Return ``lead`` or, where what was written last stands above the item in a version, what it is there.

        A side that has above it what the base has there chose its layout.
        """
        if len(self.last) != 1:
            return lead
        above = [side[i - 1].tokens if i else () for side, i in at]
        if any(side[i].lead == lead and tokens == above[0] for (side, i), tokens in zip(at, above, strict=True)):
            return lead
        near = [side[i].lead for (side, i), tokens in zip(at, above, strict=True) if tokens == self.last[0].tokens]
        fitting = [x for x in near if _further(x, lead) or _further(lead, x)]
        return fitting[-1] if fitting and len(fitting) == len(near) else lead

    def sibling_lead(self, chunk: tuple[range, range, range]) -> bytes | None:
        """Return the layout that separates siblings here, for an item that no longer stands first."""
        for sequence, part in ((self.theirs, chunk[2]), (self.ours, chunk[1])):
            follower = part.stop
            if follower < len(sequence) and self.element(sequence[follower]):
                return sequence[follower].lead
        for item in (*self.theirs, *self.ours):
            if not item.first and self.element(item):
                return item.lead
        return self._first_of_two()

    def _first_of_two(self) -> bytes | None:
        """Return the layout between two elements of a list that none of the versions has more than one of."""
        if not self.listed:
            return None
        leads = (i.lead for i in (*self.theirs, *self.ours) if self.element(i))
        return next((b"," + (lead if b"\n" in lead else b" ") for lead in leads), None)

    def behind_its_like(self, part: range) -> bytes | None:
        """Return the layout before the first of theirs' items ``part`` where another of its kind comes before it.

        None where one does already, or nothing tells: the first import stands apart from what is above the imports.
        """
        if not self.block or not part.start or part.stop >= len(self.theirs):
            return None
        before, item, after = (self.theirs[i] for i in (part.start - 1, part.start, part.stop))
        return after.lead if before.kind != item.kind == after.kind and not after.end else None

    def fit(self, item: Item, side: str) -> Item:
        """Return ``item`` with the columns and the indentation of the merged block, where one side laid it out anew."""
        return self._indented(self.columns.lined_up(item, side), side)

    def _indented(self, item: Item, side: str) -> Item:
        if not self.block:
            return item
        base, ours, theirs = self.indents
        mine, other = (ours, theirs) if side == "ours" else (theirs, ours)
        if base is None and mine is None and other is not None and b"\n" not in item.lead:
            return self._on_its_line(item, side)
        if base is None or mine is None or other is None:
            before = blanks_before(item)
            after = moved(self.base, self.theirs if side == "ours" else self.ours).get(before) if before else None
            return item if before is None or after is None else reindent(item, before, after)
        return item if mine != base or other == base else reindent(item, base, other)

    def _on_its_line(self, item: Item, side: str) -> Item:
        """Return ``item`` of a block that was all on one line, on a line of its own where the other side has it so."""
        mine, other = (self.ours, self.theirs) if side == "ours" else (self.theirs, self.ours)
        named = [[i for i in one if i.main is not None and i.main.is_named] for one in (self.base, mine, other)]
        if self.profile.indentation or item.main is None or not item.main.is_named:
            return item
        if any(b"\n" in i.lead for one in named[:2] for i in one):
            return item
        lines = [i.lead for i in named[2] if blanks_before(i) is not None]
        return replace(item, lead=min(lines, key=len)) if len(lines) == len(named[2]) else item

    def lead(self, base: bytes, ours: bytes, theirs: bytes) -> bytes:
        """Return the merged layout; where both sides changed it, that with more commas, or as many lines as before."""
        if ours == base:
            return theirs
        if theirs in (base, ours):
            return ours
        if (apart := lines_and_blanks(base, ours, theirs)) is not None:
            return apart
        return max(
            ours, theirs, key=lambda lead: (lead.count(b","), lead.count(b"\n") == base.count(b"\n"), lead == ours)
        )
