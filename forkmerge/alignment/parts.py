"""Units that are a part of another one: split off into a function of their own, or joined into one that was there.

A part is found by containment: runs of words that a matched unit lost on its way and a new unit holds.  The mirror
image finds what a matched unit gained from one that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forkmerge.alignment.pairing import Part

if TYPE_CHECKING:
    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.weigh import Feature, Scale
    from forkmerge.alignment.words import Run

    Runs = dict[Run, int]

_SHARE = 0.5
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
    came = [i for i in range(len(right)) if i not in pairing.to_left and right.measured[i]]
    gone = [i for i in range(len(left)) if i not in pairing.to_right and left.measured[i]]
    went = [(one, scale.left_bag(one).runs, scale.right_bag(other).runs) for one, other in changed] if came else []
    grew = [(other, scale.right_bag(other).runs, scale.left_bag(one).runs) for one, other in changed] if gone else []
    split = _contained(scale, came, went, left=False)
    joined = _contained(scale, gone, grew, left=True)
    return (
        *(Part(whole, piece, split=True, share=share) for piece, whole, share in split),
        *(Part(piece, whole, split=False, share=share) for piece, whole, share in joined),
    )


def _contained(
    scale: Scale, pieces: list[int], wholes: list[tuple[int, Runs, Runs]], *, left: bool
) -> list[tuple[int, int, float]]:
    """Return (piece, whole, share of the piece that is there) for the best whole of each piece, if it is enough.

    A whole is its number, its runs, and those runs that do not count since its partner has them too.
    """
    bag = scale.left_bag if left else scale.right_bag
    holders: dict[Feature, list[int]] = defaultdict(list)
    for number in pieces:
        if bag(number).bits >= _LEAST_BITS:
            for probe in scale.probes(number, left=left):
                if not isinstance(probe, bytes):
                    holders[probe].append(number)
    known = holders.keys()
    shared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for place, (_, runs, elsewhere) in enumerate(wholes):
        for probe in runs.keys() & known:
            lost = runs[probe] - elsewhere.get(probe, 0)
            if lost > 0:
                for number in holders[probe]:
                    shared[number][place] += lost
    found = []
    for number, places in sorted(shared.items()):
        whole, runs, elsewhere = wholes[max(places, key=lambda place: (places[place], -place))]
        piece = bag(number)
        there = sum(
            min(weight, runs[run] - elsewhere.get(run, 0))
            for run, weight in piece.runs.items()
            if runs.get(run, 0) > elsewhere.get(run, 0)
        )
        if there >= _SHARE * piece.run_weight:
            found.append((number, whole, there / piece.run_weight))
    return found
