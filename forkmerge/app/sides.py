"""The parents before the search: their own runs, and each side's tests on the other side's code."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.app import testing
from forkmerge.app.duties import in_merged
from forkmerge.app.elders import Elder, joined, without_outdated
from forkmerge.app.landscape import Candidate, Genotype
from forkmerge.app.last_words import advice, last_words, nothing_passed
from forkmerge.app.moved import following
from forkmerge.app.renamed import of_modules, renamed_packages, tops, with_new_names
from forkmerge.app.reworded import asks
from forkmerge.app.testpaths import is_test, tests_of
from forkmerge.errors import UnusableInput
from forkmerge.fitness.observed import uncollected_files
from forkmerge.fitness.parents import measure
from forkmerge.fitness.records import Purpose
from forkmerge.git.renames import renames
from forkmerge.model.outcome import RunStatus, SuiteRun
from forkmerge.recombination.genome import default
from forkmerge.report import events
from forkmerge.report.values import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.elders import Pair
    from forkmerge.app.found import Found
    from forkmerge.app.runs import Runs
    from forkmerge.app.scene import Scene
    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.evaluator import Evaluator
    from forkmerge.fitness.records import Recall
    from forkmerge.fitness.required import Duty, Owner, Required
    from forkmerge.git.repository import Repository
    from forkmerge.recombination.adapt import Rename
    from forkmerge.recombination.moving import Move
    from forkmerge.recombination.rewording import Rewording
    from forkmerge.report.events import Progress


def measured(
    trees: Mapping[Owner, str],
    names: Mapping[Owner, str],
    times: int,
    runs: Runs,
    recall: Recall,
    progress: Progress,
) -> dict[Owner, tuple[SuiteRun, ...]]:
    """Return ``times`` runs of the suite of each parent in ``trees``; raises MissingTool where one can't even start."""
    out: dict[Owner, tuple[SuiteRun, ...]] = {}
    for owner, tree in trees.items():
        label = {"ours": "fork", "theirs": "upstream"}.get(owner) or names[owner]
        progress.update(events.PhaseStarted("running the parents' own tests", label))
        runs.label = label
        progress.update(events.EvaluationStarted(label))
        began = time.monotonic()
        found = measure(tree, run=runs, recall=recall, times=times, reverse=runs.setting.runner.selects)
        out[owner] = found
        good = sum(r.status.good for r in found[0].results)
        bad, seconds = len(found[0].results) - good, time.monotonic() - began
        verdict = Verdict.GOOD if found[0].status is RunStatus.COMPLETED else Verdict.BROKEN
        progress.update(events.EvaluationFinished(label, verdict, good, bad, seconds, own=True))
        if found[0].status is RunStatus.UNVERIFIED:
            raise testing.not_run(label, runs.setting, last_words(found[0]))
        if not good:
            progress.update(events.Remark(nothing_passed(label, found[0]), warning=True))
    return out


def renamed(repo: Repository, seen: Scene, given: tuple[str, ...], progress: Progress) -> dict[str, str]:
    """Return old and new names of the packages that one of the sides renamed."""
    out: dict[str, str] = {}
    for revision, entries, other in (
        (seen.scenario.ours, seen.ours, "upstream"),
        (seen.scenario.theirs, seen.theirs, "fork"),
    ):
        moved = {old: r.new for old, r in renames(repo, seen.scenario.base.tree, revision.tree).items()}
        found = renamed_packages(seen.base, entries, moved, given)
        for old, new in found.items():
            progress.update(events.Remark(f"the {other}'s tests are asked with {old} read as {new}"))
        out |= found
    return out


def new_names(repo: Repository, seen: Scene, given: tuple[str, ...], progress: Progress) -> tuple[Rename, ...]:
    """Return what a side renamed in a module, where the other side's tests say the old name."""
    from forkmerge.app.adaptation import renames_of  # noqa: PLC0415 - loads the parser

    found = of_modules(renames_of(seen.homologies), given)
    said = []
    for rename in found:
        tests = tests_of(seen.theirs if rename.side == "ours" else seen.ours, given)
        texts = (repo.read(entry.oid) for path, entry in tests.items() if path.endswith(".py"))
        if any(with_new_names(text, (rename,)) != text for text in texts):
            side = "upstream" if rename.side == "ours" else "fork"
            progress.update(events.Remark(f"the {side}'s tests are asked with {rename.old} read as {rename.new}"))
            said.append(rename)
    return tuple(said)


def new_places(repo: Repository, seen: Scene, given: tuple[str, ...], progress: Progress) -> tuple[Move, ...]:
    """Return what a side moved to another module, where the other side's tests import it from the old one."""
    said = []
    for move in seen.moves:
        if is_test(move.path, given) or tops((move.path,), given).isdisjoint(
            tops(seen.ours if move.side == "ours" else seen.theirs, given)
        ):
            continue  # a whole package with another name is read anew as such
        tests = tests_of(seen.theirs if move.side == "ours" else seen.ours, given)
        texts = ((path, repo.read(entry.oid)) for path, entry in tests.items() if path.endswith(".py"))
        if any(following(path, text, (move,)) != text for path, text in texts):
            side = "upstream" if move.side == "ours" else "fork"
            progress.update(events.Remark(f"the {side}'s tests are asked with {move}"))
            said.append(move)
    return tuple(said)


