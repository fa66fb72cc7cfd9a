"""``transplant``: the smallest set of upstream's changes that makes goal tests pass on the fork, and loses none.

    names -> the goal tests on upstream -> donors, smallest first: the commit that made the goal, the merge that brought
    it in, all of upstream's history -> in each: ``transplant_search`` -> confirmation -> a proposal, kept as a ref

Invariants: the repository's branches, index and work tree are not touched; a proposal is made only of what was seen to
pass the goal and every required test of the fork; what was evaluated is in the ledger before the next thing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forkmerge.app import goals
from forkmerge.app.costs import prices
from forkmerge.app.donors import brought_in_by, history, picked
from forkmerge.app.duties import Parents, duties
from forkmerge.app.runs import wished
from forkmerge.app.scene import scene
from forkmerge.app.settings import Settings
from forkmerge.app.stopping import stopping
from forkmerge.app.transplant_report import Ended, report
from forkmerge.app.transplant_search import Search
from forkmerge.app.transplant_values import Asking, Goal, Graft, Refused, Spent
from forkmerge.app.workbench import WithForksTests, Workbench
from forkmerge.errors import Interrupted, UnusableInput, UsageError
from forkmerge.fitness.evaluator import Evaluator
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.parents import suite_seconds
from forkmerge.fitness.records import Purpose
from forkmerge.fitness.required import Change, Duty, Required
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import revision
from forkmerge.model.outcome import RunStatus
from forkmerge.model.revision import Revision, Scenario
from forkmerge.report.transplant import Tried

if TYPE_CHECKING:
    from forkmerge.app.donors import Donor
    from forkmerge.app.scene import Scene
    from forkmerge.fitness.required import Owner, TestChanges
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.source import Tree
    from forkmerge.report.events import Progress
    from forkmerge.report.transplant import Transplant


@dataclass(frozen=True, slots=True)
class TransplantRequest:
    """Bring what ``goals`` need from ``upstream`` into ``fork``.

    With ``commit`` (of upstream's history) that commit is what is to be brought: its tests are the goals where none are
    named, and nothing that is newer than it is taken.
    """

    repository: str
    upstream: str
    goals: tuple[str, ...] = ()
    commit: str = ""
    fork: str = "HEAD"
    settings: Settings = field(default_factory=Settings)


def transplant(request: TransplantRequest, progress: Progress) -> Transplant:
    """Return what was found; a proposal is kept under ``refs/forkmerge/``.

    Raises UsageError for goals that upstream does not have, UnusableInput for goals that don't pass there, MissingTool
    where tests can't be run.  An interruption gives what is known until then.
    """
    if not request.goals and not request.commit:
        raise UsageError("nothing is asked for", hint="--goal names tests of upstream, --commit one of its commits")
    with Repository.open(request.repository) as repo:
        fork, upstream = revision(repo, request.fork), revision(repo, request.upstream)
        if fork.commit is None or upstream.commit is None:
            raise UnusableInput("a tree has no history to take changes from", hint="name a commit or a branch")
        tip = _tip(repo, request, upstream)
        bench = Workbench(repo, request.settings, progress)
        work = _Transplanting(repo, request, bench, fork, replace(tip, name=upstream.name), Ended())
        with stopping(bench.stop, bench.clock.limit):
            work.guarded()
            bench.clock.ended = True
            return report(repo, bench, work.ended)


def _tip(repo: Repository, request: TransplantRequest, upstream: Revision) -> Revision:
    if not request.commit:
        return upstream
    found = revision(repo, request.commit)
    said = repo.run(["merge-base", "--is-ancestor", found.commit or "", upstream.commit or ""], check=False)
    if said.code:
        raise UsageError(
            f"{request.commit} is no commit of {upstream.name}", hint=f"git log {upstream.name} lists what there is"
        )
    return found


@dataclass(slots=True)
class _Transplanting:
    """One run; ``ended`` is filled in as it goes, so that an interrupted run has a report too."""

    repo: Repository
    request: TransplantRequest
    bench: Workbench
    fork: Revision
    tip: Revision
    ended: Ended
    near: set[str] = field(default_factory=set)

    def guarded(self) -> None:
        """Fill in ``ended``; a signal, the end of the time or of the budget leaves what was found until then."""
        ended = self.ended
        try:
            self.run()
            ended.complete = True
        except Spent:
            ended.reason = "the time was up" if self.bench.clock.short else "the budget was up"
        except (KeyboardInterrupt, Interrupted):
            ended.interrupted = not self.bench.out_of_time
            ended.reason = "it was interrupted" if ended.interrupted else "the time was up"

    def run(self) -> None:
        """Fill in ``ended``."""
        repo, ended = self.repo, self.ended
        bases = repo.merge_bases(self.fork.commit or "", self.tip.commit or "")
        base = bases[0] if bases else ""
        mine = repo.entries(self.fork.tree)
        ended.scenario = Scenario(
            Revision(base, base, repo.tree_of(base)) if base else Revision("empty tree", None, repo.empty_tree),
            self.fork,
            self.tip,
            bases,
        )
        if self.tip.commit in bases:
            ended.refused = Refused("passes", f"{self.fork.name} holds everything of it")
            ended.reason = f"nothing to do: {self.fork.name} holds {self.request.commit or self.tip.name} already"
            return
        with self.bench.opened(mine):
            ended.sandbox = self.bench.sandbox()
            try:
                self._search(mine, base)
            finally:
                ended.warnings += self.bench.warnings()

    def _search(self, mine: Tree, base: str) -> None:
        bench, ended, settings = self.bench, self.ended, self.request.settings
        tree = self.repo.entries(self.tip.tree)
        if bench.selects:
            goals.refuse_missing(self.request.goals, tree)
        theirs_run = bench.measured("upstream", self.tip.tree, 1)
        ended.theirs_runs = theirs_run
        ours_runs = bench.measured("fork", self.fork.tree, settings.runs)
        ended.ours_runs = ours_runs
        bench.runs.limits = wished(limits_for((*ours_runs, *theirs_run)), settings)
        wanted = self._goals(theirs_run[0], tree, mine)
        ended.goals = wanted
        swap = WithForksTests(self.repo, mine, settings.test_paths)
        seconds = suite_seconds(ours_runs)
        known: Required | None = None
        for donor in self._donors(wanted, base):
            bench.phase("reading", donor.source)
            seen = scene(self.repo, donor.scenario, allowed=settings.allowed)
            parents = Parents(seen.base, mine, seen.theirs, ours_runs, theirs_run)
            required, changes = duties(parents, self.repo.read, settings.test_paths)
            ours = tuple(d for d in required.duties if d.owner == "ours")
            ours += tuple(w.duty for w in required.waived if w.duty.owner == "ours")
            known = Required(ours, advisory=tuple(d for d in required.advisory if d.owner == "ours"))
            if ended.asking is None:
                trees: dict[Owner, str] = {"ours": self.fork.tree, "theirs": self.tip.tree}
                evaluator = Evaluator(
                    swap, bench.runs, bench.recall, known, trees, seconds, selects=bench.selects, jobs=bench.jobs
                )
                count = max(len(ours), len(theirs_run[0].results))
                price = prices({"ours": ours_runs, "theirs": theirs_run}, count)
                ended.asking = Asking(bench, evaluator, price)
                ended.required = known
                if not ours:
                    ended.warnings.append("no test passes on the fork, so nothing can be lost there")
            if self._donor(donor, seen, known, changes, theirs_run[0], swap, ended.asking):
                return
        ended.reason = "nothing that upstream has makes the goal pass on the fork without losing a test"

    def _donor(
        self,
        donor: Donor,
        seen: Scene,
        known: Required,
        changes: TestChanges,
        upstream: SuiteRun,
        swap: WithForksTests,
        asking: Asking,
    ) -> bool:
        """Return whether the search is over after this donor."""
        mine = [d.test for d in known.duties]
        edited = frozenset(t for t in mine if changes.of("theirs", t) is Change.CHANGED)
        same = (t for t in mine if changes.of("ours", t) is Change.UNCHANGED)
        deleted = frozenset(t for t in same if changes.of("theirs", t) is Change.DELETED)
        passing = frozenset(r.test for r in upstream.results if r.status.good)
        touched = {p for p in {*seen.base, *seen.theirs} if seen.base.get(p) != seen.theirs.get(p)}
        near, self.near = frozenset(self.near), self.near | touched
        search = Search(self.repo, seen, self.ended.goals, asking, swap, known, edited, deleted, passing, near)
        self.bench.phase("searching", f"{donor.source}: {len(seen.loci.loci)} loci")
        result = search.run()
        if isinstance(result, Refused):
            self.ended.refused = result
            self.ended.before = dict(result.before) or self.ended.before
            if result.how == "passes":
                self.ended.reason = f"nothing to do: {result.why}"
                return True
            self.ended.tried.append(Tried(donor.source, result.offered, result.why, result.lost))
            return False
        self.ended.before = dict(search.before) or self.ended.before
        self.ended.donor, self.ended.graft, self.ended.goals = donor, result, search.wanted
        self.ended.tried.append(Tried(donor.source, result.offered))
        self._confirm(result, swap, asking)
        return True

    def _goals(self, run: SuiteRun, tree: Tree, mine: Tree) -> tuple[Goal, ...]:
        """Return the goals; raises where there are none, or where one of them does not pass on upstream."""
        request = self.request
        status = {r.test: str(r.status) for r in run.results}
        if request.goals:
            tests = tuple(dict.fromkeys(t for name in request.goals for t in self._named(name, run)))
        else:
            tests = self._of_commit(run, tree, mine)
        given = request.settings.test_paths
        return tuple(Goal(t, goals.definition(t, tree, self.repo, given), status[t]) for t in tests)

    def _named(self, name: str, run: SuiteRun) -> tuple[TestId, ...]:
        """Return the tests that ``name`` means and that pass on upstream; raises where there are none."""
        tests = goals.named([name], run)
        results = {r.test: r for r in run.results}
        found = tuple(t for t in tests if results[t].status.good)
        if not found:
            bad = results[tests[0]]
            said = ": ".join([str(bad.status), *bad.message.strip().splitlines()[-1:]])
            raise UnusableInput(
                f"{bad.test} does not pass on {self.tip.name} itself ({said})",
                where=self.tip.name,
                hint="a goal has to pass there; name the tests that do",
            )
        if len(found) < len(tests):
            left = f"{len(tests) - len(found)} of the {len(tests)} tests that {name} means"
            self.ended.warnings.append(f"{left} don't pass on {self.tip.name}, and are no goals")
        return found

    def _of_commit(self, run: SuiteRun, tree: Tree, mine: Tree) -> tuple[TestId, ...]:
        """Return the tests that the asked commit added or changed and that pass with it."""
        donor = picked(self.repo, self.fork, self.tip.commit or "")
        before = self.repo.entries(donor.scenario.base.tree)
        parents = Parents(before, mine, tree, (run,), (run,))
        _, changes = duties(parents, self.repo.read, self.request.settings.test_paths)
        touched = (Change.ADDED, Change.CHANGED)
        found = tuple(r.test for r in run.results if r.status.good and changes.of("theirs", r.test) in touched)
        if not found:
            raise UsageError(
                f"{donor.source} adds or changes no test that passes with it", hint="--goal names the tests to aim at"
            )
        return found

    def _donors(self, wanted: tuple[Goal, ...], base: str) -> list[Donor]:
        """Return where the changes are looked for, smallest first."""
        repo, tip = self.repo, self.tip.commit or ""
        if self.request.commit:
            commits = [tip]
        else:
            places = dict.fromkeys(g.at for g in wanted if g.at is not None)
            made = {commit for commit in goals.made_by(repo, places, base, tip).values() if commit}
            commits = list(made) if len(made) == 1 else []
            commits += [merge for c in commits if (merge := brought_in_by(repo, c, tip))]
        return [*(picked(repo, self.fork, c) for c in commits), history(repo, self.fork, self.tip)]

    def _confirm(self, graft: Graft, swap: WithForksTests, asking: Asking) -> None:
        """Run the proposal once more, its whole suites in fresh clones and not from the record."""
        self.bench.phase("confirming", "in fresh clones")
        self.bench.runs.label = "confirmation"
        needed = asking.evaluator.required.duties
        places: dict[Owner, str] = {"theirs": graft.tree, "ours": swap(graft.tree, "ours")}
        good: dict[str, set[TestId]] = {}
        for tree in dict.fromkeys(places.values()):
            run = self.bench.runs(tree, None, Purpose.SUITE)
            if run.status is not RunStatus.COMPLETED:  # a busy machine: once more
                run = self.bench.runs(tree, None, Purpose.SUITE)
            if run.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
                return
            good[tree] = {r.test for r in run.results if r.status.good}
            if tree == graft.tree:
                self.ended.merged_run = run
        flaky = asking.evaluator.flaky

        def failing() -> list[Duty]:
            return [d for d in needed if d.test not in good[places[d.owner]] and d not in flaky]

        doubtful = failing()
        if self.bench.selects and 0 < len(doubtful) <= asking.evaluator.rerun_at_most:
            for tree in dict.fromkeys(places[d.owner] for d in doubtful):
                tests = tuple(sorted({d.test for d in doubtful if places[d.owner] == tree}))
                again = self.bench.runs(tree, tests, Purpose.RERUN)
                good[tree] |= {r.test for r in again.results if r.status.good}
        self.ended.unconfirmed = tuple(sorted(str(d.test) for d in failing()))
        self.ended.confirmed = True
