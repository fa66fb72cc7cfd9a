"""``radar``: which of upstream's changes would the fork's tests let in, each by itself?

    upstream's main line since the fork -> without what the fork has (by patch id) -> each change picked by the
    structured merge -> the clean ones tested, those with tests of their own and the small ones first -> the green ones,
    those that mend tests first, kept as proposals

Invariants: the repository's branches, index and work tree are not touched; a change that was not tested is not green.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app import goals
from forkmerge.app.donors import Commit, commit_of, picked
from forkmerge.app.last_words import last_words
from forkmerge.app.picks import Pick, pick
from forkmerge.app.radar_report import Found, Tested, report
from forkmerge.app.runs import wished
from forkmerge.app.settings import Settings
from forkmerge.app.stopping import stopping
from forkmerge.app.testpaths import is_test
from forkmerge.app.workbench import Workbench
from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.fitness.evaluator import Evaluator
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.parents import suite_seconds
from forkmerge.fitness.records import Purpose
from forkmerge.fitness.required import Required, required
from forkmerge.git import trees
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.report.radar import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.required import Owner
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.revision import Scenario
    from forkmerge.model.source import Tree
    from forkmerge.report.events import Progress
    from forkmerge.report.radar import Radar

_MOST_OF_THE_FORK = 2000
"""How many commits of the fork are compared with upstream's by their patches."""


@dataclass(frozen=True, slots=True)
class RadarRequest:
    """Try the newest ``limit`` changes of ``upstream`` that ``fork`` lacks, none older than ``since`` ("": any).

    A change is a commit of upstream's main line, a merge with all that it brought in; with ``commits`` every commit
    that is no merge is one.
    """

    repository: str
    upstream: str
    fork: str = "HEAD"
    limit: int = 50
    since: str = ""
    commits: bool = False
    settings: Settings = field(default_factory=Settings)


def radar(request: RadarRequest, progress: Progress) -> Radar:
    """Return what was found; the green changes are kept as proposals of one run under ``refs/forkmerge/``.

    Raises UnusableInput, MissingTool or UsageError where no run is possible; an interruption gives what is known.
    """
    with Repository.open(request.repository) as repo:
        scenario = resolve(repo, request.fork, request.upstream)
        bench = Workbench(repo, request.settings, progress)
        work = _Radar(repo, request, bench, Found(scenario))
        with stopping(bench.stop, bench.clock.limit):
            work.guarded()
            bench.clock.ended = True
            return report(repo, bench, work.found)


