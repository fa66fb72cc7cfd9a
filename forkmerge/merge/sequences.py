"""The three-way merge of item sequences, and of the nodes inside matched items.

Items that all three versions share are anchors and are merged inside, one by one; what stands between two anchors is
decided as a whole.  In a block (statements, members) a place that can't be decided becomes a conflict of its own; in
anything smaller a single undecided place leaves the whole construct to the level above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.merge import comparisons, releases, rules
from forkmerge.merge.calls import ill_matched
from forkmerge.merge.deletions import Left, Side, left
from forkmerge.merge.insertions import ORDERS, Joined, both_inserted, defines, in_order
from forkmerge.merge.items import Item, Tokens, items, parts
from forkmerge.merge.layout import Layout, bracketed
from forkmerge.merge.matching import match
from forkmerge.merge.pieces import Conflict, Piece, Resolved, coalesce
from forkmerge.merge.sets import emptied, lines_twice, repeated, replaced_and_grown, said_twice, united
from forkmerge.merge.wrapping import around, grafted, wrapped
from forkmerge.syntax import commutative

if TYPE_CHECKING:
    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

_MAX_DEPTH = 120
_MAX_WORK = 4_000_000
"""Bound of depth x depth x tokens past which an item is not looked into: each level reads all that is below it anew."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every level of the recursion needs to know."""

    profile: Profile
    allowed: rules.Allowed
    known: Tokens


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sequence: ``pieces`` and the rules that its resolved places rest on."""

    pieces: tuple[Piece, ...]
    rules: frozenset[str] = frozenset()

    @property
    def clean(self) -> bool:
        """Return whether no conflict is left."""
        return not any(isinstance(p, Conflict) for p in self.pieces)

    def content(self) -> bytes:
        """Return the text of a clean outcome."""
        return b"".join(p if isinstance(p, bytes) else p.content for p in self.pieces if not isinstance(p, Conflict))


_SEVERAL = 2
"""Arguments taken away from which on a call is one of another function."""


Three = tuple[Sequence[Item], Sequence[Item], Sequence[Item]]


def merge_sequences(context: Context, parent: str, three: Three, depth: int) -> Outcome | None:
    """Return the merge of three sequences, children of nodes of type ``parent``; None if it can't be done here."""
    base, ours, theirs = three
    block = parent in context.profile.blocks
    loose = not block and (parent not in context.profile.lists or _positional(parent))
    known = context.profile if commutative.is_set(context.profile, parent) else None
    if (_positional(parent) and _cut_down(three)) or (context.profile.data and replaced_and_grown(three)):
        return None
    to_ours, to_theirs = (match(base, side, loose=loose, profile=known) for side in (ours, theirs))
    if known is not None:
        again = repeated(context.profile, three, to_ours, to_theirs)
        if again is None:
            return None
        if again:
            kept = [i for j, i in enumerate(theirs) if j not in again]
            found = merge_sequences(context, parent, (base, ours, kept), depth)
            return None if found is None else Outcome(found.pieces, found.rules | {rules.SAME})
    emitter = _Emitter(context, parent, three, block, depth)
    last_b = last_o = last_t = 0
    anchors = [(i, to_ours[i], to_theirs[i]) for i in range(len(base)) if i in to_ours and i in to_theirs]
    for b, o, t in anchors:
        chunk = (range(last_b, b), range(last_o, o), range(last_t, t))
        if not emitter.chunk(chunk, to_ours, to_theirs) or not emitter.anchor(b, o, t):
            return None
        last_b, last_o, last_t = b + 1, o + 1, t + 1
    found = emitter.outcome()
    if found is None or not found.clean:
        return found
    if context.profile.data and lines_twice(three, found.content()):
        return None
    if block or parent not in context.profile.lists:
        return found
    if emptied(three, found.content()):
        return None
    return None if not _positional(parent) and said_twice(three, found.content()) else found


