"""Runs of a test command on trees: a clone from the pool, the runner's invocation, the sandbox, the results.

This is the ``RunTree`` that fitness is given.  A hung or crashed test takes its process along; the run goes on with the
tests that are left, a few times, and what then is still missing is reported as missing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import Interrupted
from forkmerge.execution.pool import Job, Pool, Workspace
from forkmerge.fitness.records import Purpose
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.report.events import TestFinished
from forkmerge.sandbox.command import Limits
from forkmerge.suites.runner import Ended, Mode, TestLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from forkmerge.execution.environment import Environment
    from forkmerge.git.repository import Repository
    from forkmerge.report.events import Progress
    from forkmerge.sandbox.backend import Backend
    from forkmerge.sandbox.command import Completed
    from forkmerge.suites.runner import Runner, TestCommand

_RESUMES = 5
_TICKS_PER_REPORT = 3
_MODES = {Purpose.REVERSE: Mode.REVERSE, Purpose.GATE: Mode.COLLECT}


@dataclass(frozen=True, slots=True)
class Setting:
    """How tests are run: by which runner and command, in which sandbox, with what of the user's environment."""

    runner: Runner
    command: TestCommand
    backend: Backend
    environment: Environment
    network: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    tests: tuple[TestId, ...] | None
    purpose: Purpose
    limits: TestLimits


class Runs:
    """Runs the tests of trees of ``repo``; use it as a context manager (leaving it stops what is running).

    ``limits`` can be set anew when the parents' runs have told how long things take.
    """

    def __init__(
        self, repo: Repository, setting: Setting, *, jobs: int, base: str, progress: Progress, over: Callable[[], bool]
    ) -> None:
        self.setting = setting
        self.limits = TestLimits(per_test=300.0, whole=3600.0)
        self.label = ""
        self._repo = repo
        self._progress = progress
        self._over = over
        self._pool = Pool(jobs, base=base, read=repo.read, run_job=self._run)

    def __call__(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun:
        """Return the run of the command on ``tree``; raises Interrupted when the time of the whole search is up."""
        if self._over():
            raise Interrupted("the time is up")
        job = Job(tree, tree, self._repo.entries(tree), _Task(tests, purpose, self.limits))
        return self._pool.submit(job).result()

    def close(self, *, cancel: bool = True) -> None:
        """Stop and clean up."""
        self._pool.close(cancel=cancel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, job: Job, workspace: Workspace) -> SuiteRun:
        task = job.payload
        assert isinstance(task, _Task)  # noqa: S101 - the pool hands back what it was given
        setting = self.setting
        setting.environment.prepare(workspace.candidate, setting.backend)
        ended: Ended | None = None
        tests = task.tests
        for _ in range(_RESUMES):
            now = self._once(workspace, task, tests)
            ended = now if ended is None else replace(now, seconds=ended.seconds + now.seconds)
            if self._over() or ended.status is RunStatus.UNVERIFIED:
                break
            tests = setting.runner.unfinished(events_path=workspace.events, completed=ended)
            if not tests:
                break
        assert ended is not None  # noqa: S101 - the loop runs at least once
        return setting.runner.collect(events_path=workspace.events, candidate=workspace.candidate, completed=ended)

    def _once(self, workspace: Workspace, task: _Task, tests: tuple[TestId, ...] | None) -> Ended:
        setting = self.setting
        place = setting.backend.place(
            setting.environment.command((), candidate=workspace.candidate, backend=setting.backend)
        )
        invocation = setting.runner.prepare(
            setting.command,
            support=workspace.support,
            events=workspace.events,
            tests=tests,
            limits=task.limits,
            mode=_MODES.get(task.purpose, Mode.RUN),
            root=place,
        )
        for name, data in invocation.files:
            with open(os.path.join(workspace.support, name), "wb") as file:  # noqa: PTH118, PTH123 - as in execution/
                file.write(data)
        command = setting.environment.command(
            invocation.argv,
            candidate=workspace.candidate,
            backend=setting.backend,
            env=invocation.env,
            limits=Limits(wall=task.limits.whole or 3600.0),
            support=workspace.support,
            events=workspace.events,
            directory=setting.command.directory,
            network=setting.network,
        )
        ticks = self._ticks(workspace, task)
        completed = setting.backend.run(command, on_tick=lambda: next(ticks))
        if workspace.cancelled() or (completed.status == "killed" and self._over()):
            raise Interrupted("the run was stopped")
        return _ended(completed)

    def _ticks(self, workspace: Workspace, task: _Task) -> Iterator[bool]:
        """Yield whether to stop, and tell the progress now and then."""
        reader = self.setting.runner.progress(workspace.events)
        count = 0
        while True:
            count += 1
            if count % _TICKS_PER_REPORT == 0 and task.purpose is not Purpose.GATE:
                found = reader.read()
                self._progress.update(TestFinished(self.label, found.current, True, found.finished, found.total))
            yield workspace.cancelled() or self._over()


def _ended(completed: Completed) -> Ended:
    """Return how the command ended, as the runners understand it."""
    status = {
        "exited": RunStatus.COMPLETED,
        "timeout": RunStatus.TIMEOUT,
        "killed": RunStatus.CRASHED,
        "not-started": RunStatus.UNVERIFIED,
    }[completed.status]
    code = -completed.signal if completed.signal is not None else completed.code
    tail = completed.stdout_tail.decode("utf-8", "replace")
    return Ended(code, status, completed.reason + "\n" + tail if completed.reason else tail, completed.seconds)