@dataclass(slots=True)
class _Radar:
    """One run; ``found`` is filled in as it goes."""

    repo: Repository
    request: RadarRequest
    bench: Workbench
    found: Found

    @property
    def scenario(self) -> Scenario:
        """Return fork and upstream."""
        return self.found.scenario

    def guarded(self) -> None:
        """Fill in ``found``; a signal or the end of the time leaves what was found until then."""
        try:
            self.run()
            self.found.complete = True
        except (KeyboardInterrupt, Interrupted):
            self.found.interrupted = not self.bench.out_of_time

    def run(self) -> None:
        """Fill in ``found``."""
        repo, found = self.repo, self.found
        fork = repo.entries(self.scenario.ours.tree)
        commits, found.older = self._commits()
        present = self._present(commits)
        for commit in commits:
            why = "the fork has the same patch" if commit.id in present else ""
            found.changes[commit.id] = Tested(commit, Fate.PRESENT if why else Fate.UNTRIED, why)
        waiting = [t for t in found.changes.values() if t.fate is Fate.UNTRIED]
        if not waiting:
            return
        self._pick(waiting, fork)
        with self.bench.opened(fork):
            found.sandbox = self.bench.sandbox()
            try:
                self._test(fork)
            finally:
                found.warnings += self.bench.warnings()

    # -- upstream's changes ----------------------------------------------------------------------------------------

    def _commits(self) -> tuple[list[Commit], int]:
        """Return the changes that are looked at, newest first, and how many older ones there are."""
        line = "--no-merges" if self.request.commits else "--first-parent"
        since = [f"--since={self.request.since}"] if self.request.since else []
        limits = [self.scenario.theirs.commit or "", f"^{self.scenario.ours.commit}"]
        names = self.repo.run(["rev-list", line, *since, *limits]).stdout.decode("ascii").split()
        if since and not names and self.repo.run(["rev-list", "-1", line, *limits]).stdout:
            self.found.warnings.append(f"upstream has nothing since {self.request.since}")
        return [commit_of(self.repo, name) for name in names[: self.request.limit]], max(
            0, len(names) - self.request.limit
        )

    def _present(self, commits: Iterable[Commit]) -> frozenset[str]:
        """Return the commits whose patch is that of a commit of the fork's."""
        ours, theirs = self.scenario.ours.commit or "", self.scenario.theirs.commit or ""
        mine = self._patch_ids([f"-{_MOST_OF_THE_FORK}", "--no-merges", ours, f"^{theirs}"])
        if not mine:
            return frozenset()
        others = self._patch_ids(["--no-walk", "--first-parent", "-m", *(c.id for c in commits)])
        return frozenset(commit for commit, identity in others.items() if identity in set(mine.values()))

    def _patch_ids(self, arguments: list[str]) -> dict[str, str]:
        """Return commit -> the id of its patch, without white space and line numbers."""
        shown = ["--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "-p", "--format=commit %H"]
        patches = self.repo.run(["log", *shown, *arguments]).stdout
        rows = self.repo.run(["patch-id", "--stable"], stdin=patches).stdout.decode("ascii", "replace").splitlines()
        return {commit: identity for identity, commit in (row.split(" ", 1) for row in rows)}

    def _pick(self, waiting: list[Tested], fork: Tree) -> None:
        allowed = self.request.settings.allowed
        for number, tested in enumerate(waiting, 1):
            self.bench.phase("merging each change by itself", f"{number} of {len(waiting)}: {tested.commit.subject}")
            made = pick(self.repo, picked(self.repo, self.scenario.ours, tested.commit.id), fork, allowed)
            tested.pick = made
            if made.left_out:
                tested.why = f"without its part in {', '.join(made.left_out)}, which conflicts"
            if made.tree is None:
                tested.fate = Fate.CONFLICT
                tested.why = "it does not merge by itself"
            elif made.tree == self.scenario.ours.tree:
                tested.fate, tested.why = Fate.PRESENT, "nothing of it is left to take"

    # -- tests -----------------------------------------------------------------------------------------------------

    def _test(self, fork: Tree) -> None:
        bench, found, settings = self.bench, self.found, self.request.settings
        waiting = sorted((t for t in found.changes.values() if t.fate is Fate.UNTRIED), key=self._cheapness)
        if not waiting:
            return
        runs = bench.measured("fork", self.scenario.ours.tree, settings.runs)
        found.ours_runs = runs
        bench.runs.limits = wished(limits_for(runs), settings)
        known = required(runs, ())
        found.required = known
        if not known.duties:
            words = last_words(runs[0])
            said = f"; the run ended with: {words}" if words else ""
            raise UnusableInput(
                f"no test passes on the fork, so nothing could be measured{said}",
                hint="run the test command there first; --test gives another one",
            )
        owners: dict[Owner, str] = {"ours": self.scenario.ours.tree, "theirs": self.scenario.ours.tree}
        evaluator: Evaluator[str] = Evaluator(
            lambda tree, _: tree, bench.runs, bench.recall, known, owners, suite_seconds(runs),
            selects=bench.selects, jobs=bench.jobs,
        )  # fmt: skip
        found.evaluator = evaluator
        for number, tested in enumerate(waiting):
            if found.tried >= settings.budget:
                found.warnings.append(f"the budget of {settings.budget} runs was up: --budget N tries more")
                break
            self._look_ahead(evaluator, waiting[number + 1 : number + settings.budget - found.tried])
            self._judge(tested, fork, evaluator, known)
            found.tried += tested.evaluation is not None and tested.evaluation.cost.runs > 0
            bench.used(found.tried)

    def _look_ahead(self, evaluator: Evaluator[str], following: list[Tested]) -> None:
        """Have idle workers begin with the next changes' whole suites: each is asked in any case."""
        runs, made = self.bench.runs, [t.pick.tree for t in following[: self.bench.jobs] if t.pick is not None]
        if runs.idle > 1:
            runs.begin(run for tree in made if tree is not None for run in evaluator.foresee(tree))

    def _cheapness(self, tested: Tested) -> tuple[bool, bool, int]:
        made = tested.pick
        assert made is not None  # noqa: S101 - it was picked before
        paths = {p.path for p in made.patch.parts} if made.patch is not None else set()
        given = self.request.settings.test_paths
        own = any(is_test(p, given) for p in paths)
        return not own, all(p.endswith((".md", ".rst", ".txt")) for p in paths), made.size

    def _judge(self, tested: Tested, fork: Tree, evaluator: Evaluator[str], known: Required) -> None:
        made = tested.pick
        assert made is not None  # noqa: S101 - it was picked before
        assert made.tree is not None  # noqa: S101 - it merged
        new = self.repo.entries(made.tree)
        gone = frozenset(d for d in known.duties if self._deleted(d.test, fork, new))
        evaluator.required = Required(tuple(d for d in known.duties if d not in gone))
        label = tested.commit.id[:9]
        self.bench.phase("testing", f"{label} {tested.commit.subject}")
        self.bench.runs.label = label
        began = time.monotonic()
        evaluation = evaluator.evaluate(made.tree)
        self.bench.tell(label, evaluation, time.monotonic() - began)
        tested.evaluation = evaluation
        run = evaluation.run("ours")
        own = self._own(run, fork, new, made) if run is not None else ()
        tested.own = own
        good = {r.test for r in run.results if r.status.good} if run is not None else set()
        tested.lost = _lost(evaluation, evaluator.required)
        skipped = {r.test for r in run.results if str(r.status) == "skipped"} if run is not None else set()
        before = {r.test for r in self.found.ours_runs[0].results}
        fresh = [r.test for r in run.results if r.test not in before] if run is not None else []
        tested.failing = tuple(t for t in dict.fromkeys((*own, *fresh)) if t not in good and t not in skipped)
        mine = {str(d.test) for d in known.duties}
        if evaluation.status == "unverified":
            tested.fate, tested.why = Fate.UNVERIFIED, "the tests could not be run to their end"
        elif any(name not in {str(t) for t in own} for name in tested.lost):
            tested.fate, tested.why = Fate.LOSES, "required tests of the fork fail with it"
        elif tested.failing or evaluation.status == "broken":
            tested.fate, tested.why = Fate.OWN, "its own tests fail without what else upstream has"
        else:
            tested.fate = Fate.GREEN
            tested.mends = self._mends(tuple(t for t in own if t in good), good, fork, made)
            tested.kept = len(mine) - len(gone)

    def _own(self, run: SuiteRun, fork: Tree, new: Tree, made: Pick) -> tuple[TestId, ...]:
        """Return the tests whose definition, or what it uses of its file, the change adds or edits."""
        given = self.request.settings.test_paths
        paths = {p.path for p in made.patch.parts} if made.patch is not None else set()
        paths = {p for p in paths if is_test(p, given)}
        out = []
        for result in run.results:
            at = self._definition(result.test, new, paths)
            if at is not None and self._text(new, at) != self._text(fork, at):
                out.append(result.test)
        return tuple(out)

    def _definition(self, test: TestId, tree: Tree, paths: set[str]) -> goals.Definition | None:
        if test.file and test.file not in paths:
            return None
        inside = {p: tree[p] for p in paths if p in tree}
        return goals.definition(test, inside, self.repo, self.request.settings.test_paths)

    def _text(self, tree: Tree, at: goals.Definition) -> bytes:
        entry = tree.get(at.path)
        return goals.text(at.path, self.repo.read(entry.oid), at.scope) if entry is not None else b""

    def _deleted(self, test: TestId, fork: Tree, new: Tree) -> bool:
        """Return whether a change takes the definition of a test away."""
        if not test.file or fork.get(test.file) == new.get(test.file):
            return False
        at = goals.definition(test, fork, self.repo, self.request.settings.test_paths)
        return at is not None and not self._text(new, at)

    def _mends(self, own: tuple[TestId, ...], good: set[TestId], fork: Tree, made: Pick) -> tuple[TestId, ...]:
        """Return the tests that pass with the change, and not on the fork's code."""
        failing = {d.test for d in self.found.required.failing} if self.found.required is not None else set()
        mended = [t for t in failing if t in good]
        if own:
            given = self.request.settings.test_paths
            assert made.tree is not None  # noqa: S101 - it was tested
            new = self.repo.entries(made.tree)
            changes = {p: new.get(p) for p in {*fork, *new} if fork.get(p) != new.get(p) and is_test(p, given)}
            tree = trees.write(self.repo, self.scenario.ours.tree, changes)
            if tree == made.tree:
                return tuple(sorted(mended))
            tests = own if self.bench.selects else None
            purpose = Purpose.SELECTION if self.bench.selects else Purpose.SUITE
            run = self.bench.recall.get(tree, tests, purpose)
            if run is None:
                self.bench.runs.label = "probe"
                run = self.bench.runs(tree, tests, purpose)
                self.bench.recall.put(tree, tests, purpose, run)
            before = {r.test for r in run.results if r.status.good}
            mended += [t for t in own if t not in before]
        return tuple(sorted(dict.fromkeys(mended)))


def _lost(evaluation: Evaluation, known: Required) -> tuple[str, ...]:
    names = {str(d): str(d.test) for d in known.duties}
    missing = evaluation.failed | evaluation.undecided if evaluation.status != "broken" else frozenset(names)
    return tuple(sorted({names[k] for k in missing if k in names}))