class _Emitter(Layout):
    """Writes the merged sequence from left to right."""

    def __init__(self, context: Context, parent: str, three: Three, block: bool, depth: int) -> None:
        super().__init__(context.profile, parent, three, block=block)
        self.context, self.depth = context, depth
        self.pieces: list[Piece] = []
        self.used: set[str] = set()
        self.touched: set[str] = set()

    def outcome(self) -> Outcome | None:
        """Return the merged pieces; where both sides touched the sequence, that itself is a rule."""
        if self.touched >= {"ours", "theirs"}:
            profile = self.context.profile
            if self.block:
                self.used.add(rules.NEIGHBOURS)
            elif self.parent in profile.lists:
                self.used.add(rules.ELEMENTS)
            else:
                self.used.add(rules.EXPRESSION)
        if not self.context.allowed.permits(self.used) or self._numbers():
            return None
        if comparisons.apart(self.parent, (self.base, self.ours, self.theirs)):
            return None
        found = Outcome(coalesce(self.pieces), frozenset(self.used))
        if self.context.profile.binder == "python" and self.parent in self.context.profile.imports and found.clean:
            return Outcome((bracketed(found.content()),), found.rules)
        return found

    def _numbers(self) -> bool:
        """Return whether each side changed other numbers of one list: parts of a version, a point, a colour."""
        if self.block or self.parent not in self.context.profile.lists:
            return False
        before = Counter(i.text for i in self.base)
        after = [Counter(i.text for i in side) for side in (self.ours, self.theirs)]
        mine, other = (now - before for now in after)
        if not all(before - now for now in after):  # put in, not changed
            return False
        return any(t[:1].isdigit() for t in mine - other) and any(t[:1].isdigit() for t in other - mine)

    def anchor(self, b: int, o: int, t: int) -> bool:
        """Write the item that all three have: its layout merged, its inside merged."""
        base, ours, theirs = self.base[b], self.ours[o], self.theirs[t]
        if ours.tokens != base.tokens:
            self.touched.add("ours")
        if theirs.tokens != base.tokens:
            self.touched.add("theirs")
        self.pieces.append(self.laid(self.between(b, o, t), ours))
        self.last = (ours, theirs)
        self.opened = not self.element(base)
        result = merge_items(self.context, base, ours, theirs, self.depth + 1)
        if result is not None:
            self.used |= result.rules
            self.pieces.extend(result.pieces)
            return True
        if not self.block:
            return False
        self.pieces.append(Conflict(base.text, ours.text, theirs.text, "both sides changed it"))
        return True

    def chunk(self, chunk: tuple[range, range, range], to_ours: dict[int, int], to_theirs: dict[int, int]) -> bool:
        """Write what stands between two anchors; return whether that could be done (a conflict in a block can)."""
        bs = [self.base[i] for i in chunk[0]]
        os = [self.ours[i] for i in chunk[1]]
        ts = [self.theirs[i] for i in chunk[2]]
        if not (bs or os or ts):
            return True
        same_o, same_t = _same(bs, os), _same(bs, ts)
        if same_o or same_t or _same(os, ts):
            winner, side = (ts, "theirs") if same_o else (os, "ours")
            if not (same_o and same_t):
                self.touched.add(side)
            if not same_o and not same_t:
                self.used.add(rules.SAME)
                self.touched.add("theirs")
            self._write(winner, side)
            return True
        self.touched |= {"ours", "theirs"}
        if not bs:
            turns = releases.in_turn(os, ts, (self.base, self.ours, self.theirs)) if self.block else []
            if turns and self.context.allowed.permits({rules.DEFINITIONS}):
                self.used.add(rules.DEFINITIONS)
                for item, side in turns:
                    self._write((item,), side)
                return True
            joined = both_inserted(self.context.profile, self.parent, os, ts, (self.base, self.ours, self.theirs))
            if joined is not None and self.context.allowed.permits({joined.rule}):
                self.used.add(joined.rule)
                self._write_both(os, joined, chunk)
                return True
        else:
            union = united(self.context.profile, self.parent, (bs, os, ts), (self.base, self.ours, self.theirs))
            if union is not None and self.context.allowed.permits({union.rule}):
                self.used.add(union.rule)
                self._write_set(union.chosen, chunk)
                return True
            kept = self._left(chunk, to_ours, to_theirs)
            if kept is not None and self.context.allowed.permits({kept.rule}):
                self.used.add(kept.rule)
                self._write(kept.items, kept.side)
                return True
            beside = self._replaced(bs, os, ts) if self.block else None
            if beside is not None and self.context.allowed.permits({rules.DELETE_BESIDE, beside[1].rule}):
                self.used |= {rules.DELETE_BESIDE, beside[1].rule}
                self._write_both(*beside, chunk)
                return True
        if not self.block:
            return False
        self.begun = True
        self.pieces.append(Conflict(_join(bs), _join(os), _join(ts), "both sides changed this place"))
        return True

    def _left(
        self, chunk: tuple[range, range, range], to_ours: dict[int, int], to_theirs: dict[int, int]
    ) -> Left | None:
        """Return what is left where one side only deleted; what is a set has no place of which something is gone."""
        known = not self.block and commutative.is_set(self.profile, self.parent)
        ours, theirs = Side("ours", self.ours, chunk[1], to_ours), Side("theirs", self.theirs, chunk[2], to_theirs)

        def counts(item: Item) -> bool:
            return item.main is not None and (self.block or self.element(item)) and not known

        def alone(item: Item) -> bool:
            return defines(item) or (
                item.main is not None and commutative.rule_for(self.profile, item.main) is not None
            )

        return left(self.base, chunk[0], ours, theirs, counts, alone, block=self.block)

    def _replaced(
        self, base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]
    ) -> tuple[Sequence[Item], Joined] | None:
        """Return what ours put in and how theirs' stands beside it, where one side put it for all that was there.

        The other side has to have left all of that as it was, and both to have put in constants, fields or members:
        beside a function or an import that came for another one, people seldom want what was put beside the old one.
        """
        old = [i.tokens for i in base]
        mine, other = ([i for i in side if i.tokens not in old] for side in (ours, theirs))
        kept = [[i.tokens for i in side if i.tokens in old] for side in (ours, theirs)]
        if not mine or not other or sorted(kept, key=len) != [[], old]:
            return None
        joined = both_inserted(self.context.profile, self.parent, mine, other, (self.base, self.ours, self.theirs))
        if joined is None or joined.rule not in (rules.CONSTANTS, rules.MEMBERS):
            return None
        keeps = theirs if kept[1] else ours
        above = keeps[0].tokens not in old
        return (mine, replace(joined, before=above)) if keeps is theirs else (mine, replace(joined, before=not above))

    def _write_both(self, ours: Sequence[Item], joined: Joined, chunk: tuple[range, range, range]) -> None:
        """Write both sides' insertions: in order where what stands around them is, else ours before theirs."""
        extra = joined.extra
        between = self.sibling_lead(chunk)
        tagged = [(i, "ours") for i in ours] + [(i, "theirs") for i in extra]
        if joined.before:
            self._write(extra, "theirs")
            self._write(ours, "ours")
            return
        before, after = self.ours[chunk[1].start - 1 : chunk[1].start], self.ours[chunk[1].stop : chunk[1].stop + 1]
        for order in ORDERS:
            if all(in_order(before, side, after, joined.rule, order) for side in (ours, extra)):
                tagged.sort(key=lambda pair: order(pair[0]))
                break
        slots = [i.lead for i in ours] + [between if i.first and between is not None else i.lead for i in extra]
        if extra and extra[0] is self.theirs[chunk[2].start] and (behind := self.behind_its_like(chunk[2])) is not None:
            slots[len(ours)] = behind
        if self.parent in self.context.profile.lists:
            broken = next((s for s in (between, *slots) if s and b"\n" in s), None)
            slots = [broken if broken and b"\n" not in s and s.strip() else s for s in slots]
        for (raw, side), lead in zip(tagged, slots, strict=True):
            item = self.fit(raw, side)
            self.pieces += [self.laid(self.placed(lead, raw), item), item.text]
            self.opened, self.last = not self.element(item), (raw,)

    def _write_set(self, chosen: Sequence[tuple[Item, str]], chunk: tuple[range, range, range]) -> None:
        """Write elements of both sides, each with the layout that its new place asks for."""
        between = self.sibling_lead(chunk) or b""
        for raw, side in chosen:
            item = self.fit(raw, side)
            lead = self.first_lead(item) if self.opened else between if item.first else item.lead
            if self.listed and not self.opened and b"\n" in between and b"\n" not in lead:
                lead = between
            self.pieces += [self.laid(self.placed(self.apart(lead, raw, side), raw), item), item.text]
            self.opened, self.last = False, (raw,)

    def _write(self, sequence: Sequence[Item], side: str) -> None:
        for raw in sequence:
            item = self.fit(raw, side)
            lead = self.first_lead(item) if self.listed and self.opened and self.element(item) else item.lead
            self.pieces += [self.laid(self.placed(self.apart(lead, raw, side), raw), item), item.text]
            self.opened, self.last = not self.element(item), (raw,)


