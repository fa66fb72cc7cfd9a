"""Which pairs are worth weighing: far fewer than all of them, and all that matter.

Three sources: units that lie between the same matched neighbours; units of one rare name; and units that share rare
words or rare runs of words, found by an inverted index, so that ten thousand units need no hundred million comparisons.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.context import gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.table import Table
    from forkmerge.alignment.weigh import Feature, Scale
    from forkmerge.alignment.words import Bag

_RARE = 24
_BEST = 6
_GAP_LIMIT = 900


def candidates(pairing: Pairing, by_words: Iterable[tuple[int, int]]) -> list[tuple[tuple[int, int], float]]:
    """Return pairs of free units with how strongly their place speaks for them: 0 not at all, 1 no other fits there.

    ``by_words`` are pairs that ``by_rare_words`` gave before; those that are no longer free are left out.
    """
    pairs = _in_gaps(pairing)
    for one, other in by_words:
        if one not in pairing.to_right and other not in pairing.to_left:
            pairs.setdefault((one, other), 0.0)
    for pair in _namesakes(pairing):
        pairs.setdefault(pair, 0.0)
    return sorted(pairs.items())


def _in_gaps(pairing: Pairing) -> dict[tuple[int, int], float]:
    """Return pairs between the same neighbours, with how strongly their place speaks for them (1: the only ones)."""
    found: dict[tuple[int, int], float] = {}
    left, right = pairing.left, pairing.right
    for mine, yours in gaps(pairing):
        for kind in sorted({left.families[i] for i in mine}):
            ours = [i for i in mine if left.families[i] == kind]
            theirs = [i for i in yours if right.families[i] == kind]
            if not theirs or len(ours) * len(theirs) > _GAP_LIMIT:
                continue
            for a, one in enumerate(ours):
                for b, other in enumerate(theirs):
                    if not (left.measured[one] and right.measured[other]) and left.digest(one) != right.digest(other):
                        continue
                    apart = abs((a + 0.5) / len(ours) - (b + 0.5) / len(theirs))
                    found[one, other] = (1 - apart) / max(len(ours), len(theirs)) ** 0.5
    return found


def _namesakes(pairing: Pairing) -> Iterable[tuple[int, int]]:
    """Yield pairs of one name anywhere, where few others have that name."""
    named: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, table, taken in ((0, pairing.left, pairing.to_right), (1, pairing.right, pairing.to_left)):
        for i in range(len(table)):
            if i not in taken and table.measured[i] and table.located[i].unit.name:
                named[table.name(i)][side].append(i)
    for mine, yours in named.values():
        if 0 < len(mine) * len(yours) <= _BEST * _BEST:
            yield from ((one, other) for one in mine for other in yours)


def by_rare_words(pairing: Pairing, scale: Scale) -> set[tuple[int, int]]:
    """Return for each free unit the few of the other side with which it shares most of what is rare."""
    found: set[tuple[int, int]] = set()
    for kind in sorted({*pairing.left.families, *pairing.right.families}):
        left = {i: scale.probes(i, left=True) for i in _free(pairing.left, pairing.to_right, kind)}
        right = {i: scale.probes(i, left=False) for i in _free(pairing.right, pairing.to_left, kind)}
        if left and right:
            found.update(_likely(left, scale.left_bag, right))
            found.update((one, other) for other, one in _likely(right, scale.right_bag, left))
    return found


def _likely(
    probes: dict[int, tuple[Feature, ...]], bag: Callable[[int], Bag], others: dict[int, tuple[Feature, ...]]
) -> set[tuple[int, int]]:
    """Return for each unit of ``probes`` the few ``others`` with which it shares most of what both are known by."""
    index: dict[Feature, list[int]] = defaultdict(list)
    for number, features in others.items():
        for feature in features:
            index[feature].append(number)
    found: set[tuple[int, int]] = set()
    for number, features in probes.items():
        held = bag(number)
        shared: dict[int, int] = defaultdict(int)
        for feature in features:
            holders = index.get(feature, ())
            if len(holders) <= _RARE:
                weight = held.words[feature] if isinstance(feature, bytes) else held.runs[feature]
                for other in holders:
                    shared[other] += weight
        found.update((number, other) for other in sorted(shared, key=lambda o: (-shared[o], o))[:_BEST])
    return found


def _free(table: Table, taken: dict[int, int], kind: str) -> list[int]:
    return [i for i in range(len(table)) if i not in taken and table.measured[i] and table.families[i] == kind]
