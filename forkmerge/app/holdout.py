"""A hold-out: the search doesn't know some of the required tests, and what it found is then scored on them.

How often a test that was kept back fails says how far the tests that were asked speak for those that nobody wrote.
Invariant: a test is kept back from both sides or from neither, so that one side's copy can't stand in for the other's.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from forkmerge.report.values import HeldOut

if TYPE_CHECKING:
    from forkmerge.app.found import Found
    from forkmerge.app.landscape import Candidate
    from forkmerge.fitness.evaluator import Evaluator
    from forkmerge.fitness.required import Duty, Required


def split(required: Required, share: float, seed: int) -> tuple[Required, tuple[Duty, ...]]:
    """Return ``required`` without ``share`` of its tests, drawn by ``seed``, and the duties that were taken out.

    At least one test stays, and at least one is taken where there are two; nothing is taken for a share of 0.
    """
    tests = sorted({duty.test for duty in required.duties})
    count = min(math.ceil(share * len(tests)), len(tests) - 1) if share > 0 else 0
    hidden = set(Random(seed).sample(tests, max(0, count)))  # noqa: S311 - no secret
    left = tuple(duty for duty in required.duties if duty.test not in hidden)
    return replace(required, duties=left), tuple(duty for duty in required.duties if duty.test in hidden)


def score(found: Found, evaluate: Evaluator[Candidate], hidden: tuple[Duty, ...]) -> None:
    """Ask the tests that the search did not know of, of everything that keeps those that it did know."""
    best = found.best()
    keys = {str(duty) for duty in hidden}
    for candidate in found.ranked():
        if candidate == best or found.fitness(candidate).good:
            said = evaluate.evaluate(candidate)
            decided = keys & (said.passed | said.failed | said.undecided)
            found.held_out[candidate] = HeldOut(len(decided), tuple(sorted(decided - said.passed)))
