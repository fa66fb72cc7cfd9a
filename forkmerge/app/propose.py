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
from forkmerge.app.clock import Clock
from forkmerge.app.confirming import confirm
from forkmerge.app.costs import cost_of, prices
from forkmerge.app.duties import Parents, texts
from forkmerge.app.elders import Elder, joined, pairs
from forkmerge.app.experience import recalled, remember
from forkmerge.app.found import Found
from forkmerge.app.holdout import score, split
from forkmerge.app.landscape import Candidate, Genotype, Materialiser, landscape
from forkmerge.app.reaches import Reaches
from forkmerge.app.runs import Runs, wished
from forkmerge.app.scene import Scene, scene
from forkmerge.app.sides import (
    as_merged,
    crossed,
    idle,
    measured,
    new_names,
    new_places,
    new_words,
    nothing_to_keep,
    renamed,
)
from forkmerge.app.stopping import stopping
from forkmerge.app.summary import empty, summary
from forkmerge.errors import Interrupted
from forkmerge.execution import folders
from forkmerge.fitness.evaluator import Evaluation, Evaluator
from forkmerge.fitness.ledger import Ledger, ledger_path
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.parents import suite_seconds, tests_seen
from forkmerge.fitness.verdicts import search_verdict
from forkmerge.git.mergetree import git_merge
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.report import events
from forkmerge.report.values import Verdict
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.diverse import Diverse, Wanted
from forkmerge.search.landscape import Refiner
from forkmerge.search.protocol import Answer, Budget, Query

