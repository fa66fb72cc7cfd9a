"""Runs of a test command on trees: a clone from the pool, the suite in it, the progress told while it runs.

This is the ``RunTree`` that fitness is given.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.errors import Interrupted, UsageError
from forkmerge.execution.pool import Job, Pool
from forkmerge.execution.setups import Making, Setups, make, wishes
from forkmerge.execution.suite import Suite, run
from forkmerge.fitness.records import Purpose
from forkmerge.report.events import Remark, TestFinished
from forkmerge.sandbox.overlay import stack
from forkmerge.suites.runner import Mode, TestLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from typing import Self

    from forkmerge.app.settings import Settings
    from forkmerge.execution.cluster import Cluster
    from forkmerge.execution.environment import Environment
    from forkmerge.execution.setups import Recipe
    from forkmerge.execution.workshop import Workspace
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.source import Entry
    from forkmerge.report.events import Progress
    from forkmerge.sandbox.backend import Backend
    from forkmerge.suites.runner import Runner, TestCommand

_TICKS_PER_REPORT = 3
_TREES_KEPT = 16
_BEGUN_KEPT = 32
_MODES = {Purpose.REVERSE: Mode.REVERSE, Purpose.GATE: Mode.COLLECT}


@dataclass(frozen=True, slots=True)
class Setting:
    """How tests are run: by which runner and command, in which sandbox, with what of the user's environment.

    ``left_out`` says which of the project's suites are not run, and why.  ``wishes`` are what the user's environment
    was made for (None: nobody knows); ``recipe`` makes one for a tree that asks for something else.
    """

    runner: Runner
    command: TestCommand
    backend: Backend
    environment: Environment
    network: bool = False
    left_out: tuple[str, ...] = ()
    recipe: Recipe | None = None
    wishes: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    tests: tuple[TestId, ...] | None
    purpose: Purpose
    limits: TestLimits
    environment: Environment


def wished(limits: TestLimits, settings: Settings) -> TestLimits:
    """Return ``limits`` with those that the user set instead."""
    return replace(
        limits,
        per_test=limits.per_test if settings.test_timeout is None else settings.test_timeout,
        hung=limits.hung if settings.test_timeout is None else None,
        whole=limits.whole if settings.run_timeout is None else settings.run_timeout,
    )


class Runs:
    """Runs the tests of trees of ``repo``; use it as a context manager (leaving it stops what is running).

    ``limits`` can be set anew when the parents' runs have told how long things take; with ``reach`` the runs tell what
    each test touches, where that can be told.
    """

    def __init__(
        self,
        repo: Repository,
        setting: Setting,
        *,
        jobs: int,
        base: str,
        progress: Progress,
        over: Callable[[], bool],
        cluster: str = "",
    ) -> None:
        self.setting = setting
        self.limits = TestLimits(per_test=300.0, whole=3600.0)
        self.label = ""
        self.reach = False
        self._repo = repo
        self._progress = progress
        self._over = over
        self._stopped = threading.Event()
        self._reading = threading.Lock()
        self._trees: dict[str, Mapping[str, Entry]] = {}
        self._begun: dict[tuple[str, _Task], Future[SuiteRun]] = {}
        self._environments: dict[str, Environment] = {}
        self._setups: Setups | None = None
        self._asked_for: set[str] = set()
        if setting.recipe is not None:
            if cluster:
                raise UsageError("--setup makes environments on this machine; workers of a cluster bring their own")
            self._setups = Setups(
                setting.recipe,
                setting.environment,
                setting.wishes or {},
                base=base,
                read=repo.read,
                submit=self._make,
            )
        self._cluster = self._connected(cluster) if cluster else None
        self._pool = Pool(jobs, base=base, read=repo.read, run_job=self._run, stack=partial(stack, setting.backend))

    def __call__(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun:
        """Return the run of the command on ``tree``; raises Interrupted when the time of the whole search is up."""
        if self._stopped.is_set():
            raise Interrupted("the run was stopped")
        if self._over():
            raise Interrupted("the time is up")
        task = self._task(tree, tests, purpose)
        begun = self._begun.pop((tree, task), None)
        if begun is None or begun.cancel():  # what was begun and still waits has no right of way: it begins anew
            begun = self._submit(tree, task)
        return begun.result()

    def begin(self, asked: Iterable[tuple[str, tuple[TestId, ...] | None, Purpose]]) -> None:
        """Begin with runs that are likely to be asked for next, on workers that have nothing to do.

        Whoever asks for one gets what was begun: the same run, earlier.  What was begun before, is not among these and
        has not got a worker yet is dropped.
        """
        if self._setups is not None or self._stopped.is_set():
            return
        keys = [(tree, self._task(tree, tests, purpose)) for tree, tests, purpose in asked]
        for key, future in list(self._begun.items()):
            if key not in keys and future.cancel():
                self._begun.pop(key, None)
        for key in keys:
            if key not in self._begun and self.idle > 0:
                self._begun[key] = self._submit(*key, speculative=True)
        for key in list(self._begun)[:-_BEGUN_KEPT]:
            self._begun.pop(key, None)

    @property
    def idle(self) -> int:
        """Return how many more runs could go on right now."""
        return self._cluster.idle if self._cluster is not None else self._pool.idle

    def _task(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> _Task:
        environment = self._environments.get(tree)
        if environment is None:
            environment = self._environments[tree] = self._environment(self._entries(tree))
        return _Task(tests, purpose, replace(self.limits, reach=self.reach), environment)

    def _submit(self, tree: str, task: _Task, *, speculative: bool = False) -> Future[SuiteRun]:
        if self._cluster is not None:
            return self._cluster.submit(Job(tree, tree, {}, self._suite(task)), speculative=speculative)
        return self._pool.submit(Job(tree, tree, self._entries(tree), task), speculative=speculative)

    @property
    def elsewhere(self) -> str:
        """Return in words how many runs other machines made, "" for none."""
        made = self._cluster.machines if self._cluster is not None else {}
        if not made:
            return ""
        runs = "one test run was" if sum(made.values()) == 1 else f"{sum(made.values())} test runs were"
        return f"{runs} made by workers of the cluster, in the same environment as here: {', '.join(sorted(made))}"

    @property
    def unmet(self) -> str:
        """Return in words what trees asked for that the user's environment was not made for, "" for nothing."""
        if not self._asked_for:
            return ""
        files = ", ".join(sorted(self._asked_for)[:3]) + (", ..." if len(self._asked_for) > 3 else "")
        return f"the sides ask for different dependencies ({files}); all tests ran in your environment: see --setup"

    def _environment(self, entries: Mapping[str, Entry]) -> Environment:
        """Return the environment for a tree, made now if need be."""
        if self._setups is not None:
            return self._setups.environment(entries)
        own = self.setting.wishes
        if own is not None and not self._asked_for:
            asked = wishes(entries, self._repo.read)
            self._asked_for.update(path for path in {*asked, *own} if asked.get(path) != own.get(path))
            if self._asked_for:
                self._progress.update(Remark(self.unmet, warning=True))
        return self.setting.environment

    def _make(self, tree: str, entries: Mapping[str, Entry], making: Making) -> SuiteRun:
        self._progress.update(Remark(f"making an environment for {', '.join(sorted(entries))}"))
        return self._pool.submit(Job(tree, tree, entries, making)).result()

    def _connected(self, address: str) -> Cluster:
        from forkmerge.app.testing import identity  # noqa: PLC0415 - it leads to this module again
        from forkmerge.execution.cluster import Cluster  # noqa: PLC0415 - only with --cluster

        def tell(current: str, finished: int, total: int | None) -> None:
            self._progress.update(TestFinished(self.label, current, True, finished, total))

        return Cluster(
            address,
            self._repo,
            identify=identity,
            progress=tell,
            stopped=lambda: self._stopped.is_set() or self._over(),
        )

    def _entries(self, tree: str) -> Mapping[str, Entry]:
        """Return the entries of ``tree``; those of the last few trees are kept, for a search comes back to them."""
        with self._reading:
            found = self._trees.pop(tree, None)
            if found is None:
                found = self._repo.entries(tree)
                if len(self._trees) >= _TREES_KEPT:
                    del self._trees[next(iter(self._trees))]
            self._trees[tree] = found
            return found

    def stop(self) -> None:
        """Have everything that is running killed, and let nothing start any more; safe in a signal handler."""
        self._stopped.set()

    def close(self, *, cancel: bool = True) -> None:
        """Stop and clean up."""
        if self._cluster is not None:
            self._cluster.close(cancel=cancel)
        self._pool.close(cancel=cancel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, job: Job, workspace: Workspace) -> SuiteRun:
        task = job.payload
        if isinstance(task, Making):
            return make(task, workspace, self.setting.environment, self.setting.backend)
        assert isinstance(task, _Task)  # noqa: S101 - the pool hands back what it was given
        ticks = self._ticks(workspace, task)
        return run(self._suite(task), workspace, on_tick=lambda: next(ticks))

    def _suite(self, task: _Task) -> Suite:
        setting = self.setting
        return Suite(
            setting.runner,
            setting.command,
            task.environment,
            setting.backend,
            tests=task.tests,
            test_limits=task.limits,
            mode=_MODES.get(task.purpose, Mode.RUN),
            network=setting.network,
        )

    def _ticks(self, workspace: Workspace, task: _Task) -> Iterator[bool]:
        """Yield whether to stop, and tell the progress now and then."""
        reader = self.setting.runner.progress(workspace.events)
        count = 0
        while True:
            count += 1
            if count % _TICKS_PER_REPORT == 0 and task.purpose is not Purpose.GATE:
                found = reader.read()
                self._progress.update(TestFinished(self.label, found.current, True, found.finished, found.total))
            yield workspace.cancelled() or self._stopped.is_set() or self._over()
