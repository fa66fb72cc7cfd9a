"""Units that are a part of another one: split off into a function of their own, or joined into one that was there.

A part is found by containment: runs of words that a matched unit lost on its way and a new unit holds.  The mirror
image finds what a matched unit gained from one that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.pairing import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.weigh import Scale
    from forkmerge.alignment.words import Bag, Run

_SHARE = 0.5
_RARE = 24
_ALIKE = 0.98
_LEAST_BITS = 100.0


def parts(pairing: Pairing, scale: Scale) -> tuple[Part, ...]:
    """Return the parts that the finished pairs gave away or took in, in the order of the unmatched units."""
    left, right = pairing.left, pairing.right
    changed = [
        (one, other)
        for one, other in sorted(pairing.to_right.items())
        if one >= 0 and left.measured[one] and pairing.score[one] < _ALIKE
    ]
    came = {i: scale.right_bag(i) for i in range(len(right)) if i not in pairing.to_left and right.measured[i]}
    gone = {i: scale.left_bag(i) for i in range(len(left)) if i not in pairing.to_right and left.measured[i]}
    lost = {a: _less(scale.left_bag(a), scale.right_bag(b)) for a, b in changed} if came else {}
    gained = {b: _less(scale.right_bag(b), scale.left_bag(a)) for a, b in changed} if gone else {}
    split = [Part(whole, piece, split=True, share=share) for piece, whole, share in _contained(came, lost)]
    joined = [Part(piece, whole, split=False, share=share) for piece, whole, share in _contained(gone, gained)]
    return (*split, *joined)


def _less(bag: Bag, other: Bag) -> dict[Run, int]:
    """Return the runs of ``bag`` that ``other`` has not."""
    rest = {run: weight - other.runs.get(run, 0) for run, weight in bag.runs.items()}
    return {run: weight for run, weight in rest.items() if weight > 0}


def _contained(pieces: Mapping[int, Bag], wholes: Mapping[int, Mapping[Run, int]]) -> list[tuple[int, int, float]]:
    """Return (piece, whole, share of the piece that is there) for the best whole of each piece, if it is enough."""
    index: dict[Run, list[int]] = defaultdict(list)
    for number, runs in wholes.items():
        for run in runs:
            index[run].append(number)
    found = []
    for number, piece in pieces.items():
        if piece.bits < _LEAST_BITS:
            continue
        shared: dict[int, int] = defaultdict(int)
        for run, weight in piece.runs.items():
            rivals = index.get(run, ())
            if len(rivals) <= _RARE:
                for whole in rivals:
                    shared[whole] += min(weight, wholes[whole][run])
        if shared:
            best = max(shared, key=lambda whole: (shared[whole], -whole))
            share = shared[best] / piece.run_weight
            if share >= _SHARE:
                found.append((number, best, min(1.0, share)))
    return found