def merge_items(context: Context, base: Item, ours: Item, theirs: Item, depth: int) -> Outcome | None:
    """Return the merge of one item that all three versions have; None where they can't be joined."""
    if ours.text in (base.text, theirs.text):
        return Outcome((theirs.text,))
    if theirs.text == base.text:
        return Outcome((ours.text,))
    result = None
    apart = any(around(context.profile, base, side) for side in (ours, theirs))
    if not apart and depth < _MAX_DEPTH and depth * depth * len(base.tokens) < _MAX_WORK:
        result = _merge_inside(context, base, ours, theirs, depth)
    if result is not None and (result.clean or len(result.pieces) > 1):
        return result
    if ours.tokens == theirs.tokens and context.allowed.permits({rules.SAME}):
        chosen = theirs if ours.tokens == base.tokens and len(theirs.text) < len(ours.text) else ours
        return Outcome(
            (Resolved(base.text, ours.text, theirs.text, chosen.text, (rules.SAME,)),), frozenset({rules.SAME})
        )
    shallow = depth * depth * len(base.tokens) < _MAX_WORK // 20
    for rule, join in ((rules.WRAPPED, wrapped), (rules.GRAFTED, grafted)) if shallow else ():
        content = join(context.profile, base, ours, theirs) if context.allowed.permits({rule}) else None
        if content is not None:
            return Outcome((Resolved(base.text, ours.text, theirs.text, content, (rule,)),), frozenset({rule}))
    for mine, other in ((ours, theirs), (theirs, ours)):
        if mine.tokens == base.tokens and _level(mine, other) and context.allowed.permits({rules.REFORMAT}):
            resolved = Resolved(base.text, ours.text, theirs.text, other.text, (rules.REFORMAT,))
            return Outcome((resolved,), frozenset({rules.REFORMAT}))
    return result


