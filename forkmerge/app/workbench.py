"""What every command that runs tests on made-up trees needs: the runs, the record, and how they are ended.

settings -> how tests are run -> a pool of clones, the ledger -> the fork's own suite, several times
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app import testing
from forkmerge.app.clock import Clock
from forkmerge.app.runs import Runs, wished
from forkmerge.app.testpaths import is_test, tests_of, with_tests
from forkmerge.execution import folders
from forkmerge.fitness.ledger import Ledger, ledger_path
from forkmerge.fitness.parents import measure
from forkmerge.git import trees
from forkmerge.model.outcome import RunStatus
from forkmerge.report import events
from forkmerge.report.values import Owner as ReportOwner
from forkmerge.report.values import RunReport, SandboxReport, Verdict
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.app.settings import Settings
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.records import Recall
    from forkmerge.fitness.required import Owner
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.model.source import Tree
    from forkmerge.report.events import Progress


@dataclass(slots=True)
class Workbench:
    """One run of such a command; ``stop`` may be called before and while it is ``opened``."""

    repo: Repository
    settings: Settings
    progress: Progress
    clock: Clock = field(init=False)
    fetched: int = 0
    _runs: Runs | None = None
    _recall: Recall | None = None

    def __post_init__(self) -> None:
        self.clock = Clock(self.settings.time, time.monotonic())

    @property
    def runs(self) -> Runs:
        """Return what runs tests, while this is opened."""
        assert self._runs is not None, "the workbench is not opened"  # noqa: S101 - a mistake of the caller
        return self._runs

    @property
    def recall(self) -> Recall:
        """Return what is known of earlier runs, while this is opened."""
        assert self._recall is not None, "the workbench is not opened"  # noqa: S101 - the same
        return self._recall

    @property
    def jobs(self) -> int:
        """Return how many runs may go on at once."""
        return self.settings.jobs or min(4, os.cpu_count() or 1)

    @property
    def selects(self) -> bool:
        """Return whether single tests can be run."""
        return self.runs.setting.runner.selects

    @property
    def seconds(self) -> float:
        """Return how long it has taken until now."""
        return self.clock.passed

    @property
    def out_of_time(self) -> bool:
        """Return whether the time was seen to be up."""
        return self.clock.up

    def stop(self) -> None:
        """Have what is running killed."""
        if self._runs is not None:
            self._runs.stop()

    @contextlib.contextmanager
    def opened(self, tree: Tree) -> Iterator[None]:
        """Have tests run as those of ``tree`` are; raises what ``testing.setting`` raises."""
        used = testing.setting(self.repo, tree, self.settings, os.environ)
        ledger = Ledger.open(ledger_path(str(self.repo.common_dir)))
        for note in ledger.notes:
            self.progress.update(events.Remark(note, warning=True))
        self._recall = testing.recall(ledger, used, self.settings, os.environ)
        base = folders.base(os.environ)
        try:
            with Runs(
                self.repo,
                used,
                jobs=self.jobs,
                base=base,
                progress=self.progress,
                over=self.clock.over,
                cluster=self.settings.cluster,
            ) as self._runs:
                self._runs.limits = wished(self._runs.limits, self.settings)
                yield
        finally:
            self.fetched = ledger.fetched
            ledger.close()

    def measured(self, label: str, tree: str, times: int) -> tuple[SuiteRun, ...]:
        """Return ``times`` runs of the whole suite of ``tree``; raises MissingTool where it can't even start."""
        self.phase("running the tests", label)
        self.runs.label = label
        self.progress.update(events.EvaluationStarted(label))
        began = time.monotonic()
        found = measure(tree, run=self.runs, recall=self.recall, times=times, reverse=self.selects)
        self.clock.suites = max(self.clock.suites, *(run.seconds for run in found))
        good = sum(r.status.good for r in found[0].results)
        verdict = Verdict.GOOD if found[0].status is RunStatus.COMPLETED else Verdict.BROKEN
        bad = len(found[0].results) - good
        seconds = time.monotonic() - began
        self.progress.update(events.EvaluationFinished(label, verdict, good, bad, seconds, own=True))
        if found[0].status is RunStatus.UNVERIFIED:
            words = [line.strip() for line in found[0].tail.splitlines() if line.strip()]
            raise testing.not_run(label, self.runs.setting, words[-1] if words else "")
        return found

    def phase(self, name: str, detail: str = "") -> None:
        """Tell that a part of the work begins."""
        self.progress.update(events.PhaseStarted(name, detail))

    def tell(self, label: str, evaluation: Evaluation, seconds: float) -> None:
        """Tell what came of the evaluation of a tree by its whole suites."""
        lost = len(evaluation.failed) + len(evaluation.undecided)
        verdict = {"broken": Verdict.BROKEN, "unverified": Verdict.UNVERIFIED}.get(
            evaluation.status, Verdict.LOSES if lost else Verdict.GOOD
        )
        cached = not evaluation.cost.runs
        self.progress.update(
            events.EvaluationFinished(label, verdict, len(evaluation.passed), lost, seconds, cached=cached)
        )

    def used(self, evaluations: int) -> None:
        """Tell how much of the budget is used."""
        self.progress.update(events.BudgetUsed(evaluations, self.settings.budget, self.clock.left))

    def sandbox(self) -> SandboxReport:
        """Return what isolated the tests."""
        backend = self.runs.setting.backend
        strength = {"bubblewrap": "full"}.get(backend.name, backend.name)
        return SandboxReport(backend.name, strength, backend.describe())

    def warnings(self) -> list[str]:
        """Return what the reader should know of how the tests ran."""
        out = []
        if self.clock.up or self.clock.short:
            out.append("the time was up before the search ended")
        if self.runs.elsewhere:
            out.append(self.runs.elsewhere)
        if self.runs.setting.backend.name == "reduced":
            out.append("the sandbox was the reduced one: no namespaces, no network at all, loopback included")
        if self.runs.setting.backend.name == "none":
            out.append("the tests ran WITHOUT a sandbox, by --sandbox=none")
        if not self.selects:
            out.append("this test command tells no single tests apart or can't run them alone: whole suites were run")
        return out