def new_words(
    seen: Scene, required: Required, source: Callable[[Duty], bytes], progress: Progress
) -> dict[Rewording, tuple[str, ...]]:
    """Return what a side reworded, with the required tests of the other side that say the old words in ``source``."""
    out = {}
    for found in seen.rewordings:
        duties = [duty for duty in required.duties if duty.owner in ("ours", "theirs") and duty.owner != found.side]
        if tests := tuple(str(duty.test) for duty in duties if asks(source(duty), found)):
            side = "upstream" if found.side == "ours" else "fork"
            progress.update(events.Remark(f"{len(tests)} of the {side}'s tests are asked with {found}"))
            out[found] = tests
    return out


def crossed(
    evaluate: Evaluator[Candidate], asked: tuple[Pair, ...], found: Found, label: Callable[[str], None]
) -> tuple[Required, Asked]:
    """Return the duties that are left when each side's tests have met the other side's code.

    And the sides and test files that can't be collected there: files of which the other side has one of its own stand
    merged in an offspring, and may well be collected then.  ``label`` is told whose code is tested.
    """
    seen = found.scene
    failing: dict[Owner, frozenset[str]] = {}
    uncollectable = {(e.owner, path) for e in found.elders for path in e.merged}
    label("upstream")
    theirs = evaluate.evaluate(seen.scenario.theirs.tree)
    met = [(e.owner, e.entries, seen.theirs, theirs) for e in found.elders]
    label("fork")
    met.append(("theirs", seen.theirs, seen.ours, evaluate.evaluate(seen.scenario.ours.tree)))
    for owner, mine, others, evaluation in met:
        failing[owner] = evaluation.failed
        if evaluation.status == "broken":
            uncollectable.add((owner, ""))
        elif (run := evaluation.run(owner)) is not None:
            unread = uncollected_files(run)
            uncollectable |= {(owner, p) for p in unread if others.get(p) not in (None, mine.get(p))}
    left = joined(without_outdated(asked, failing, frozenset(uncollectable)))
    tests = {(d.owner, path) for d in left.duties for path in (d.test.file, "")}
    return left, frozenset(uncollectable & tests)


def as_merged(
    found: Found, required: Required, uncollectable: Asked, runs: Runs, recall: Recall, progress: Progress
) -> Required:
    """Return what is left of ``required`` when the tests of ``uncollectable`` are asked as an offspring has them."""
    if not uncollectable:
        return required
    found.materialise = replace(found.materialise, merged=uncollectable)
    runs.label = "merged tests"
    tree = found.materialise.plain(Genotype(default(found.scene.loci)))
    merged = recall.get(tree, None, Purpose.SUITE)
    if merged is None:
        merged = runs(tree, None, Purpose.SUITE)
        recall.put(tree, None, Purpose.SUITE, merged)
    names = {e.owner: _name_of(e) for e in found.elders}
    for owner, path in sorted(uncollectable):
        progress.update(events.Remark(_uncollectable(names, owner, path), warning=not path))
    return in_merged(required, uncollectable, merged)


def _name_of(elder: Elder) -> str:
    return "fork" if elder.owner == "ours" else elder.revision.name


def _uncollectable(names: Mapping[Owner, str], owner: str, path: str) -> str:
    side = names.get(owner, "upstream")
    other = "upstream" if owner in names else "fork"
    if path:
        return f"the {side}'s {path} can't be collected on the {other}'s code: its tests are asked as merged"
    return (
        f"none of the {side}'s test files can be collected on the {other}'s code, so its tests are asked in the "
        "merged test tree"
    )


def idle(required: Required, measured: Mapping[Owner, tuple[SuiteRun, ...]]) -> frozenset[Owner]:
    """Return the owners of whom nothing is required, because nothing could be run on their own parent."""
    asked = {duty.owner for duty in required.duties}
    return frozenset(o for o, runs in measured.items() if o not in asked and not _ran(runs[0]))


def _ran(run: SuiteRun) -> bool:
    return run.status is RunStatus.COMPLETED and run.collected != 0


def nothing_to_keep(measured: Mapping[Owner, tuple[SuiteRun, ...]]) -> UnusableInput:
    """Return the error for parents of which no test passes."""
    words = next((w for runs in measured.values() if (w := last_words(runs[0]))), "")
    return UnusableInput(
        "no test passes on the fork or on the upstream, so nothing could be measured"
        + (f"; the run ended with: {words}" if words else ""),
        hint=advice(words) or "run the test command in each of them first; --test gives another one",
    )
