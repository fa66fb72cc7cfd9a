"""Which pairs are worth weighing: far fewer than all of them, and all that matter.

Three sources: units that lie between the same matched neighbours; units of one rare name; and units that share rare
words or rare runs of words, found by an inverted index, so that ten thousand units need no hundred million comparisons.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from forkmerge.alignment.context import gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.table import Table
    from forkmerge.alignment.weigh import Scale
    from forkmerge.alignment.words import Bag, Run

_Feature = TypeVar("_Feature", bytes, "Run")

_RARE = 24
_PROBES = 48
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
        left = {i: scale.left_bag(i) for i in _free(pairing.left, pairing.to_right, kind)}
        right = {i: scale.right_bag(i) for i in _free(pairing.right, pairing.to_left, kind)}
        found.update(_likely(left, right))
        found.update((one, other) for other, one in _likely(right, left))
    return found


def _likely(bags: dict[int, Bag], others: dict[int, Bag]) -> set[tuple[int, int]]:
    """Return for each of ``bags`` the few ``others`` with which it shares most of its rarest features."""
    runs = _index(others, lambda bag: bag.runs)
    words = _index(others, lambda bag: bag.words)
    found: set[tuple[int, int]] = set()
    for number, bag in bags.items():
        features = [(len(runs[f]), -weight, runs[f]) for f, weight in bag.runs.items() if f in runs]
        features += [(len(words[f]), -weight, words[f]) for f, weight in bag.words.items() if f in words]
        features.sort()
        shared: dict[int, int] = defaultdict(int)
        for _, weight, holders in features[:_PROBES]:
            for other in holders:
                shared[other] -= weight
        found.update((number, other) for other in sorted(shared, key=lambda o: (-shared[o], o))[:_BEST])
    return found


def _index(bags: dict[int, Bag], features: Callable[[Bag], Iterable[_Feature]]) -> dict[_Feature, list[int]]:
    """Return who holds each feature, for features that at most ``_RARE`` hold."""
    index: dict[_Feature, list[int]] = defaultdict(list)
    for number, bag in bags.items():
        for feature in features(bag):
            index[feature].append(number)
    return {feature: holders for feature, holders in index.items() if len(holders) <= _RARE}


def _free(table: Table, taken: dict[int, int], kind: str) -> list[int]:
    return [i for i in range(len(table)) if i not in taken and table.measured[i] and table.families[i] == kind]
