"""Each side's tests on the other side's code: which failures of a merge only say that tests and code went together.

Only what fails in the merge is asked, by itself; all tests are run where test files can't even be collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.fitness.observed import uncollected_files

if TYPE_CHECKING:
    from forkmerge.app.landscape import Candidate
    from forkmerge.app.scene import Scene
    from forkmerge.fitness.evaluator import Evaluation, Evaluator
    from forkmerge.fitness.required import Owner

_FEW = 50
"""Failures up to which they are asked by themselves."""


def crossed(
    evaluate: Evaluator[Candidate], merged: Evaluation, seen: Scene
) -> tuple[dict[Owner, frozenset[str]], frozenset[tuple[Owner, str]]]:
    """Return what fails of each side's tests on the other side's code, and what can't even be collected there.

    ``merged`` is the evaluation of the merge.  Of what passes in it, nothing is said.
    """
    scenario = seen.scenario
    trees: tuple[tuple[Owner, str], ...] = (("ours", scenario.theirs.tree), ("theirs", scenario.ours.tree))
    if _collected(merged) and len(merged.failed) <= _FEW and evaluate.selects:
        failing: dict[Owner, frozenset[str]] = {"ours": frozenset(), "theirs": frozenset()}
        for owner, tree in trees:
            asked = frozenset(d for d in merged.failed if d.startswith(f"{owner}:"))
            failing[owner] = evaluate.evaluate(tree, asked).failed if asked else frozenset()
        return failing, frozenset()
    failing = {}
    uncollectable: set[tuple[Owner, str]] = set()
    for owner, tree in trees:
        evaluation = evaluate.evaluate(tree)
        failing[owner] = evaluation.failed
        if evaluation.status == "broken":
            uncollectable.add((owner, ""))
        elif (run := evaluation.run(owner)) is not None:
            mine, others = (seen.ours, seen.theirs) if owner == "ours" else (seen.theirs, seen.ours)
            uncollectable |= {(owner, p) for p in uncollected_files(run) if others.get(p) not in (None, mine.get(p))}
    return failing, frozenset(uncollectable)


def _collected(merged: Evaluation) -> bool:
    """Return whether each test file of either side could be collected in the merge."""
    return merged.status == "ok" and not any(uncollected_files(run) for _, run in merged.runs)
