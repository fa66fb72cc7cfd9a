"""Pairs that need no measuring: the same name at the same place, and bodies that did not change.

Descent goes from paired files to their members and on into paired classes, so a method of a renamed class is found by
its name as well.  A name alone is not enough when the body under it is another one: ``foo`` that became ``_foo`` beside
a new wrapper ``foo`` keeps its body, not its name.  Such weak pairs are left for the measured rounds, where the name is
one piece of evidence among others.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.assignment import assign
from forkmerge.alignment.context import gaps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forkmerge.alignment.located import Key
    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.weigh import Scale

SAME_NAME, SAME_BODY = "same name", "body unchanged"
WEAK_NAME = 0.35
"""Below this similarity a callable is not taken for the old one because of its name and place alone."""
_CROWD, _NEAR = 400, 4
"""Above so many pairs of namesakes only those of nearly the same rank are compared."""
TELLING_BITS = 60.0
"""A body says where it comes from when it carries at least this much; getters and empty bodies do not."""


def take_over(pairing: Pairing, settled: Mapping[Key, Key]) -> None:
    """Pair the units that are ``settled`` beforehand, by their keys; what they hold is left to the next steps."""
    numbers = {located.key: i for i, located in enumerate(pairing.right.located)}
    for one, located in enumerate(pairing.left.located):
        if located.key in settled:
            pairing.join(one, numbers[settled[located.key]], "by way of the base")


def same_files(pairing: Pairing) -> None:
    """Pair files by path, then files that only one side has with one of identical bytes elsewhere."""
    right_by_path = {source.path: -1 - i for i, source in enumerate(pairing.right.files)}
    for number, source in enumerate(pairing.left.files):
        group = right_by_path.get(source.path)
        if group is not None:
            same = source.data == pairing.right.files[-1 - group].data
            pairing.join(-1 - number, group, SAME_NAME, SAME_BODY, identical=same)
    by_data: dict[bytes, list[int]] = defaultdict(list)
    for group, source in ((-1 - i, s) for i, s in enumerate(pairing.right.files)):
        if group not in pairing.to_left and source.data.strip():
            by_data[source.data].append(group)
    for number, source in enumerate(pairing.left.files):
        if -1 - number not in pairing.to_right and by_data.get(source.data):
            rivals = by_data[source.data]
            best = max(rivals, key=lambda g: (_common_tail(source.path, pairing.right.files[-1 - g].path), g))
            rivals.remove(best)
            pairing.join(-1 - number, best, SAME_NAME, "file unchanged", identical=True)


def by_name(pairing: Pairing, scale: Scale) -> None:
    """Pair members of paired groups by name, downwards until nothing is left to descend into."""
    while pairing.fresh:
        one, other = pairing.fresh.pop()
        named: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i in pairing.free_left(one):
            named[pairing.left.name(i)][0].append(i)
        for i in pairing.free_right(other):
            named[pairing.right.name(i)][1].append(i)
        for mine, yours in named.values():
            if mine and yours:
                _pair_namesakes(pairing, scale, mine, yours)


def by_body(pairing: Pairing, scale: Scale) -> None:
    """Pair units anywhere whose body is unchanged and telling, and stands once on each side."""
    for recursive in (False, True):
        found: dict[tuple[str, bytes], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, table, taken in ((0, pairing.left, pairing.to_right), (1, pairing.right, pairing.to_left)):
            for i in range(len(table)):
                if i not in taken:
                    found[table.families[i], table.digest(i, recursive=recursive)][side].append(i)
        for mine, yours in found.values():
            if len(mine) == len(yours) == 1 and scale.left_bag(mine[0]).bits >= TELLING_BITS:
                one, other = mine[0], yours[0]
                if one not in pairing.to_right and other not in pairing.to_left:
                    pairing.join(one, other, SAME_BODY, *_name_evidence(pairing, one, other), identical=True)


def by_place(pairing: Pairing) -> None:
    """Pair rows of units between the same neighbours that are, one after the other, unchanged but for their names."""
    left, right = pairing.left, pairing.right
    for mine, yours in gaps(pairing):
        if len(mine) == len(yours) > 1 and all(
            left.families[a] == right.families[b] and left.digest(a) == right.digest(b)
            for a, b in zip(mine, yours, strict=True)
        ):
            for one, other in zip(mine, yours, strict=True):
                if one not in pairing.to_right and other not in pairing.to_left:
                    evidence = (*_name_evidence(pairing, one, other), SAME_BODY, "neighbours match")
                    pairing.join(one, other, *evidence, identical=True)


def left_over_names(pairing: Pairing, scale: Scale) -> None:
    """Pair what is left of one name at one place, though its body is another one: doubtful."""
    for group, partner in sorted(pairing.to_right.items()):
        named: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i in pairing.free_left(group):
            named[pairing.left.name(i)][0].append(i)
        for i in pairing.free_right(partner):
            named[pairing.right.name(i)][1].append(i)
        for (_, name), (mine, yours) in named.items():
            if name and len(mine) == len(yours) == 1:
                score = scale.similarity(mine[0], yours[0])
                pairing.join(mine[0], yours[0], SAME_NAME, f"similarity {score:.2f}", score=score, doubtful=True)


def _pair_namesakes(pairing: Pairing, scale: Scale, mine: Sequence[int], yours: Sequence[int]) -> None:
    """Pair units of one name in one group: identical ones, then by signature, then the most alike."""
    left, right = pairing.left, pairing.right
    open_left, open_right = list(mine), list(yours)
    for one in mine:
        for other in open_right:
            if left.text(one) == right.text(other):
                pairing.join(one, other, SAME_NAME, SAME_BODY, identical=True)
                open_left.remove(one)
                open_right.remove(other)
                break
    profits = {}
    crowded = len(open_left) > 1 or len(open_right) > 1
    many = len(open_left) * len(open_right) > _CROWD
    for rank, one in enumerate(open_left):
        for other_rank, other in enumerate(open_right):
            if many and abs(rank - other_rank) > _NEAR:
                continue
            same_signature = left.located[one].unit.signature == right.located[other].unit.signature
            profits[one, other] = 0.1 + scale.similarity(one, other) + same_signature
            profits[one, other] += 0.05 / (1 + abs(rank - other_rank))
    for one, other in assign(profits).items():
        score = scale.similarity(one, other)
        if score < WEAK_NAME and left.families[one] == "callable" and left.located[one].unit.name:
            continue
        evidence = (SAME_NAME, SAME_BODY if score > 0.999 else f"similarity {score:.2f}")
        pairing.join(one, other, *evidence, score=score, doubtful=crowded and score < WEAK_NAME)


def _name_evidence(pairing: Pairing, one: int, other: int) -> tuple[str, ...]:
    named = pairing.left.located[one].unit.name
    return (SAME_NAME,) if named and named == pairing.right.located[other].unit.name else ()


def _common_tail(one: str, other: str) -> int:
    tail = 0
    for a, b in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if a != b:
            break
        tail += 1
    return tail
