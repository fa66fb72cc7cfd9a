"""The main job: recombine a fork and its upstream, and rank what comes out by the tests of both.

    scenario -> git's own merge -> scene (structured merge, loci) -> the parents' suites -> duties
             -> search: offspring chosen by what failed -> confirmation of the best -> proposals, kept as refs

Invariants: the repository's branches, index and work tree are not touched; the parents and the merges are always among
what is ranked; what was evaluated is in the ledger before the next thing is asked, so a killed run loses nothing.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Literal

from forkmerge.app import testing
from forkmerge.app.behaviour import TreeBehaviour
from forkmerge.app.confirming import confirm
from forkmerge.app.duties import in_merged
from forkmerge.app.elders import Elder, joined, pairs, without_outdated
from forkmerge.app.holdout import split
from forkmerge.app.landscape import Candidate, Genotype, Materialiser, landscape
from forkmerge.app.reaches import Reaches
from forkmerge.app.renamed import renamed_packages
from forkmerge.app.runs import Runs, wished
from forkmerge.app.scene import Scene, scene
from forkmerge.app.stopping import stopping
from forkmerge.app.summary import Found, empty, summary
from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.execution import folders
from forkmerge.fitness.evaluator import Evaluation, Evaluator
from forkmerge.fitness.ledger import Ledger, ledger_path
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.observed import uncollected_files
from forkmerge.fitness.parents import measure, suite_seconds
from forkmerge.fitness.records import Purpose
from forkmerge.fitness.verdicts import search_verdict
from forkmerge.git.mergetree import git_merge
from forkmerge.git.renames import renames
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.merge.rules import allowed_for
from forkmerge.model.outcome import RunStatus, SuiteRun
from forkmerge.recombination.genome import default
from forkmerge.report import events
from forkmerge.report.values import HeldOut, Verdict
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.diverse import Diverse, Wanted
from forkmerge.search.landscape import Refiner
from forkmerge.search.protocol import Answer, Budget, Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.app.elders import Pair
    from forkmerge.app.request import ProposeRequest
    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.records import Recall
    from forkmerge.fitness.required import Duty, Owner, Required
    from forkmerge.git.mergetree import GitMerge
    from forkmerge.model.revision import Scenario
    from forkmerge.report.events import Progress
    from forkmerge.report.values import Proposals
    from forkmerge.search.protocol import Landscape

_START = 0.05
"""What starting a run of a few tests counts, in suites: told in tests and not in seconds, so that the same seed asks
the same questions on a busy machine."""

_HOPELESS = 3
"""After so many questions in a row that could not be verified the search ends: this machine can't run the tests."""


def propose(request: ProposeRequest, progress: Progress) -> Proposals:
    """Return the ranked proposals, kept under ``refs/forkmerge/``.

    Raises UnusableInput, MissingTool or UsageError where no run is possible; an interruption ends the search and gives
    what was found until then (``interrupted``).
    """
    from forkmerge.app.store import save  # noqa: PLC0415 - needed at the end

    started = time.monotonic()
    with Repository.open(request.repository) as repo:
        if request.others:
            from forkmerge.app.folding import Folding  # noqa: PLC0415 - only for several upstreams

            def step(asked: ProposeRequest, elders: tuple[Elder, ...], merge: GitMerge | None) -> Proposing:
                return Proposing(repo, asked, progress, started, elders=elders, merge=merge)

            return Folding(repo, request, progress, step, lambda made: save(repo, made)).run()
        scenario = resolve(repo, request.fork, request.upstream)
        reason = _nothing_to_do(scenario)
        if reason:
            return empty(scenario, reason)
        proposing = Proposing(repo, request, progress, started)
        found = proposing.guarded(scenario)
        if found is not None and found.evaluations:
            return save(repo, summary(found))
        reason = "it was interrupted" if proposing.interrupted else "the time was up"
        reason += " before an offspring was tested; what ran is kept, and the next run goes on from it"
        return replace(
            empty(scenario, reason), complete=False, interrupted=proposing.interrupted, seed=request.settings.seed
        )


