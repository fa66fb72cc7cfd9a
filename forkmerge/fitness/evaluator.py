"""Evaluates offspring with the tests of both sides; never runs a thing twice that it can know.

The tree of an offspring with the test tree of ours and with that of theirs are the two trees that are run; where they
are the same tree, one run serves both.  What is asked: every duty (a whole evaluation), or some duties (while a failure
is being shrunk).  How trees are made and run is injected, so this module knows neither git nor processes.

A failure counts only if it repeats alone while its owner, asked alone as well, passes.  A test that answers differently
on one tree is flaky from then on: reported, it decides nothing.  Missing, not collected and newly skipped is failed.
Invariants: ``failed``, ``undecided`` and ``passed`` of an evaluation are disjoint and, with ``flaky``, are what was
asked; a sandbox that did not start is ``unverified``, never a failure.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeAlias, TypeVar

from forkmerge.fitness.required import OWNERS, Duty, Owner, Required
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
EvaluationStatus: TypeAlias = Literal["ok", "broken", "unverified"]
RERUN_AT_MOST = 50
COLLECTION = "(collection)"


class Purpose(StrEnum):
    """Why a run is asked for: only ``suite`` and ``gate`` are runs of everything, ``gate`` collects without running."""

    SUITE = "suite"
    REVERSE = "reverse"
    GATE = "gate"
    SELECTION = "selection"
    RERUN = "rerun"


class RunTree(Protocol):
    """Runs the test command on a tree."""

    def __call__(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun:
        """Return the run; ``tests`` None is the whole suite.  May be called from several threads."""
        ...


class Materialise(Protocol[C_contra]):
    """Writes a candidate as a tree."""

    def __call__(self, candidate: C_contra, owner: Owner) -> str:
        """Return the id of the tree of ``candidate`` with the complete test tree of ``owner``."""
        ...


class Recall(Protocol):
    """What is known of earlier runs: the ledger, bound to a command, an environment and a policy (``records.py``)."""

    def get(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun | None:
        """Return the recorded run, None when there is none."""
        ...

    def put(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose, run: SuiteRun) -> None:
        """Record a run."""
        ...


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was observed of one candidate; ``failed`` and ``status`` are what the search needs.

    ``failed``, ``passed``, ``undecided`` and ``flaky`` hold the keys (``str``) of duties; ``undecided``: a crash, a
    timeout or a failed start came before them.  ``runs`` are the whole-suite runs by owner where there are any,
    ``trees`` the trees.  ``cached`` says that nothing had to be run.
    """

    status: EvaluationStatus
    failed: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    flaky: frozenset[str] = frozenset()
    runs: tuple[tuple[Owner, SuiteRun], ...] = ()
    trees: tuple[tuple[Owner, str], ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    cached: bool = False

    @property
    def good(self) -> bool:
        """Return whether every duty that was asked is seen to hold."""
        return self.status == "ok" and not self.failed and not self.undecided

    def run(self, owner: Owner) -> SuiteRun | None:
        """Return the whole-suite run with the test tree of ``owner``, None where there was none."""
        return dict(self.runs).get(owner)


@dataclass(frozen=True, slots=True)
class Counters:
    """What evaluating has cost: ``evaluations`` are candidates that needed a whole-suite run, ``suite_runs`` these runs."""

    evaluations: int = 0
    suite_runs: int = 0
    gate_runs: int = 0
    partial_runs: int = 0
    cache_hits: int = 0
    seconds: float = 0.0
    equivalents: float = 0.0


@dataclass(slots=True)
class _Tree:
    """What is known of one tree in this process: the last status of each test, and whether that has been confirmed."""

    statuses: dict[TestId, Status] = field(default_factory=dict)
    messages: dict[TestId, str] = field(default_factory=dict)
    confirmed: set[TestId] = field(default_factory=set)
    whole: SuiteRun | None = None
    gate: SuiteRun | None = None
    unverified: bool = False

    def learn(self, run: SuiteRun) -> None:
        for result in run.results:
            self.statuses[result.test] = result.status
            self.messages[result.test] = result.message

    def good(self, test: TestId) -> bool:
        status = self.statuses.get(test)
        return status is not None and status.good


@dataclass(slots=True)
class Evaluator(Generic[C]):
    """Evaluates candidates; see ``evaluate``.

    ``parents`` are the trees of the parents (owner -> tree id), on which a failing test is asked alone; ``selects``
    says whether the runner can run single tests; ``gate`` asks for a run that only collects before each whole suite;
    ``suite_seconds`` is what the suites of both parents take (for ``Counters.equivalents``); ``jobs`` how many runs may
    go on at once.
    """

    materialise: Materialise[C]
    run: RunTree
    recall: Recall
    required: Required
    parents: Mapping[Owner, str]
    suite_seconds: float
    selects: bool = True
    gate: bool = True
    jobs: int = 2
    rerun_at_most: int = RERUN_AT_MOST
    stop: Callable[[], bool] = lambda: False
    _trees: dict[str, _Tree] = field(default_factory=dict)
    _flaky: dict[Duty, str] = field(default_factory=dict)
    _alone: set[Duty] = field(default_factory=set)
    _counters: Counters = field(default_factory=Counters)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def counters(self) -> Counters:
        """Return what evaluating has cost so far."""
        return self._counters

    @property
    def flaky(self) -> Mapping[Duty, str]:
        """Return the duties that were found to be no evidence, each with the reason."""
        return dict(self._flaky)

    def evaluate(self, candidate: C, tests: Iterable[str] | None = None) -> Evaluation:
        """Return what the duties say of ``candidate``: all of them, or those whose keys are in ``tests``."""
        wanted = None if tests is None or not self.selects else frozenset(tests)
        duties = tuple(d for d in self.required.duties if wanted is None or str(d) in wanted)
        trees = {owner: self.materialise(candidate, owner) for owner in OWNERS}
        before = self._counters
        groups: dict[str, list[Duty]] = {trees[o]: [] for o in OWNERS if wanted is None}
        for duty in duties:
            groups.setdefault(trees[duty.owner], []).append(duty)
        work = list(groups.items())
        if self.jobs > 1 and len(work) > 1:
            with ThreadPoolExecutor(max_workers=min(self.jobs, len(work))) as pool:
                list(pool.map(lambda item: self._settle(*item, whole=wanted is None), work))
        else:
            for tree, asked in work:
                self._settle(tree, asked, whole=wanted is None)
        if self._counters.suite_runs > before.suite_runs:
            self._count(evaluations=1)
        return self._evaluation(duties, trees, cached=self._work_done(before) == self._work_done(self._counters))

    def _settle(self, tree: str, duties: list[Duty], *, whole: bool) -> None:
        """See to it that everything about ``duties`` on ``tree`` that can be known is known."""
        known = self._known(tree)
        asked = [d for d in duties if d not in self._flaky]
        self._observe(tree, known, asked, whole=whole)
        if known.unverified or _undecided(known):
            return
        failing = [d for d in asked if not known.good(d.test) and d.test not in known.confirmed]
        if failing and self.selects and len(failing) <= self.rerun_at_most and not _hopeless(known):
            self._confirm(tree, known, failing)

    def _observe(self, tree: str, known: _Tree, duties: list[Duty], *, whole: bool) -> None:
        if known.whole is not None or _gate_decides(known, duties):
            return
        known.unverified = False
        recorded = self.recall.get(tree, None, Purpose.SUITE)
        if recorded is not None:
            self._count(cache_hits=1)
            known.whole = recorded
            known.learn(recorded)
            return
        if not whole:
            tests = tuple(dict.fromkeys(d.test for d in duties if d.test not in known.statuses))
            if tests:
                self._learn_missing(known, tests, self._do(tree, tests, Purpose.SELECTION))
            return
        if self.gate and self.selects and known.gate is None:
            known.gate = self._do(tree, None, Purpose.GATE)
            known.learn(known.gate)
            if known.gate.status is RunStatus.UNVERIFIED:
                known.gate, known.unverified = None, True
                return
            if _gate_decides(known, duties):
                return
        run = self._do(tree, None, Purpose.SUITE)
        if run.status is RunStatus.UNVERIFIED:
            known.unverified = True
            return
        known.whole = run
        known.learn(run)

    def _learn_missing(self, known: _Tree, tests: tuple[TestId, ...], run: SuiteRun) -> None:
        """Learn from a run of some tests; one that should have run and did not is an error, unless the run broke off."""
        known.unverified = run.status is RunStatus.UNVERIFIED
        known.learn(run)
        if run.status in (RunStatus.COMPLETED, RunStatus.UNCOLLECTED):
            for test in tests:
                known.statuses.setdefault(test, Status.ERROR)
                known.messages.setdefault(test, "not collected")

    def _confirm(self, tree: str, known: _Tree, failing: list[Duty]) -> None:
        """Ask the failing tests alone, on this tree and on their owner's; those that differ are no evidence."""
        tests = tuple(dict.fromkeys(d.test for d in failing if d.test in known.statuses))
        again = self._do(tree, tests, Purpose.RERUN) if tests else SuiteRun(RunStatus.COMPLETED)
        if again.status is not RunStatus.UNVERIFIED:
            passes = {r.test for r in again.results if r.status.good}
            known.confirmed.update(d.test for d in failing if d.test not in passes)
            for duty in failing:
                if duty.test in passes:
                    self._flaky[duty] = "failed and then passed on the same tree"
        for owner in OWNERS:
            unasked = [d for d in failing if d.owner == owner and d not in self._alone and d not in self._flaky]
            if unasked and self.parents.get(owner) != tree:
                self._ask_owner(owner, unasked)

    def _ask_owner(self, owner: Owner, duties: list[Duty]) -> None:
        run = self._do(self.parents[owner], tuple(d.test for d in duties), Purpose.SELECTION)
        if run.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
            return
        passes = {r.test for r in run.results if r.status.good}
        self._alone.update(duties)
        for duty in duties:
            if duty.test not in passes:
                self._flaky[duty] = "passes in its own suite and fails alone"

    def _do(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun:
        """Return a run: the recorded one where it exists (a rerun is never recalled), else a new one, recorded."""
        if purpose is not Purpose.RERUN:
            recorded = self.recall.get(tree, tests, purpose)
            if recorded is not None:
                self._count(cache_hits=1)
                return recorded
        run = self.run(tree, tests, purpose)
        if run.status is RunStatus.UNVERIFIED:  # the sandbox or the command could not tell: once more, then give up
            run = self.run(tree, tests, purpose)
        self.recall.put(tree, tests, purpose, run)
        kind = {Purpose.SUITE: "suite_runs", Purpose.GATE: "gate_runs"}.get(purpose, "partial_runs")
        self._count(**{kind: 1}, seconds=run.seconds)
        return run

    def _known(self, tree: str) -> _Tree:
        with self._lock:
            return self._trees.setdefault(tree, _Tree())

    def _count(self, *, seconds: float = 0.0, **by: int) -> None:
        with self._lock:
            now = self._counters
            total = now.seconds + seconds
            share = total / self.suite_seconds if self.suite_seconds > 0 else 0.0
            added = {name: getattr(now, name) + value for name, value in by.items()}
            self._counters = replace(now, seconds=total, equivalents=share, **added)

    @staticmethod
    def _work_done(counters: Counters) -> int:
        return counters.suite_runs + counters.gate_runs + counters.partial_runs

    def _evaluation(self, duties: tuple[Duty, ...], trees: dict[Owner, str], *, cached: bool) -> Evaluation:
        failed, passed, undecided, flaky, messages = set(), set(), set(), set(), {}
        status: EvaluationStatus = "ok"
        for duty in duties:
            known = self._known(trees[duty.owner])
            key = str(duty)
            if duty in self._flaky:
                flaky.add(key)
            elif known.good(duty.test):
                passed.add(key)
            elif known.unverified or (_undecided(known) and duty.test not in known.statuses):
                undecided.add(key)
            else:
                failed.add(key)
                messages[key] = known.messages.get(duty.test, "not collected")
        asked = {trees[d.owner] for d in duties}
        if any(_hopeless(self._known(t)) or _undecided(self._known(t)) for t in asked):
            status = "broken"
        if any(self._known(t).unverified for t in asked):
            status = "unverified"
        runs = tuple((o, run) for o in OWNERS if (run := self._known(trees[o]).whole) is not None)
        return Evaluation(
            status,
            frozenset(failed),
            frozenset(passed),
            frozenset(undecided),
            frozenset(flaky),
            runs,
            tuple(trees.items()),
            tuple(sorted(messages.items())),
            cached,
        )


def _undecided(known: _Tree) -> bool:
    """Return whether the whole run broke off, so that a test without a result was perhaps never reached."""
    return known.whole is not None and known.whole.status in (RunStatus.TIMEOUT, RunStatus.CRASHED)


def _hopeless(known: _Tree) -> bool:
    """Return whether nothing could be collected at all."""
    for run in (known.gate, known.whole):
        if run is not None and (run.status is RunStatus.UNCOLLECTED or (run.collected == 0 and run.results)):
            return True
    return False


def _gate_decides(known: _Tree, duties: list[Duty]) -> bool:
    """Return whether the import gate already says that a duty can't hold, which makes the suite not worth its time."""
    if known.gate is None:
        return False
    if known.gate.status is RunStatus.UNCOLLECTED:
        return True
    uncollected = {r.test.file for r in known.gate.results if r.test.name == COLLECTION and not r.status.good}
    return any(d.test.file in uncollected for d in duties)