@dataclass(slots=True)
class WithForksTests:
    """Trees as they are asked: upstream's tests as the tree has them, the fork's in the fork's complete test tree.

    Where a tree keeps every definition in the fork's test files, and only adds to them, it is asked as it is.
    """

    repo: Repository
    fork: Tree
    given: tuple[str, ...] = ()
    _made: dict[str, str] = field(default_factory=dict)

    def __call__(self, candidate: str, owner: Owner) -> str:
        """Return the id of the tree on which the tests of ``owner`` are run."""
        if owner == "theirs":
            return candidate
        if candidate not in self._made:
            entries = self.repo.entries(candidate)
            changes = {} if self._intact(entries) else with_tests(entries, self.fork, self.given)
            self._made[candidate] = trees.write(self.repo, candidate, changes) if changes else candidate
        return self._made[candidate]

    def _intact(self, entries: Tree) -> bool:
        mine = tests_of(self.fork, self.given)
        for path in sorted({*mine, *(p for p in entries if is_test(p, self.given))}):
            old, new = mine.get(path), entries.get(path)
            if old == new:
                continue
            if new is None or path.endswith("conftest.py"):
                return False
            if old is not None and (old.mode != new.mode or not self._keeps(path, old.oid, new.oid)):
                return False
        return True

    def _keeps(self, path: str, old: str, new: str) -> bool:
        """Return whether every named unit of a file stands in its new version, once and word for word."""
        before, after = (named_units(path, self.repo.read(oid)) for oid in (old, new))
        return bool(before) and all(after.get(name) == texts for name, texts in before.items())


def named_units(path: str, data: bytes) -> dict[tuple[str, ...], list[bytes]]:
    """Return the texts of functions, and of other named units with none inside, by scope and name; {} if unreadable."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - loaded when tests are looked into
    from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - the same

    profile = for_path(path, data)
    if profile is None:
        return {}
    try:
        found = units(profile, data)
    except ForkmergeError:
        return {}
    out: dict[tuple[str, ...], list[bytes]] = {}
    for unit in walk(found):
        if unit.name and (unit.kind in ("function", "method") or not unit.children):
            out.setdefault((*unit.scope, unit.name), []).append(unit.span.of(data).strip())
    return out


def run_report(owner: ReportOwner, runs: tuple[SuiteRun, ...], *, flaky: int = 0) -> RunReport:
    """Return the report of the runs of one suite on its own parent."""
    first = runs[0]
    skipped = sum(r.status == "skipped" for r in first.results)
    passed = sum(r.status.good for r in first.results)
    failed = len(first.results) - passed - skipped
    tail = first.tail if first.status is not RunStatus.COMPLETED else ""
    return RunReport(
        str(owner), owner, str(first.status), passed, failed, skipped, flaky, len(runs), round(first.seconds, 2), tail
    )