@dataclass(slots=True)
class Proposing:
    """One run of ``propose``: what it knows so far.

    ``elders`` are those whose tests are required beside upstream's (none: the fork alone), ``merge`` is git's own merge
    where that is not the one of the scenario.
    """

    repo: Repository
    request: ProposeRequest
    progress: Progress
    started: float
    interrupted: bool = False
    out_of_time: bool = False
    elders: tuple[Elder, ...] = ()
    merge: GitMerge | None = None
    labels: dict[Candidate, str] = field(default_factory=dict)
    runs: Runs | None = None

    def stop(self) -> None:
        """Have what is running killed."""
        if self.runs is not None:
            self.runs.stop()

    def guarded(self, scenario: Scenario) -> Found | None:
        """Return what ``run`` does; a signal ends it with what was found until then."""
        with stopping(self.stop):
            return self.run(scenario)

    def run(self, scenario: Scenario) -> Found | None:
        """Return what was found, None when it was stopped before there was anything to compare with."""
        settings = self.request.settings
        self._phase("reading", f"{scenario.ours.name} and {scenario.theirs.name}")
        merge = self.merge or git_merge(self.repo, scenario)
        seen = scene(self.repo, scenario, allowed=allowed_for(self.request.settings.risk))
        used = testing.setting(self.repo, seen.ours, settings, os.environ)
        for words in used.left_out:
            self.progress.update(events.Remark(words, warning=True))
        ledger = Ledger.open(ledger_path(str(self.repo.common_dir)))
        for note in ledger.notes:
            self.progress.update(events.Remark(note, warning=True))
        recall = testing.recall(ledger, used, settings, os.environ)
        jobs = settings.jobs or min(4, os.cpu_count() or 1)
        base = folders.base(os.environ)
        try:
            told, over, cluster = self.progress, self._over, settings.cluster
            with Runs(self.repo, used, jobs=jobs, base=base, progress=told, over=over, cluster=cluster) as runs:
                self.runs = runs
                runs.limits = wished(runs.limits, settings)
                runs.reach = settings.coverage
                found = self._search(seen, merge, runs, recall, jobs)
                if found is not None:
                    found.fetched = ledger.fetched
                    found.elsewhere = runs.elsewhere
                return found
        finally:
            ledger.close()

    def _search(self, seen: Scene, merge: GitMerge, runs: Runs, recall: Recall, jobs: int) -> Found | None:
        settings = self.request.settings
        given = settings.test_paths
        elders = self.elders or (Elder("ours", seen.scenario.ours, seen.ours, seen.base),)
        trees: dict[Owner, str] = {e.owner: e.revision.tree for e in elders} | {"theirs": seen.scenario.theirs.tree}
        try:
            measured = self._parents(trees, {e.owner: e.revision.name for e in elders}, runs, recall)
        except (KeyboardInterrupt, Interrupted):
            self.interrupted = not self.out_of_time
            return None
        asked = pairs(elders, seen.theirs, measured, self.repo.read, given)
        required = joined(asked)
        if not required.duties:
            raise _nothing_to_keep(measured)
        runs.limits = wished(limits_for(tuple(run for runs in measured.values() for run in runs)), settings)
        runs.limits = replace(runs.limits, vital=frozenset(duty.test.file for duty in required.duties))
        materialise = Materialiser(
            self.repo, [seen.loci], seen.ours, seen.theirs, seen.scenario.ours.tree, given,
            tests={e.owner: e.entries for e in elders}, renamed=self._renamed(seen), idle=_idle(required, measured),
        )  # fmt: skip
        seconds = suite_seconds(*measured.values())

        def evaluator(needed: Required) -> Evaluator[Candidate]:
            return Evaluator(
                found.materialise, runs, recall, needed, trees, seconds, selects=runs.setting.runner.selects, jobs=jobs,
                seen=found.reaches.learn,
            )  # fmt: skip

        found = Found(
            request=self.request,
            repo=self.repo,
            scene=seen,
            merge=merge,
            setting=runs.setting,
            runs=measured,
            elders=elders,
            required=required,
            materialise=materialise,
            reaches=Reaches.of(measured),
        )
        first = evaluator(required)
        found.required = required
        try:
            required, uncollectable = self._without_outdated(first, asked, found, runs)
            if uncollectable:
                materialise = replace(materialise, merged=uncollectable)
                found.materialise = materialise
                runs.label = "merged tests"
                tree = materialise.plain(Genotype(default(seen.loci)))
                merged = recall.get(tree, None, Purpose.SUITE)
                if merged is None:
                    merged = runs(tree, None, Purpose.SUITE)
                    recall.put(tree, None, Purpose.SUITE, merged)
                required = in_merged(required, uncollectable, merged)
                names = {e.owner: _told(e) for e in elders}
                for owner, path in sorted(uncollectable):
                    self.progress.update(events.Remark(_uncollectable(names, owner, path), warning=not path))
            found.uncollectable = uncollectable
            whole = required
            required, hidden = split(whole, self.request.hold_out, settings.seed)
            found.required = required
            evaluate = evaluator(required)
            self._explore(found, evaluate, required, merge, seen, runs)
            self._confirm(found, evaluate, runs)
            if hidden:
                self._score(found, evaluator(whole), hidden)
        except (KeyboardInterrupt, Interrupted):
            self.interrupted = not self.out_of_time
            runs.close()
        found.required = required
        found.counters = first.counters
        found.interrupted, found.out_of_time = self.interrupted, self.out_of_time
        found.seconds = time.monotonic() - self.started
        return found

    # -- the parents -----------------------------------------------------------------------------------------------

    def _parents(
        self, trees: Mapping[Owner, str], names: Mapping[Owner, str], runs: Runs, recall: Recall
    ) -> dict[Owner, tuple[SuiteRun, ...]]:
        times = self.request.settings.runs
        measured: dict[Owner, tuple[SuiteRun, ...]] = {}
        for owner, tree in trees.items():
            label = {"ours": "fork", "theirs": "upstream"}.get(owner) or names[owner]
            self._phase("running the parents' own tests", label)
            runs.label = label
            self.progress.update(events.EvaluationStarted(label))
            began = time.monotonic()
            found = measure(tree, run=runs, recall=recall, times=times, reverse=runs.setting.runner.selects)
            measured[owner] = found
            good = sum(r.status.good for r in found[0].results)
            verdict = Verdict.GOOD if found[0].status is RunStatus.COMPLETED else Verdict.BROKEN
            self.progress.update(
                events.EvaluationFinished(
                    label, verdict, good, len(found[0].results) - good, time.monotonic() - began, cached=False
                )
            )
            if found[0].status is RunStatus.UNVERIFIED:
                raise testing.not_run(label, runs.setting, _last_words(found[0]))
        return measured

    def _renamed(self, seen: Scene) -> dict[str, str]:
        """Return old and new names of the packages that one of the sides renamed."""
        out: dict[str, str] = {}
        for revision, entries, other in (
            (seen.scenario.ours, seen.ours, "upstream"),
            (seen.scenario.theirs, seen.theirs, "fork"),
        ):
            moved = {old: r.new for old, r in renames(self.repo, seen.scenario.base.tree, revision.tree).items()}
            found = renamed_packages(seen.base, entries, moved, self.request.settings.test_paths)
            for old, new in found.items():
                self.progress.update(events.Remark(f"the {other}'s tests are asked with {old} read as {new}"))
            out |= found
        return out

    def _without_outdated(
        self, evaluate: Evaluator[Candidate], asked: tuple[Pair, ...], found: Found, runs: Runs
    ) -> tuple[Required, Asked]:
        """Return the duties that are left when each side's tests have met the other side's code.

        And the sides and test files that can't be collected there: files of which the other side has one of its own
        stand merged in an offspring, and may well be collected then.
        """
        self._phase("each side's tests on the other side's code")
        seen = found.scene
        failing: dict[Owner, frozenset[str]] = {}
        uncollectable = {(e.owner, path) for e in found.elders for path in e.merged}
        runs.label = "upstream"
        theirs = evaluate.evaluate(seen.scenario.theirs.tree)
        crossed = [(e.owner, e.entries, seen.theirs, theirs) for e in found.elders]
        runs.label = "fork"
        crossed.append(("theirs", seen.theirs, seen.ours, evaluate.evaluate(seen.scenario.ours.tree)))
        for owner, mine, others, evaluation in crossed:
            failing[owner] = evaluation.failed
            if evaluation.status == "broken":
                uncollectable.add((owner, ""))
            elif (run := evaluation.run(owner)) is not None:
                unread = uncollected_files(run)
                uncollectable |= {(owner, p) for p in unread if others.get(p) not in (None, mine.get(p))}
        left = joined(without_outdated(asked, failing, frozenset(uncollectable)))
        tests = {(d.owner, path) for d in left.duties for path in (d.test.file, "")}
        return left, frozenset(uncollectable & tests)

    # -- the search ------------------------------------------------------------------------------------------------

    def _explore(
        self,
        found: Found,
        evaluate: Evaluator[Candidate],
        required: Required,
        merge: GitMerge,
        seen: Scene,
        runs: Runs,
    ) -> None:
        settings = self.request.settings
        given = settings.test_paths
        tests = frozenset(str(d) for d in required.duties)
        merged = found.uncollectable
        view = landscape(seen.loci, given, tests, merged, found.reaches)
        several = len(found.elders) > 1
        self.labels |= {Genotype(view.ours): seen.scenario.ours.name if several else "fork"}
        self.labels |= {Genotype(view.theirs): seen.scenario.theirs.name if several else "upstream"}
        self.labels.setdefault(Genotype(view.default), "structured merge")
        refiner = Refiner(
            seen.loci,
            read=lambda entry: self.repo.read(entry.oid),
            view=lambda split: landscape(split, given, tests, merged, found.reaches),
        )
        found.materialise.maps = refiner.maps
        budget = Budget(settings.budget, float(settings.budget))
        strategy = self._strategy(found, view, budget, refiner)
        found.landscape = view
        if merge.clean and merge.tree is not None:
            self.labels[merge.tree] = "git's merge"
            found.git = self._evaluate(found, evaluate, merge.tree, None, runs)
        elif self.request.wholesale:
            self._wholesale(found, evaluate, merge, seen, runs)
        for elder in found.elders[: len(found.elders) * several]:  # each parent is ranked, not their offspring alone
            self.labels[elder.revision.tree] = elder.revision.name
            self._evaluate(found, evaluate, elder.revision.tree, None, runs)
        self._phase("searching", f"{len(seen.loci.loci)} loci")
        while True:
            asked = strategy.ask()
            if asked is None:
                break
            for query in (asked,) if isinstance(asked, Query) else asked:
                candidate = Genotype(query.genome, query.generation)
                self._look_ahead(strategy, evaluate, runs)
                evaluation = self._evaluate(found, evaluate, candidate, query.tests, runs)
                cost = _cost(query, len(tests), selects=runs.setting.runner.selects)
                strategy.tell(query, replace(search_verdict(evaluation), cost=cost))
                found.unverified = found.unverified + 1 if evaluation.status == "unverified" else 0
            found.answer = self._answer(strategy)
            if found.unverified >= _HOPELESS:
                return  # what keeps the tests from running here will keep the next ones too
        found.answer = self._answer(strategy)
        found.exhausted = isinstance(strategy, Diverse) and strategy.exhausted
        if Genotype(view.default) not in found.evaluations:  # what the search can do without, the reader can't
            self._evaluate(found, evaluate, Genotype(view.default), None, runs)

    def _look_ahead(self, strategy: ConflictDriven, evaluate: Evaluator[Candidate], runs: Runs) -> None:
        """Begin with what the search is likely to ask next, where workers have nothing to do: its answers stay."""
        if runs.idle > 1:  # one is for what is asked now
            ahead = [(Genotype(query.genome, query.generation), query.tests) for query in strategy.ahead()]
            runs.begin(run for candidate, tests in ahead for run in evaluate.foresee(candidate, tests))

    def _strategy(self, found: Found, view: Landscape, budget: Budget, refiner: Refiner) -> ConflictDriven:
        rng, wanted = Random(self.request.settings.seed), self.request.diverse  # noqa: S311 - no secret
        if wanted == 1:
            return ConflictDriven(view, budget, rng, refine=refiner)
        behaviour = TreeBehaviour(found.materialise, self.request.settings.test_paths)
        return Diverse(view, budget, rng, wanted=Wanted(wanted, behaviour), refine=refiner)

    def _wholesale(
        self, found: Found, evaluate: Evaluator[Candidate], merge: GitMerge, seen: Scene, runs: Runs
    ) -> None:
        """Test what people do with git's conflicts when they are in a hurry: one side for all of them."""
        from forkmerge.app.wholesale import wholesale  # noqa: PLC0415 - only where it is asked for

        favors: tuple[Literal["ours", "theirs"], ...] = ("ours", "theirs")
        for favor in favors:
            tree = wholesale(self.repo, seen.scenario, merge, favor)
            if tree is not None:
                self._phase("git's merge with its conflicts resolved to one side", favor)
                runs.label = f"git -X {favor}"
                found.wholesale.append((favor, tree, evaluate.evaluate(tree)))

    def _answer(self, strategy: ConflictDriven) -> Answer | None:
        try:
            return strategy.answer()
        except IndexError:
            return None

    def _evaluate(
        self,
        found: Found,
        evaluate: Evaluator[Candidate],
        candidate: Candidate,
        tests: frozenset[str] | None,
        runs: Runs,
    ) -> Evaluation:
        whole = tests is None
        label = self.labels.setdefault(candidate, f"offspring {len(self.labels)}") if whole else "probe"
        runs.label = label
        began = time.monotonic()
        if whole:
            self.progress.update(events.EvaluationStarted(label))
        evaluation = evaluate.evaluate(candidate, tests)
        if whole:
            found.evaluations[candidate] = evaluation
            found.labels[candidate] = label
            self._tell(found, evaluate, label, evaluation, time.monotonic() - began)
        return evaluation

    def _tell(
        self, found: Found, evaluate: Evaluator[Candidate], label: str, evaluation: Evaluation, seconds: float
    ) -> None:
        lost = len(evaluation.failed) + len(evaluation.undecided)
        verdict = {"broken": Verdict.BROKEN, "unverified": Verdict.UNVERIFIED}.get(
            evaluation.status, Verdict.LOSES if lost else Verdict.GOOD
        )
        cached = not evaluation.cost.runs
        self.progress.update(
            events.EvaluationFinished(label, verdict, len(evaluation.passed), lost, seconds, cached=cached)
        )
        if found.fewest is None or lost < found.fewest:
            found.fewest = lost
            self.progress.update(events.BestSoFar(label, lost))
        used = evaluate.counters.evaluations
        found.search_counters = evaluate.counters
        limit = self.request.settings.time
        left = None if limit is None else max(0.0, limit - (time.monotonic() - self.started))
        self.progress.update(events.BudgetUsed(used, self.request.settings.budget, left))

    # -- the end ---------------------------------------------------------------------------------------------------

    def _confirm(self, found: Found, evaluate: Evaluator[Candidate], runs: Runs) -> None:
        """Confirm the best offspring, and every other answer that was asked for."""
        best = found.best()
        if best is None:
            return
        for candidate in dict.fromkeys((best, *found.answers())):
            self._phase("confirming", found.labels.get(candidate, ""))
            runs.label = "confirmation"
            owned = {owner: found.materialise(candidate, owner) for owner in evaluate.owners}
            plain, expected = found.materialise.plain(candidate), found.evaluations[candidate].failed
            found.confirmed[candidate] = confirm(plain, owned, expected, evaluate, runs)

    def _score(self, found: Found, evaluate: Evaluator[Candidate], hidden: tuple[Duty, ...]) -> None:
        """Ask the tests that the search did not know of, of everything that keeps those that it did know."""
        best = found.best()
        self._phase("asking the tests that were held out", f"{len(hidden)}")
        keys = {str(duty) for duty in hidden}
        for candidate in found.ranked():
            if candidate == best or found.fitness(candidate).good:
                said = evaluate.evaluate(candidate)
                decided = keys & (said.passed | said.failed | said.undecided)
                found.held_out[candidate] = HeldOut(len(decided), tuple(sorted(decided - said.passed)))

    def _over(self) -> bool:
        limit = self.request.settings.time
        if limit is not None and time.monotonic() - self.started > limit:
            self.out_of_time = True
        return self.out_of_time

    def _phase(self, name: str, detail: str = "") -> None:
        self.progress.update(events.PhaseStarted(name, detail))