if TYPE_CHECKING:
    from forkmerge.app.request import ProposeRequest
    from forkmerge.fitness.records import Recall
    from forkmerge.fitness.required import Owner, Required
    from forkmerge.git.mergetree import GitMerge
    from forkmerge.model.revision import Scenario
    from forkmerge.report.events import Progress
    from forkmerge.report.values import Proposals
    from forkmerge.search.protocol import Landscape

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
    elders: tuple[Elder, ...] = ()
    merge: GitMerge | None = None
    labels: dict[Candidate, str] = field(default_factory=dict)
    runs: Runs | None = None
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.request.settings.time, self.started)

    def stop(self) -> None:
        """Have what is running killed."""
        if self.runs is not None:
            self.runs.stop()

    def guarded(self, scenario: Scenario) -> Found | None:
        """Return what ``run`` does; a signal, or the end of its time, ends it with what was found until then."""
        with stopping(self.stop, self.clock.limit):
            try:
                return self.run(scenario)
            except KeyboardInterrupt:
                if not self.clock.up:
                    raise
                return None

    def run(self, scenario: Scenario) -> Found | None:
        """Return what was found, None when it was stopped before there was anything to compare with."""
        settings = self.request.settings
        self._phase("reading", f"{scenario.ours.name} and {scenario.theirs.name}")
        merge = self.merge or git_merge(self.repo, scenario)
        seen = scene(self.repo, scenario, allowed=settings.allowed, given=settings.test_paths)
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
            told, over, cluster = self.progress, self.clock.over, settings.cluster
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
        names = {e.owner: e.revision.name for e in elders}
        try:
            parents = measured(trees, names, settings.runs, runs, recall, self.progress)
        except (KeyboardInterrupt, Interrupted):
            self.interrupted = not self.clock.up
            return None
        asked = pairs(elders, seen.theirs, parents, self.repo.read, given)
        required = joined(asked)
        if not required.duties:
            raise nothing_to_keep(parents)
        every = tuple(run for several in parents.values() for run in several)
        vital = frozenset(duty.test.file for duty in required.duties)
        runs.limits = replace(wished(limits_for(every), settings), vital=vital, usual=tests_seen(every))
        source = texts(Parents(seen.base, seen.ours, seen.theirs, (), ()), self.repo.read, given)
        materialise = Materialiser(
            self.repo, [seen.loci], seen.ours, seen.theirs, seen.scenario.ours.tree, given,
            tests={e.owner: e.entries for e in elders}, renamed=renamed(self.repo, seen, given, self.progress),
            names=new_names(self.repo, seen, given, self.progress) if not self.elders else (),
            moves=new_places(self.repo, seen, given, self.progress) if not self.elders else (),
            words=new_words(seen, required, source, self.progress) if not self.elders else {},
            idle=idle(required, parents),
        )  # fmt: skip
        seconds = suite_seconds(*parents.values())

        found = Found(
            request=self.request,
            repo=self.repo,
            scene=seen,
            merge=merge,
            setting=runs.setting,
            runs=parents,
            elders=elders,
            required=required,
            materialise=materialise,
            reaches=Reaches.of(parents),
            experience=recalled(self.repo, parents) if settings.learning else None,
        )
        first = Evaluator(
            materialise, runs, recall, required, trees, seconds, selects=runs.setting.runner.selects, jobs=jobs,
            seen=found.reaches.learn,
        )  # fmt: skip
        found.required = required
        try:
            self._phase("each side's tests on the other side's code")
            required, uncollectable = crossed(first, asked, found, lambda label: setattr(runs, "label", label))
            required = as_merged(found, required, uncollectable, runs, recall, self.progress)
            found.uncollectable = uncollectable
            whole = required
            required, hidden = split(whole, self.request.hold_out, settings.seed)
            found.required = required
            evaluate = first.asking(required, found.materialise)
            self._explore(found, evaluate, required, merge, seen, runs)
            remember(found)
            self._confirm(found, evaluate, runs)
            if hidden:
                self._phase("asking the tests that were held out", f"{len(hidden)}")
                score(found, evaluate.asking(whole, found.materialise), hidden)
            self.clock.ended = True
        except (KeyboardInterrupt, Interrupted):
            self.clock.ended = True
            self.interrupted = not self.clock.up
            runs.close()
        found.required = required
        found.counters = first.counters
        found.interrupted, found.out_of_time = self.interrupted, self.clock.up or self.clock.short
        found.seconds = self.clock.passed
        return found

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
        view = landscape(seen.loci, given, tests, merged, found.reaches, found.experience)
        several = len(found.elders) > 1
        self.labels |= {Genotype(view.ours): seen.scenario.ours.name if several else "fork"}
        self.labels |= {Genotype(view.theirs): seen.scenario.theirs.name if several else "upstream"}
        self.labels.setdefault(Genotype(view.default), "structured merge")
        refiner = Refiner(
            seen.loci,
            read=lambda entry: self.repo.read(entry.oid),
            view=lambda split: landscape(split, given, tests, merged, found.reaches, found.experience),
        )
        found.materialise.maps = refiner.maps
        known = prices(found.runs, len(tests))
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
        plain = Genotype(view.default)
        if view.hints.failing and plain not in found.evaluations:  # the search may refuse it for what a few tests say
            self._evaluate(found, evaluate, plain, None, runs)
        while True:
            asked = strategy.ask()
            if asked is None:
                break
            for query in (asked,) if isinstance(asked, Query) else asked:
                if found.fewest == 0 and not self.clock.leaves(whole=query.tests is None):
                    return
                candidate = Genotype(query.genome, query.generation)
                self._look_ahead(strategy, evaluate, runs)
                evaluation = self._evaluate(found, evaluate, candidate, query.tests, runs, again=query.again)
                cost = cost_of(query, known, selects=runs.setting.runner.selects)
                told = search_verdict(evaluation)  # what was never followed counts as touching all code anyway
                untraced = frozenset(t for t in told.untraced if found.reaches.follows(t))
                strategy.tell(query, replace(told, cost=cost, untraced=untraced))
                found.unverified = found.unverified + 1 if evaluation.status == "unverified" else 0
            found.answer = self._answer(strategy)
            if found.unverified >= _HOPELESS:
                return  # what keeps the tests from running here will keep the next ones too
        found.answer = self._answer(strategy)
        found.spent = found.answer is not None and _spent(found.answer, budget)
        found.exhausted = isinstance(strategy, Diverse) and strategy.exhausted
        if plain not in found.evaluations:  # what the search can do without, the reader can't
            self._evaluate(found, evaluate, plain, None, runs)

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
        *,
        again: bool = False,
    ) -> Evaluation:
        whole = tests is None
        label = self.labels.setdefault(candidate, f"offspring {len(self.labels)}") if whole else "probe"
        runs.label = label
        began = time.monotonic()
        new = whole and candidate not in found.evaluations
        if new:
            self.progress.update(events.EvaluationStarted(label))
        evaluation = evaluate.evaluate(candidate, tests, again=again)
        found.search_counters = evaluate.counters
        if evaluation.flaky:
            found.forget(evaluation.flaky)
        if whole:
            found.evaluations[candidate] = evaluation
            found.labels[candidate] = label
            if evaluation.cost.suite_runs:
                self.clock.suites = time.monotonic() - began
        if new:
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
        self.progress.update(events.BudgetUsed(used, self.request.settings.budget, self.clock.left))

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

    def _phase(self, name: str, detail: str = "") -> None:
        self.progress.update(events.PhaseStarted(name, detail))


def _spent(answer: Answer, budget: Budget) -> bool:
    """Return whether a search ended because nothing was left to spend, and proved nothing."""
    if answer.optimal or answer.inseparable:
        return False
    return answer.candidates >= budget.evaluations or answer.cost >= budget.suites


def _nothing_to_do(scenario: Scenario) -> str:
    """Return why there is nothing to recombine, "" where there is."""
    ours, theirs = scenario.ours, scenario.theirs
    if theirs.commit in scenario.bases:
        return f"nothing to do: {ours.name} holds everything of {theirs.name}"
    if ours.commit in scenario.bases:
        return f"nothing to recombine: {ours.name} has no commit that {theirs.name} lacks (git merge --ff-only)"
    return ""