def _merge_inside(context: Context, base: Item, ours: Item, theirs: Item, depth: int) -> Outcome | None:
    """Return the merge of the parts of an item: its comments and its node, or its node's children."""
    three = (base, ours, theirs)
    if any(len(i.nodes) > 1 for i in three):
        split = [_parts(context, i, i.nodes, listlike=False) for i in three]
        return merge_sequences(context, "", (split[0], split[1], split[2]), depth)
    mains = [i.main for i in three]
    if any(n is None for n in mains):
        return None
    nodes: list[Node] = [n for n in mains if n is not None]
    kind = nodes[0].type
    if any(n.type != kind for n in nodes):
        return _merge_wrapped(context, three, nodes, depth)
    if kind in context.profile.atomic or any(n.child_count == 0 for n in nodes) or ill_matched(three, nodes):
        return None
    listlike = kind in context.profile.blocks or kind in context.profile.lists
    split = [
        _parts(context, i, parts(n, context.profile), listlike=listlike) for i, n in zip(three, nodes, strict=True)
    ]
    result = merge_sequences(context, kind, (split[0], split[1], split[2]), depth)
    return None if result is not None and _positional(kind) and _twice(result, split) else result


def _twice(outcome: Outcome, split: Sequence[Sequence[Item]]) -> bool:
    """Return whether what both sides put in, each at its own place, stands there more often than in either of them."""
    old, new, other = ({i.text for i in part if _named(i)} for part in split)
    both = (new & other) - old
    if not both:
        return False
    content, sides = outcome.content(), [_join(side) for side in split[1:]]
    return any(content.count(t) > max(side.count(t) for side in sides) for t in both)


def _merge_wrapped(
    context: Context, three: tuple[Item, Item, Item], nodes: Sequence[Node], depth: int
) -> Outcome | None:
    """Return the merge of definitions of which some are wrapped (decorated, exported) and some are not."""
    wrappers = context.profile.wrappers
    if not any(n.type in wrappers for n in nodes):
        return None
    split = [
        _parts(context, i, n.children if n.type in wrappers else [n], listlike=False)
        for i, n in zip(three, nodes, strict=True)
    ]
    return merge_sequences(context, "", (split[0], split[1], split[2]), depth)


def _parts(context: Context, item: Item, nodes: Sequence[Node], *, listlike: bool) -> list[Item]:
    """Return ``nodes``, what ``item`` is made of, as items."""
    return items(item.data, nodes, *_extent(item), context.profile, listlike=listlike, known=context.known)


def _level(mine: Item, other: Item) -> bool:
    """Return whether the text of ``other`` can stand where ``mine`` stands: same column, or a single line."""
    if b"\n" not in other.text:
        return True
    return bool(mine.nodes and other.nodes) and mine.nodes[0].start_point[1] == other.nodes[0].start_point[1]


def _extent(item: Item) -> tuple[int, int]:
    start = item.nodes[0].start_byte
    return start, start + len(item.text)


def _named(item: Item) -> bool:
    return item.main is not None and item.main.is_named


def _same(left: Sequence[Item], right: Sequence[Item]) -> bool:
    return len(left) == len(right) and all(a.tokens == b.tokens for a, b in zip(left, right, strict=True))


def _join(sequence: Sequence[Item]) -> bytes:
    return b"".join(i.lead + i.text for i in sequence)


def _cut_down(three: Three) -> bool:
    """Return whether one side took several elements out of a list, and the other changed something of it.

    What is called that way has become another thing; the other side's edit was made for what it was.
    """
    counts = [sum(1 for i in side if _named(i)) for side in three]
    changed = [[i.tokens for i in side] != [i.tokens for i in three[0]] for side in three[1:]]
    return all(changed) and min(counts[1:]) <= counts[0] - _SEVERAL and counts[1] != counts[2]


def _positional(parent: str) -> bool:
    """Return whether the place of an element in this list says what it is: arguments and parameters."""
    return "argument" in parent or "parameter" in parent
