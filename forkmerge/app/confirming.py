"""An offspring confirmed: whole suites once more, in fresh clones, not from the record; and its own tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forkmerge.fitness.records import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.app.runs import Runs
    from forkmerge.fitness.evaluator import Evaluator
    from forkmerge.fitness.required import Duty, Owner
    from forkmerge.model.outcome import SuiteRun


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of it: the duties that ``failed`` now and had passed before, and the run of the offspring's own tests.

    ``trees`` is how many trees were run.
    """

    failed: tuple[str, ...]
    merged: SuiteRun
    trees: int


def confirm(
    plain: str, owned: Mapping[Owner, str], expected: frozenset[str], evaluate: Evaluator[Any], runs: Runs
) -> Confirmation:
    """Return what the tests say once more of the tree ``plain``, and of it with each owner's test tree (``owned``).

    ``expected`` are the keys of the duties that are known to fail.  What fails now is run once more by itself, and is
    doubted for good where it passes then.
    """
    asked = sorted({plain, *owned.values()})
    with ThreadPoolExecutor(len(asked)) as pool:  # the pool of clones decides how many run at a time
        again = dict(zip(asked, pool.map(lambda tree: runs(tree, None, Purpose.SUITE), asked), strict=True))

    def failing() -> list[Duty]:
        good = {tree: {r.test for r in run.results if r.status.good} for tree, run in again.items()}
        return [
            d
            for d in evaluate.required.duties
            if d.test not in good[owned[d.owner]] and d not in evaluate.flaky and str(d) not in expected
        ]

    doubtful = failing()
    for tree in sorted({owned[d.owner] for d in doubtful} | ({plain} if doubtful else set())):
        tests = tuple(sorted({d.test for d in doubtful if tree in (plain, owned[d.owner])}))
        if len(tests) <= evaluate.rerun_at_most:
            again[tree] = mended(again[tree], runs(tree, tests, Purpose.RERUN))
    still = failing()
    for duty in doubtful:
        if duty not in still:
            evaluate.doubt(duty, "passed and failed on one tree, in fresh clones")
    return Confirmation(tuple(sorted(str(d) for d in still)), again[plain], len(asked))


def mended(whole: SuiteRun, rerun: SuiteRun) -> SuiteRun:
    """Return ``whole`` with the tests as passed that passed when they were run once more."""
    good = {r.test: r for r in rerun.results if r.status.good}
    listed = {r.test for r in whole.results}
    results = tuple(good.get(r.test, r) if not r.status.good else r for r in whole.results)
    return replace(whole, results=results + tuple(r for test, r in good.items() if test not in listed))
