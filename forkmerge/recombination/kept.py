"""How much of each side's edit a result keeps, in tokens of changed lines.

A side's edit is cut into blocks (deleted lines, inserted lines); its weight is the tokens that the block brings and the
tokens that it takes away.  A block whose inserted lines all stand in the result and whose deleted lines are all gone is
kept whole, wherever in the file the lines stand: moves cost nothing.  Otherwise the tokens decide, those of the lines
that are new in the result at the block's place, without the lines that the other side alone accounts for.

Lines are compared by their tokens, so indentation and spacing don't count.  Invariants: a result that equals a side
keeps all of that side's edit; the base keeps nothing of any; a clean merge of independent edits keeps all of both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.recombination.lines import Change, changes, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Line: TypeAlias = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Changed tokens of both sides: how many are kept, of how many."""

    ours: int = 0
    ours_total: int = 0
    theirs: int = 0
    theirs_total: int = 0

    @property
    def share_ours(self) -> float:
        """Return the share of ours' edit that is kept; 1.0 when ours changed nothing."""
        return self.ours / self.ours_total if self.ours_total else 1.0

    @property
    def share_theirs(self) -> float:
        """Return the share of theirs' edit that is kept; 1.0 when theirs changed nothing."""
        return self.theirs / self.theirs_total if self.theirs_total else 1.0

    def __add__(self, other: Kept) -> Kept:
        return Kept(
            self.ours + other.ours,
            self.ours_total + other.ours_total,
            self.theirs + other.theirs,
            self.theirs_total + other.theirs_total,
        )


def kept(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> Kept:
    """Return what ``result`` keeps of the edits base -> ours and base -> theirs.

    An edit of order or spacing alone has no changed tokens; it weighs one token, kept when the result is that side's.
    """
    if base in (ours, theirs) and result in (ours, theirs, base):
        return _one_sided(base, ours, theirs, result)
    lines = [_lines(x) for x in (base, ours, theirs, result)]
    old, result_lines = lines[0], lines[3]
    new = changes(old, result_lines)
    fresh = Counter(line for c in new for line in result_lines[c.b1 : c.b2])
    gone = Counter(line for c in new for line in old[c.a1 : c.a2])
    edits = [_Edit.of(old, lines[1]), _Edit.of(old, lines[2])]
    counts = []
    for this, other, side in ((0, 1, ours), (1, 0, theirs)):
        total = edits[this].weight
        if total:
            whole = edits[other].realised(fresh, gone)
            counts += [edits[this].kept(old, result_lines, new, (fresh, gone), whole), total]
        else:
            counts += [int(result == side), 1] if side != base else [0, 0]
    return Kept(*counts)


def _one_sided(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> Kept:
    """Return what a parent's own text keeps where one side changed nothing: all or nothing.

    PERF: in a merge of trees most places are such.
    """
    counts = []
    for side in (ours, theirs):
        total = _weight(base, side)
        counts += [total if result == side else 0, total] if side != base else [0, 0]
    return Kept(*counts)


@lru_cache(maxsize=8)  # PERF: asked for each content of one hunk, one after the other
def _weight(base: bytes, side: bytes) -> int:
    """Return what an edit weighs: at least one token, where there is one."""
    return _Edit.of(_lines(base), _lines(side)).weight or 1


def _lines(data: bytes) -> tuple[Line, ...]:
    return tuple(line for line in map(tokens, data.splitlines()) if line)


def _bag(lines: Iterable[Line]) -> Counter[bytes]:
    return Counter(token for line in lines for token in line)


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    deleted: tuple[Line, ...]
    inserted: tuple[Line, ...]
    brings: Counter[bytes]
    takes: Counter[bytes]

    @property
    def weight(self) -> int:
        return self.brings.total() + self.takes.total()

    def stands(self, fresh: Counter[Line], gone: Counter[Line]) -> bool:
        return Counter(self.inserted) <= fresh and Counter(self.deleted) <= gone


@dataclass(frozen=True, slots=True)
class _Edit:
    blocks: tuple[_Block, ...]

    @classmethod
    def of(cls, base: Sequence[Line], side: Sequence[Line]) -> _Edit:
        blocks = []
        for c in changes(base, side):
            deleted, inserted = tuple(base[c.a1 : c.a2]), tuple(side[c.b1 : c.b2])
            before, after = _bag(deleted), _bag(inserted)
            blocks.append(_Block(c.a1, c.a2, deleted, inserted, after - before, before - after))
        return cls(tuple(blocks))

    @property
    def weight(self) -> int:
        return sum(b.weight for b in self.blocks)

    def realised(self, fresh: Counter[Line], gone: Counter[Line]) -> tuple[Counter[Line], Counter[Line]]:
        """Return the lines that this edit's wholly kept blocks put into the result, and those that they took away."""
        put: Counter[Line] = Counter()
        took: Counter[Line] = Counter()
        for block in self.blocks:
            if block.stands(fresh, gone):
                put.update(block.inserted)
                took.update(block.deleted)
        return put, took

    def kept(
        self,
        base: Sequence[Line],
        result: Sequence[Line],
        new: Sequence[Change],
        state: tuple[Counter[Line], Counter[Line]],
        other: tuple[Counter[Line], Counter[Line]],
    ) -> int:
        fresh, gone = state
        whole = sum(b.weight for b in self.blocks if b.stands(fresh, gone))
        partial = (b for b in self.blocks if b.weight and not b.stands(fresh, gone))
        return whole + sum(_partly(b, base, result, new, state, other) for b in partial)


def _partly(
    block: _Block,
    base: Sequence[Line],
    result: Sequence[Line],
    new: Sequence[Change],
    state: tuple[Counter[Line], Counter[Line]],
    other: tuple[Counter[Line], Counter[Line]],
) -> int:
    here = [c for c in new if c.a1 <= block.end and block.start <= c.a2]
    put = Counter(line for c in here for line in result[c.b1 : c.b2]) - other[0]
    took = Counter(line for c in here for line in base[c.a1 : c.a2]) - other[1]
    before, after = _bag(took.elements()), _bag(put.elements())
    found = _bag((Counter(block.inserted) & state[0]).elements())
    lost = _bag((Counter(block.deleted) & state[1]).elements()) if not block.inserted else Counter()
    brings = block.brings & (found | (after - before))
    takes = block.takes & (lost | (before - after))
    return brings.total() + takes.total()
