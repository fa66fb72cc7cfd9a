"""The tests of both sides on a merge, and the edits that collide where one breaks.

    both sides' own suites -> what they oblige the merge to -> the merge with each side's tests -> what broke: confirmed
    alone, left out where the other side superseded it -> the culprits of each distinct failure

Invariants: a test that was not seen to pass in the merge is broken, flaky or could not be verified, never counted as
holding; nothing but objects and the ledger is written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.app import testing
from forkmerge.app.check_blame import Blaming, Told
from forkmerge.app.check_committed import Committed
from forkmerge.app.check_crossed import crossed
from forkmerge.app.check_culprits import Culprits
from forkmerge.app.check_places import OfSides, broken_test
from forkmerge.app.clock import Clock
from forkmerge.app.duties import Parents, duties, in_merged, outdated, texts
from forkmerge.app.landscape import Candidate, Materialiser
from forkmerge.app.runs import Runs, wished
from forkmerge.app.scene import scene
from forkmerge.app.stopping import stopping
from forkmerge.errors import Interrupted, MissingTool
from forkmerge.execution import folders
from forkmerge.fitness.evaluator import Evaluator
from forkmerge.fitness.ledger import Ledger, ledger_path
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.parents import measure, suite_seconds, tests_seen
from forkmerge.fitness.records import Purpose
from forkmerge.model.finding import Severity
from forkmerge.model.outcome import RunStatus
from forkmerge.report import events
from forkmerge.report.check import Behaviour, CheckedTest, TestsReport, finding
from forkmerge.report.values import Owner as ReportOwner
from forkmerge.report.values import RunReport, SandboxReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.app.check import CheckRequest
    from forkmerge.app.check_merge import Checked
    from forkmerge.app.check_places import Placed
    from forkmerge.app.scene import Scene
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.records import Recall
    from forkmerge.fitness.required import Duty, Owner, Required
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.report.check import CheckFinding
    from forkmerge.report.events import Progress

_SIDES: dict[str, str] = {"ours": "head", "theirs": "target"}


@dataclass(slots=True)
class Tested:
    """What the tests said; filled in as it goes, so that a run that is cut short has a report too."""

    behaviour: Behaviour = Behaviour.UNVERIFIED
    report: TestsReport | None = None
    findings: list[CheckFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False


def tested(repo: Repository, merged: Checked, request: CheckRequest, progress: Progress, started: float) -> Tested:
    """Return what the tests of both sides say of the merge; raises UsageError where no test command can be found."""
    found = Tested()
    if merged.merge.tree in (merged.scenario.ours.tree, merged.scenario.theirs.tree) and not merged.merge.committed:
        found.behaviour = Behaviour.UNTESTED
        found.notes.append("behaviour: the merge is one of the sides as it is, so no tests were run")
        return found
    if not merged.merge.clean:
        found.notes.append("behaviour: a merge with conflicts can't be run; its tests were not verified")
        return found
    work = _Testing(repo, merged, request, progress, Clock(request.settings.time, started), found)
    with stopping(work.stop, work.clock.limit):
        try:
            work.run()
            work.clock.ended = True
        except (KeyboardInterrupt, Interrupted):
            work.clock.ended = True
            found.interrupted = not work.clock.up
            found.notes.append("behaviour: the run was interrupted" if found.interrupted else _TIME_UP)
        except MissingTool as missing:
            hint = f" ({missing.hint})" if missing.hint else ""
            found.notes.append(f"behaviour: {missing.message}{hint}")
    return found


_TIME_UP = "behaviour: the time was up before all tests were verified"


@dataclass(slots=True)
class _Testing:
    """One run of the dynamic part."""

    repo: Repository
    merged: Checked
    request: CheckRequest
    progress: Progress
    clock: Clock
    found: Tested
    runs: Runs | None = None

    def stop(self) -> None:
        """Have what is running killed."""
        if self.runs is not None:
            self.runs.stop()

    def run(self) -> None:
        """Fill in ``found``."""
        settings = self.request.settings
        self.progress.update(events.PhaseStarted("reading", "both sides"))
        seen = scene(self.repo, self.merged.scenario, allowed=settings.allowed, adapt=False)
        used = testing.setting(self.repo, seen.ours, settings, os.environ)
        self.found.notes += [f"behaviour: {words}" for words in used.left_out]
        ledger = Ledger.open(ledger_path(str(self.repo.common_dir)))
        recall = testing.recall(ledger, used, settings, os.environ)
        jobs = settings.jobs or min(4, os.cpu_count() or 1)
        try:
            with Runs(
                self.repo,
                used,
                jobs=jobs,
                base=folders.base(os.environ),
                progress=self.progress,
                over=self.clock.over,
                cluster=settings.cluster,
            ) as runs:
                self.runs = runs
                runs.limits = wished(runs.limits, settings)
                try:
                    self._judge(seen, runs, recall, jobs)
                finally:
                    self.found.notes += [f"behaviour: {words}" for words in (runs.elsewhere, runs.unmet) if words]
        finally:
            ledger.close()

    def _judge(self, seen: Scene, runs: Runs, recall: Recall, jobs: int) -> None:
        settings = self.request.settings
        parents = self._parents(seen, runs, recall)
        required, changes = duties(parents, self.repo.read, settings.test_paths)
        self._report(required, parents, runs, None)
        if not required.duties:
            self.found.notes.append("behaviour: no test passes on either side, so nothing could be verified")
            return
        both = (*parents.ours_runs, *parents.theirs_runs)
        runs.limits = replace(wished(limits_for(both), settings), usual=tests_seen(both))
        materialise = Materialiser(
            self.repo, [seen.loci], seen.ours, seen.theirs, seen.scenario.ours.tree, settings.test_paths
        )
        seconds = suite_seconds(parents.ours_runs, parents.theirs_runs)
        trees: dict[Owner, str] = {"ours": seen.scenario.ours.tree, "theirs": seen.scenario.theirs.tree}

        asking: list[Evaluator[Candidate]] = []

        def evaluator(needed: Required, made: Materialiser) -> Evaluator[Candidate]:
            selects = runs.setting.runner.selects
            asking.append(Evaluator(made, runs, recall, needed, trees, seconds, selects=selects, jobs=jobs))
            return asking[-1]

        evaluate = evaluator(required, materialise)
        self.progress.update(events.PhaseStarted("both sides' tests on the merge"))
        runs.label = "merge"
        tree = self.merged.merge.tree
        evaluation = evaluate.evaluate(tree)
        self._report(required, parents, runs, evaluation)
        if evaluation.failed:
            self.progress.update(events.PhaseStarted("each side's tests on the other side's code"))
            failing, uncollectable = crossed(evaluate, evaluation, seen)
            left = outdated(required, changes, failing, uncollectable)
            asked = {(d.owner, path) for d in left.duties for path in (d.test.file, "")}
            merged = uncollectable & asked
            if merged:
                runs.label = "merged tests"
                run = recall.get(tree, None, Purpose.SUITE)
                if run is None:
                    run = runs(tree, None, Purpose.SUITE)
                    recall.put(tree, None, Purpose.SUITE, run)
                materialise = replace(materialise, merged=merged)
                left = in_merged(left, merged, run)
            if merged or left != required:
                required = left
                evaluate = evaluator(required, materialise)
                runs.label = "merge"
                evaluation = evaluate.evaluate(tree)
        self._report(required, parents, runs, evaluation, cost=sum(e.counters.equivalents for e in asking))
        if evaluation.failed:
            source = texts(parents, self.repo.read, settings.test_paths)
            known = {str(d): d for d in required.duties}
            told = Told(lambda key: source(known[key]), settings.test_paths)
            probes = self._culprits(seen, evaluation, asking, told, lambda found: evaluator(required, found))
            cost = sum(e.counters.equivalents for e in asking)
            self._report(required, parents, runs, evaluation, probes=probes, cost=cost)

    def _culprits(
        self,
        seen: Scene,
        evaluation: Evaluation,
        asking: list[Evaluator[Candidate]],
        told: Told,
        evaluator: Callable[[Materialiser], Evaluator[Candidate]],
    ) -> int:
        """Add a finding for each distinct failure, with its culprits where they are found; return the probes.

        ``asking`` are all evaluators so far, the last one that of the merge; ``evaluator`` makes another one.
        """
        settings = self.request.settings
        self.progress.update(
            events.PhaseStarted("looking for the edits that collide", f"{len(evaluation.failed)} failures")
        )
        if self.runs is not None:
            self.runs.label = "probe"
        before = sum(e.counters.equivalents for e in asking)

        def may_go_on() -> bool:
            return sum(e.counters.equivalents for e in asking) - before <= float(settings.budget)

        blamer: Blaming | Committed = Blaming(seen.loci, asking[-1].evaluate, may_go_on, told)
        placed: Placed = OfSides(seen)
        if self.merged.merge.committed:
            tree = self.merged.merge.tree
            placed = blamer = Committed(self.repo, seen, tree, told, evaluator, may_go_on)
        culprits = Culprits(blamer, partial(broken_test, seen, placed), lambda: self.clock.up)
        messages = dict(evaluation.messages)
        culprits.look({duty: messages.get(duty, "") for duty in evaluation.failed})
        self.found.findings += culprits.findings
        self.found.interrupted |= culprits.interrupted
        if culprits.end:
            self.found.notes.append(f"the culprits of some failures, as {culprits.end}")
        return blamer.probes

    def _parents(self, seen: Scene, runs: Runs, recall: Recall) -> Parents:
        measured: list[tuple[SuiteRun, ...]] = []
        for label, tree in (("head", seen.scenario.ours.tree), ("target", seen.scenario.theirs.tree)):
            self.progress.update(events.PhaseStarted("running the sides' own tests", label))
            runs.label = label
            times = self.request.settings.runs
            found = measure(tree, run=runs, recall=recall, times=times, reverse=runs.setting.runner.selects)
            measured.append(found)
            lines = [line.strip() for line in found[0].tail.splitlines() if line.strip()]
            if found[0].status is RunStatus.UNVERIFIED:
                raise testing.not_run(label, runs.setting, lines[-1] if lines else "")
            if not _came_to_its_end(found[0]):
                said = f" ({lines[-1]})" if lines else ""
                self.found.notes.append(f"behaviour: the tests of {label} end badly on {label} itself{said}")
        return Parents(seen.base, seen.ours, seen.theirs, measured[0], measured[1])

    # -- what is said ----------------------------------------------------------------------------------------------

    def _report(
        self,
        required: Required,
        parents: Parents,
        runs: Runs,
        evaluation: Evaluation | None,
        *,
        probes: int = 0,
        cost: float = 0.0,
    ) -> None:
        """Set the report to what is known now; before the merge was run nothing of it is verified."""
        states: dict[Duty, Behaviour] = {}
        messages = dict(evaluation.messages) if evaluation is not None else {}
        for duty in required.duties:
            states[duty] = _state(str(duty), evaluation)
        counts = {state: sum(s is state for s in states.values()) for state in Behaviour}
        shown = [
            CheckedTest(str(d.test), _SIDES[d.owner], s, messages.get(str(d), ""))
            for d, s in states.items()
            if s is not Behaviour.HOLDS
        ]
        flaky = [
            CheckedTest(str(d.test), _SIDES[d.owner], Behaviour.FLAKY, "answers differently on its own side")
            for d in required.advisory
        ]
        used = runs.setting
        self.found.report = TestsReport(
            used.command.text,
            used.runner.name,
            len(states),
            counts[Behaviour.HOLDS],
            counts[Behaviour.BROKEN],
            counts[Behaviour.FLAKY] + len(flaky),
            counts[Behaviour.UNVERIFIED],
            tuple(
                _run_report(owner, found, flaky=sum(d.owner == owner for d in required.advisory))
                for owner, found in (("ours", parents.ours_runs), ("theirs", parents.theirs_runs))
            ),
            SandboxReport(
                used.backend.name,
                {"bubblewrap": "full"}.get(used.backend.name, used.backend.name),
                used.backend.describe(),
            ),
            tuple(sorted([*shown, *flaky], key=lambda t: (t.owner, t.test))),
            probes,
            round(cost, 2),
        )
        if counts[Behaviour.BROKEN]:
            self.found.behaviour = Behaviour.BROKEN
        elif counts[Behaviour.UNVERIFIED] or not states or not _ran(parents):
            self.found.behaviour = Behaviour.UNVERIFIED
        else:
            self.found.behaviour = Behaviour.HOLDS if counts[Behaviour.HOLDS] else Behaviour.FLAKY


def _ran(parents: Parents) -> bool:
    """Return whether each side's suite came to its end on that side: of one that did not, nothing is verified."""
    return all(_came_to_its_end(runs[0]) for runs in (parents.ours_runs, parents.theirs_runs))


