"""What is left of a chunk of a sequence in which one side only deleted what the other side left alone.

What the other side put in beside it stays, unless it was written for what is gone: something new between two things
that were deleted is a conflict, as is a name that it wrote a little differently, or a statement in the place of one
that is gone on both sides; and one right behind a deleted statement is for tests to decide (rule ``BEHIND``).
A definition stands for itself: who takes over a single commit lacks the definitions of the commits before it; so does
an import, or a member of something that has no order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.merge import rules
from forkmerge.merge.diff import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forkmerge.merge.items import Item

_MANY = 4
"""Elements of a list around a new one that have to be gone for the list to be another one."""
_NAME = re.compile(rb"[^\W\d]\w*")
_ALIKE = 0.7
"""The part of the letters that two spellings of a name have in common at their ends."""


@dataclass(frozen=True, slots=True)
class Side:
    """The items of a side, those of them that the chunk takes up, and where it has the items of the base."""

    name: str
    items: Sequence[Item]
    part: range
    where: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Left:
    """The items that are left, the side that they are of, and the rule that says so."""

    items: Sequence[Item]
    side: str
    rule: str


def left(
    base: Sequence[Item],
    part: range,
    ours: Side,
    theirs: Side,
    counts: Callable[[Item], bool],
    alone: Callable[[Item], bool],
    *,
    block: bool,
) -> Left | None:
    """Return what is left of ``part`` of the base; None unless one side did no more than delete.

    ``counts`` tells which items are looked at for what stood around an addition, ``alone`` which stand for themselves;
    ``block``: they are statements.
    """
    for mine, other in ((ours, theirs), (theirs, ours)):
        if set(other.part) - set(other.where.values()):
            continue
        deleted = [i for i in part if i not in other.where and i in mine.where]
        if any(mine.items[mine.where[i]].tokens != base[i].tokens for i in deleted):
            continue
        if any(other.items[other.where[i]].tokens != base[i].tokens for i in part if i in other.where):
            continue
        gone, old = {mine.where[i] for i in deleted}, set(mine.where.values())
        away = [base[i].text for i in part if i not in mine.where and i not in other.where]
        if any(_respelled(x, mine.items[j].text) for x in away for j in set(mine.part) - old):
            continue
        if block and any(_instead(base, part, mine, j) and not alone(mine.items[j]) for j in set(mine.part) - old):
            continue
        if _surrounded([j for j in mine.part if counts(mine.items[j])], gone, old, block=block):
            continue
        behind = block and any(j - 1 in gone and not alone(mine.items[j]) for j in set(mine.part) - old)
        kept = [mine.items[j] for j in mine.part if j not in gone]
        return Left(kept, mine.name, rules.BEHIND if behind else rules.DELETE_BESIDE)
    return None


def _instead(base: Sequence[Item], part: range, mine: Side, put: int) -> bool:
    """Return whether a side ``put`` one statement in the place of one of its kind: changed here, taken away there.

    What has another name than that is another thing.
    """
    before = max((i for i in part if mine.where.get(i, put) < put), default=part.start - 1)
    behind = min((i for i in part if mine.where.get(i, put) > put), default=part.stop)
    first = mine.where.get(before, mine.part.start - 1)
    last = mine.where.get(behind, mine.part.stop)
    if (behind - before, last - first) != (2, 2):
        return False
    old, new = base[before + 1], mine.items[put]
    return old.main is not None and old.kind == new.kind and old.key == new.key


def _surrounded(side: Sequence[int], gone: set[int], old: set[int], *, block: bool) -> bool:
    """Return whether something new stands between items that are ``gone``: what it was written for is, too.

    In a block there has to be one before and one behind it, in a list as many as make it another list.
    """
    runs: list[int] = []  # how many are gone in turn, 0 for what is new, -1 for what is left
    for j in side:
        state = 1 if j in gone else 0 if j not in old else -1
        if state > 0 and runs and runs[-1] > 0:
            runs[-1] += 1
        elif state or not runs or runs[-1]:
            runs.append(state)
    for at, run in enumerate(runs):
        around = [*runs[:at][-1:], *runs[at + 1 : at + 2]]
        if run == 0 and min(around, default=-1) > 0 and (len(around) > 1 if block else sum(around) >= _MANY):
            return True
    return False


def _respelled(before: bytes, after: bytes) -> bool:
    """Return whether both are names, and one may be the other with another beginning, middle or end."""
    if not _NAME.fullmatch(before) or not _NAME.fullmatch(after):
        return False
    shorter = min(len(before), len(after))
    start = alike(before, after, 0, 0, shorter, 1)
    end = alike(before, after, len(before), len(after), shorter - start, -1)
    return start + end >= _ALIKE * max(len(before), len(after))