def _cost(query: Query, tests: int, *, selects: bool) -> float:
    """Return what a question counts against the budget, in evaluations of the whole suites."""
    if query.tests is None:
        return 1.0
    if not selects:
        return 0.5 * len({key.partition(":")[0] for key in query.tests})
    return _START + len(query.tests) / max(1, tests)


def _told(elder: Elder) -> str:
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


def _idle(required: Required, measured: Mapping[Owner, tuple[SuiteRun, ...]]) -> frozenset[Owner]:
    """Return the owners of whom nothing is required, because nothing could be run on their own parent."""
    asked = {duty.owner for duty in required.duties}
    return frozenset(o for o, runs in measured.items() if o not in asked and not _ran(runs[0]))


def _ran(run: SuiteRun) -> bool:
    return run.status is RunStatus.COMPLETED and run.collected != 0


def _nothing_to_do(scenario: Scenario) -> str:
    """Return why there is nothing to recombine, "" where there is."""
    ours, theirs = scenario.ours, scenario.theirs
    if theirs.commit in scenario.bases:
        return f"nothing to do: {ours.name} holds everything of {theirs.name}"
    if ours.commit in scenario.bases:
        return f"nothing to recombine: {ours.name} has no commit that {theirs.name} lacks (git merge --ff-only)"
    return ""


def _nothing_to_keep(measured: Mapping[Owner, tuple[SuiteRun, ...]]) -> UnusableInput:
    words = next((w for runs in measured.values() if (w := _last_words(runs[0]))), "")
    return UnusableInput(
        "no test passes on the fork or on the upstream, so nothing could be measured"
        + (f"; the run ended with: {words}" if words else ""),
        hint="run the test command in each of them first; --test gives another one",
    )


def _last_words(run: SuiteRun) -> str:
    lines = [line for line in run.tail.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
