"""Evaluates offspring with the tests of both sides; never runs a thing twice that it can know.

The tree of an offspring with the test tree of ours and with that of theirs are the two trees that are run; where they
are the same tree, one run serves both.  What is asked: every duty (a whole evaluation), or some duties (while a failure
is being shrunk), or none (the import gate).  How trees are made and run is injected: this module knows neither git nor
processes.

A failure of a whole evaluation counts only if it repeats alone while its owner, asked alone as well, passes; what some
tests say when asked by themselves steers the search and is confirmed by the next whole evaluation.  A test that answers
differently on one tree is flaky from then on: reported, it decides nothing.  Missing, uncollected and newly skipped is
failed.
Invariants: ``failed``, ``undecided``, ``passed`` and ``flaky`` of an evaluation are disjoint and together are what was
asked; a sandbox that did not start is ``unverified``, never a failure.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeAlias, TypeVar

from forkmerge.fitness.observed import Observed, uncollected_files
from forkmerge.fitness.records import Purpose, Recall, RunTree
from forkmerge.fitness.required import OWNERS, Duty, Owner, Required
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
Asked: TypeAlias = "tuple[TestId, ...] | None"
EvaluationStatus: TypeAlias = Literal["ok", "broken", "unverified"]
RERUN_AT_MOST = 50


class Materialise(Protocol[C_contra]):
    """Writes a candidate as a tree."""

    def __call__(self, candidate: C_contra, owner: Owner) -> str:
        """Return the id of the tree of ``candidate`` with the complete test tree of ``owner``."""
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What running has cost.

    ``suite_runs`` are runs of a whole suite, ``partial_runs`` of selected tests (reruns too), ``gate_runs`` collected
    only, ``cache_hits`` were answered by the ledger; ``seconds`` are those of all runs that were really made.
    """

    suite_runs: int = 0
    partial_runs: int = 0
    gate_runs: int = 0
    cache_hits: int = 0
    seconds: float = 0.0

    @property
    def runs(self) -> int:
        """Return how often something was run."""
        return self.suite_runs + self.partial_runs + self.gate_runs

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.suite_runs + other.suite_runs,
            self.partial_runs + other.partial_runs,
            self.gate_runs + other.gate_runs,
            self.cache_hits + other.cache_hits,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Counters:
    """What all evaluating has cost: ``evaluations`` are the candidates that needed a run of a whole suite."""

    evaluations: int = 0
    cost: Cost = field(default_factory=Cost)
    equivalents: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was observed of one candidate.

    ``failed``, ``passed``, ``undecided`` and ``flaky`` hold the keys (``str``) of duties; ``undecided``: a timeout, a
    crash or a sandbox that did not start came before them.  ``status`` is ``broken`` when nothing could be collected.
    ``runs`` are the whole-suite runs by owner where there are any, ``trees`` the trees, ``messages`` why each failed
    duty failed; of ``untraced`` duties it is not known what their tests touched.  ``cost`` is what it took
    now, ``equivalents`` the same in suites of both parents.
    """

    status: EvaluationStatus
    failed: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    flaky: frozenset[str] = frozenset()
    runs: tuple[tuple[Owner, SuiteRun], ...] = ()
    trees: tuple[tuple[Owner, str], ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    untraced: frozenset[str] = frozenset()
    cost: Cost = field(default_factory=Cost)
    equivalents: float = 0.0

    @property
    def good(self) -> bool:
        """Return whether every duty that was asked was seen to hold."""
        return self.status == "ok" and not self.failed and not self.undecided

    def run(self, owner: Owner) -> SuiteRun | None:
        """Return the whole-suite run with the test tree of ``owner``, None where there was none."""
        return dict(self.runs).get(owner)


@dataclass(slots=True)
class _Bill:
    """Adds up what one call of ``evaluate`` costs, from several threads."""

    cost: Cost = field(default_factory=Cost)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, cost: Cost) -> None:
        with self.lock:
            self.cost += cost


@dataclass(slots=True)
class Evaluator(Generic[C]):
    """Evaluates candidates; ``evaluate`` may be called from several threads.

    ``parents`` are the trees of the parents (owner -> tree id), on which a failing test is asked alone; an offspring is
    run with the test tree of each of these owners, and of ours and theirs in any case; ``selects``
    says whether the runner can run single tests; ``suite_seconds`` is what the suites of both parents take together;
    ``jobs`` how many runs one evaluation may have going at once; ``seen`` is told every run that is made or recalled.
    """

    materialise: Materialise[C]
    run: RunTree
    recall: Recall
    required: Required
    parents: Mapping[Owner, str]
    suite_seconds: float
    selects: bool = True
    jobs: int = 2
    rerun_at_most: int = RERUN_AT_MOST
    seen: Callable[[SuiteRun], None] = lambda _: None
    _observed: dict[str, Observed] = field(default_factory=dict)
    _flaky: dict[Duty, str] = field(default_factory=dict)
    _passes_alone: set[Duty] = field(default_factory=set)
    _counters: Counters = field(default_factory=Counters)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asking(self, required: Required, materialise: Materialise[C]) -> Evaluator[C]:
        """Return an evaluator of other duties that knows what this one saw; what it costs is counted anew."""
        return replace(self, materialise=materialise, required=required, _counters=Counters())

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Return whose test trees an offspring is run with."""
        return tuple(dict.fromkeys((*OWNERS, *self.parents)))

    @property
    def counters(self) -> Counters:
        """Return what evaluating has cost so far."""
        return self._counters

    @property
    def flaky(self) -> Mapping[Duty, str]:
        """Return the duties that turned out to be no evidence, each with the reason."""
        return dict(self._flaky)

    def doubt(self, duty: Duty, reason: str) -> None:
        """Take ``duty`` for flaky from now on."""
        self._flaky.setdefault(duty, reason)

    def _recalled(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun | None:
        found = self.recall.get(tree, tests, purpose)
        if found is not None:
            self.seen(found)
        return found

    def foresee(self, candidate: C, tests: Iterable[str] | None = None) -> tuple[tuple[str, Asked, Purpose], ...]:
        """Return the runs that ``evaluate`` would begin with: trees, tests and purposes; nothing is run or learnt."""
        asked = None if tests is None else frozenset(tests)
        trees = {owner: self.materialise(candidate, owner) for owner in self.owners}
        found: dict[tuple[str, Asked, Purpose], None] = {}
        for tree in dict.fromkeys(trees.values()):
            known = self._known(tree)
            if known.whole is not None or self.recall.get(tree, None, Purpose.SUITE) is not None:
                continue
            duties = [d for d in self.required.duties if trees[d.owner] == tree and (not asked or str(d) in asked)]
            rest = tuple(dict.fromkeys(d.test for d in duties if known.answer(d.test) == "undecided"))
            if asked is None or (asked and rest and not self.selects):
                found[tree, None, Purpose.SUITE] = None
            elif asked and rest:
                found[tree, rest, Purpose.SELECTION] = None
            elif not asked and self.selects and known.gate is None:
                found[tree, None, Purpose.GATE] = None
        return tuple(run for run in found if self.recall.get(*run) is None)

    def evaluate(self, candidate: C, tests: Iterable[str] | None = None, *, again: bool = False) -> Evaluation:
        """Return what the duties say of ``candidate``: all (None), those with these keys, or with none the gate.

        With ``again`` those that failed there are asked once more, alone: those that pass are flaky.
        """
        asked = None if tests is None else frozenset(tests)
        duties = tuple(d for d in self.required.duties if not asked or str(d) in asked)
        trees = {owner: self.materialise(candidate, owner) for owner in self.owners}
        bill = _Bill()
        work: dict[str, list[Duty]] = {} if asked else {trees[owner]: [] for owner in self.owners}
        for duty in duties:
            work.setdefault(trees[duty.owner], []).append(duty)

        def settle(item: tuple[str, list[Duty]]) -> None:
            known = self._known(item[0])
            with known.lock:
                if asked is not None and not asked:
                    self._gate(item[0], known, bill)
                else:
                    self._settle(item[0], known, item[1], bill, whole=asked is None or not self.selects)
                    if again and asked and self.selects and not known.unverified and not known.uncollected:
                        failing = [d for d in item[1] if d not in self._flaky and known.answer(d.test) == "failed"]
                        self._confirm(item[0], known, failing, bill)

        if self.jobs > 1 and len(work) > 1:
            with ThreadPoolExecutor(max_workers=min(self.jobs, len(work))) as pool:
                list(pool.map(settle, work.items()))
        else:
            for item in work.items():
                settle(item)
        self._account(bill.cost)
        if asked is not None and not asked:
            duties = tuple(d for d in duties if self._known(trees[d.owner]).answer(d.test) == "failed")
        return self._evaluation(duties, trees, tuple(work), bill.cost)

    def _gate(self, tree: str, known: Observed, bill: _Bill) -> None:
        """Collect the tests of ``tree`` and run none, unless more than that is known already."""
        if self.selects and known.gate is None and known.whole is None:
            whole = self._recalled(tree, None, Purpose.SUITE)
            if whole is not None:
                bill.add(Cost(cache_hits=1))
                known.learn_whole(whole)
            else:
                known.learn_gate(self._do(tree, None, Purpose.GATE, bill))

    def _settle(self, tree: str, known: Observed, duties: list[Duty], bill: _Bill, *, whole: bool) -> None:
        """See to it that everything about ``duties`` on ``tree`` that can be known is known."""
        asked = [d for d in duties if d not in self._flaky]
        known.unverified = False
        if known.whole is None:
            recorded = self._recalled(tree, None, Purpose.SUITE)
            if recorded is not None:
                bill.add(Cost(cache_hits=1))
                known.learn_whole(recorded)
            elif whole:
                known.learn_whole(self._do(tree, None, Purpose.SUITE, bill))
        if self.selects:
            self._ask_rest(tree, known, asked, bill)
        if known.unverified or known.uncollected or not self.selects or not whole:
            return  # a probe of some tests steers the search; what it says is confirmed with the next whole evaluation
        failing = [d for d in asked if known.answer(d.test) == "failed" and d.test not in known.confirmed]
        if 0 < len(failing) <= self.rerun_at_most:
            self._confirm(tree, known, failing, bill)

    def _ask_rest(self, tree: str, known: Observed, duties: list[Duty], bill: _Bill) -> None:
        """Ask the tests that nothing is known of: those of a selection, or what a broken-off run never came to."""
        rest = tuple(dict.fromkeys(d.test for d in duties if known.answer(d.test) == "undecided"))
        if rest and not known.unverified:
            run = self._do(tree, rest, Purpose.SELECTION, bill)
            known.learn_some(rest, run)
            if run.status is RunStatus.COMPLETED:
                there = {r.test for r in run.results}
                gone = uncollected_files(run)
                absent = {t for t in rest if t not in there and t.file not in gone}
                self._ask_owners([d for d in duties if d.test in absent], bill)

    def _confirm(self, tree: str, known: Observed, failing: list[Duty], bill: _Bill) -> None:
        """Ask the failing tests alone, on this tree and on their owner's; those that differ are no evidence.

        One that was not there at all is asked on its owner's only: its name may be another one in each run.
        """
        gone = uncollected_files(known.whole) if known.whole is not None else frozenset()
        failing = [d for d in failing if d.test.file not in gone]
        tests = tuple(dict.fromkeys(d.test for d in failing if d.test in known.statuses))
        self._ask_owners([d for d in failing if d.test not in known.statuses], bill)
        if not tests:
            return
        again = self._do(tree, tests, Purpose.RERUN, bill)
        if again.status is RunStatus.UNVERIFIED:
            return
        passes = {r.test for r in again.results if r.status.good}
        known.confirmed.update(t for t in tests if t not in passes)
        for duty in failing:
            if duty.test in passes:
                self._flaky[duty] = "failed and then passed on the same tree"
        self._ask_owners([d for d in failing if d.test in tests], bill)

    def _ask_owners(self, duties: list[Duty], bill: _Bill) -> None:
        """Ask tests alone on their owners, each once."""
        for owner in self.owners:
            new = [d for d in duties if d.owner == owner and d not in self._passes_alone and d not in self._flaky]
            if new and owner in self.parents:
                self._ask_owner(owner, new, bill)

    def _ask_owner(self, owner: Owner, duties: list[Duty], bill: _Bill) -> None:
        run = self._do(self.parents[owner], tuple(d.test for d in duties), Purpose.SELECTION, bill)
        if run.status is not RunStatus.COMPLETED:
            return
        good = {r.test: r.status.good for r in run.results}
        for duty in duties:
            if good.get(duty.test):
                self._passes_alone.add(duty)
            elif duty.test in good:
                self._flaky[duty] = "passes in its own suite and fails alone"
            else:
                self._flaky[duty] = "is not there when it is asked for alone: it may be called otherwise in each run"

    def _do(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose, bill: _Bill) -> SuiteRun:
        """Return a run: the recorded one where there is one, else a new one, which is recorded."""
        recorded = self._recalled(tree, tests, purpose)
        if recorded is not None:
            bill.add(Cost(cache_hits=1))
            return recorded
        run = self.run(tree, tests, purpose)
        if run.status is RunStatus.UNVERIFIED:  # the sandbox or the command could not tell: once more, then give up
            run = self.run(tree, tests, purpose)
        self.recall.put(tree, tests, purpose, run)
        self.seen(run)
        bill.add(
            Cost(
                suite_runs=int(purpose is Purpose.SUITE),
                gate_runs=int(purpose is Purpose.GATE),
                partial_runs=int(purpose in (Purpose.SELECTION, Purpose.RERUN)),
                seconds=run.seconds,
            )
        )
        return run

    def _known(self, tree: str) -> Observed:
        with self._lock:
            return self._observed.setdefault(tree, Observed())

    def _account(self, cost: Cost) -> None:
        with self._lock:
            now = self._counters
            total = now.cost + cost
            more = now.evaluations + (1 if cost.suite_runs else 0)
            self._counters = replace(now, evaluations=more, cost=total, equivalents=self._equivalents(total))

    def _equivalents(self, cost: Cost) -> float:
        return cost.seconds / self.suite_seconds if self.suite_seconds > 0 else float(cost.suite_runs) / 2

    def _evaluation(
        self, duties: tuple[Duty, ...], trees: Mapping[Owner, str], asked: tuple[str, ...], cost: Cost
    ) -> Evaluation:
        by: dict[str, set[str]] = {"failed": set(), "passed": set(), "undecided": set(), "flaky": set()}
        messages = {}
        for duty in duties:
            known, key = self._known(trees[duty.owner]), str(duty)
            answer = "flaky" if duty in self._flaky else known.answer(duty.test)
            by[answer].add(key)
            if answer == "failed":
                messages[key] = known.message(duty.test)
        observed = [self._known(tree) for tree in asked]
        status: EvaluationStatus = "ok"
        if any(o.unverified for o in observed):
            status = "unverified"
        elif any(o.uncollected for o in observed):
            status = "broken"
        return Evaluation(
            status,
            frozenset(by["failed"]),
            frozenset(by["passed"]),
            frozenset(by["undecided"]),
            frozenset(by["flaky"]),
            tuple((o, run) for o in self.owners if (run := self._known(trees[o]).whole) is not None),
            tuple(trees.items()),
            tuple(sorted(messages.items())),
            frozenset(str(d) for d in duties if d.test not in self._known(trees[d.owner]).traced),
            cost,
            self._equivalents(cost),
        )
