"""The parents' own suites, run several times, once in another order: only differing answers show a flaky test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.fitness.records import Purpose, Recall, RunTree
from forkmerge.model.outcome import RunStatus, SuiteRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.model.outcome import TestId


def measure(tree: str, *, run: RunTree, recall: Recall, times: int = 2, reverse: bool = True) -> tuple[SuiteRun, ...]:
    """Return ``times`` whole-suite runs of ``tree``, the second in the opposite order; recorded ones are not repeated.

    The first is in the usual order.  A run that could not tell is tried once more; where the first one does not come to
    its end (or nothing can be collected), it alone is returned: more of the same would show nothing.
    """
    kinds = [Purpose.REVERSE if reverse and i == 1 else Purpose.SUITE for i in range(max(times, 1))]
    recorded = {kind: list(recall.runs(tree, None, kind)) for kind in set(kinds)}
    out: list[SuiteRun] = []
    for kind in kinds:
        result = recorded[kind].pop(0) if recorded[kind] else _fresh(tree, kind, run, recall)
        if out and result.status is not RunStatus.COMPLETED:
            continue
        out.append(result)
        if result.status is not RunStatus.COMPLETED:
            break
    return tuple(out)


def suite_seconds(*parents: Iterable[SuiteRun]) -> float:
    """Return what one run of each parent's suite takes together: the unit in which the cost of a search is told."""
    return sum(min((r.seconds for r in runs), default=0.0) for runs in parents)


def tests_seen(*parents: Iterable[SuiteRun]) -> frozenset[TestId]:
    """Return all tests that a parent was seen to have."""
    return frozenset(result.test for runs in parents for run in runs for result in run.results)


def _fresh(tree: str, kind: Purpose, run: RunTree, recall: Recall) -> SuiteRun:
    result = run(tree, None, kind)
    if result.status is RunStatus.UNVERIFIED:
        result = run(tree, None, kind)
    recall.put(tree, None, kind, result)
    return result