def _came_to_its_end(run: SuiteRun) -> bool:
    """Return whether a run did and there was something to run: not all that was found failed to be collected."""
    return run.status is RunStatus.COMPLETED and not (run.collected == 0 and run.results)


def flaky_findings(report: TestsReport) -> list[CheckFinding]:
    """Return a note for each test that is no evidence."""
    return [
        finding(
            "flaky-test",
            Severity.NOTE,
            f"{t.owner}'s {t.test} is flaky: {t.message or 'it failed and then passed on the same tree'}",
            t.test.partition("::")[0],
            subject=f"{t.owner} {t.test}",
            tests=(t.test,),
        )
        for t in report.tests
        if t.status is Behaviour.FLAKY
    ]


def _state(key: str, evaluation: Evaluation | None) -> Behaviour:
    if evaluation is None:
        return Behaviour.UNVERIFIED
    if key in evaluation.passed:
        return Behaviour.HOLDS
    if key in evaluation.failed:
        return Behaviour.BROKEN
    return Behaviour.FLAKY if key in evaluation.flaky else Behaviour.UNVERIFIED


def _run_report(owner: str, runs: tuple[SuiteRun, ...], *, flaky: int) -> RunReport:
    first = runs[0]
    skipped = sum(r.status == "skipped" for r in first.results)
    passed = sum(r.status.good for r in first.results)
    return RunReport(
        owner,
        ReportOwner(owner),
        str(first.status),
        passed,
        len(first.results) - passed - skipped,
        skipped,
        flaky,
        len(runs),
        round(first.seconds, 2),
        first.tail if first.status != "completed" else "",
    )
