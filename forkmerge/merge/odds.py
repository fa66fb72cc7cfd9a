"""How likely the merge of a whole file is what people would have made of it, by how such files turned out.

Each rule was right so and so often by itself; a file with several, in which one side changed much, is right less often
than any of them.  So the odds of a file are those of its rules together and of how much was changed (a logistic
regression over real merges, ``python -m quality.calibrate``).  A file whose odds are too poor is left to people where
code of both sides would be put together, with the merge as an alternative.

Invariants: the sides' order decides nothing; a file that neither side changed much is never too unlikely.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.model.hunk import FileMerge

UNLIKELY = "so much changed in this file that such merges, as a whole, are right too seldom"
"""Why a place is left that could be merged, in a file whose odds are poor."""
MUCH = 40
"""Changed lines of a side from which on a file as a whole is asked for its odds."""
_MOST = 2.0
"""Lines changed for each line of the base past which more makes no difference."""


def large(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether a side changed so much that the file as a whole is asked for its odds."""
    return changed(base, ours, theirs)[0] >= MUCH


def unlikely(found: FileMerge, inputs: tuple[bytes, bytes, bytes], least: float) -> bool:
    """Return whether the clean merge ``found`` of ``large`` files is right less often than ``least`` (0 to 1)."""
    used = {rule for hunk in found.hunks for rule in hunk.rule.split("+")}
    return likelihood(used, *changed(*inputs)) < least


@lru_cache(maxsize=1)
def changed(base: bytes, ours: bytes, theirs: bytes) -> tuple[int, float]:
    """Return how many lines the side changed that changed more, those put in and those taken away, and their share."""
    before = Counter(lines_of(base))
    most = 0
    for side in (ours, theirs):
        now = Counter(lines_of(side))
        most = max(most, ((now - before) + (before - now)).total())
    return most, min(most / max(before.total(), 1), _MOST)


def likelihood(used: Iterable[str], lines: int, share: float) -> float:
    """Return how often a merge that took the rules ``used`` was people's, where so many ``lines`` were changed."""
    from forkmerge.merge.precision import ODDS  # noqa: PLC0415 - seldom needed

    said = ODDS["always"] + sum(ODDS.get(rule, 0.0) for rule in used)
    return 1 / (1 + math.exp(-(said + ODDS["lines"] * math.log1p(lines) + ODDS["share"] * share)))
