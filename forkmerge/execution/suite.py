"""One run of a test suite in one workspace: prepare, run in the sandbox, resume after a hung test, collect.

This is a ``RunJob`` for the pool: the payload of a job is a ``Suite``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import Interrupted
from forkmerge.execution import deaths, load
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.sandbox.command import Command, Limits
from forkmerge.suites.runner import Ended, Invocation, Mode, Runner, TestCommand, TestLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.execution.environment import Environment
    from forkmerge.execution.pool import Job
    from forkmerge.execution.workshop import Workspace
    from forkmerge.sandbox.backend import Backend
    from forkmerge.sandbox.command import Completed

MAX_RESUMES = 50
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Suite:
    """What to run in a candidate: ``tests`` selects (None: all); ``limits`` are those of each process of the run."""

    runner: Runner
    command: TestCommand
    environment: Environment
    backend: Backend
    tests: tuple[TestId, ...] | None = None
    test_limits: TestLimits = TestLimits()  # noqa: RUF009 - frozen values
    limits: Limits = Limits()  # noqa: RUF009 - the same
    mode: Mode = Mode.RUN
    network: bool = False


def run_suite(job: Job, workspace: Workspace) -> SuiteRun:
    """Return what the suite of ``job`` (its payload, a ``Suite``) did in ``workspace``; Interrupted when stopped."""
    suite = job.payload
    if not isinstance(suite, Suite):
        raise TypeError("the payload of the job has to be a Suite")
    return run(suite, workspace)


def run(suite: Suite, workspace: Workspace, *, on_tick: Callable[[], bool] | None = None) -> SuiteRun:
    """Return what ``suite`` did; ``on_tick`` is asked about ten times a second besides the workspace, True stops it.

    Raises Died where what the machine did explains it as well, Interrupted when it was stopped.
    """
    suite.environment.prepare(workspace.candidate, suite.backend, below=workspace.below)
    killed = load.killed()
    ends = []
    whole = suite.test_limits.whole if suite.test_limits.whole is not None else suite.limits.wall
    tests, ended, left = suite.tests, Ended(None), whole

    def stop() -> bool:
        return workspace.cancelled() or (on_tick is not None and on_tick())

    for _ in range(MAX_RESUMES):
        completed = suite.backend.run(_command(suite, workspace, tests, left), on_tick=stop)
        if completed.status == "killed":
            raise Interrupted("the run was stopped")
        ends.append(completed)
        ended = _ended(completed, ended)
        left = whole - ended.seconds
        resume = suite.runner.unfinished(events_path=workspace.events, completed=ended)
        if not resume or resume == tests or left < _LEAST_SECONDS:
            break
        tests = resume
    found = suite.runner.collect(
        events_path=workspace.events, candidate=workspace.candidate, completed=ended, below=workspace.below
    )
    deaths.check(found, ends, folder=workspace.candidate, killed_before=killed)
    return found


def _command(suite: Suite, workspace: Workspace, tests: tuple[TestId, ...] | None, seconds: float) -> Command:
    invocation = _invocation(suite, workspace, tests)
    for name, data in invocation.files:
        with open(os.path.join(workspace.support, name), "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # the run may have a user id of its own
            file.write(data)
    return suite.environment.command(
        invocation.argv,
        candidate=workspace.candidate,
        below=workspace.below,
        user=workspace.user,
        backend=suite.backend,
        env=invocation.env,
        limits=replace(suite.limits, wall=seconds),
        support=workspace.support,
        events=workspace.events,
        directory=suite.command.directory,
        network=suite.network,
    )


def _invocation(suite: Suite, workspace: Workspace, tests: tuple[TestId, ...] | None) -> Invocation:
    return suite.runner.prepare(
        suite.command,
        support=workspace.support,
        events=workspace.events,
        tests=tests,
        limits=suite.test_limits,
        mode=suite.mode,
        root=suite.backend.place(Command((), workspace.candidate, suite.environment.checkout)),
    )


def _ended(completed: Completed, before: Ended) -> Ended:
    """Return ``completed`` as the runner wants it, with the seconds of the runs before."""
    seconds = before.seconds + completed.seconds
    tail = completed.stdout_tail.decode("utf-8", "replace")
    if completed.status == "not-started":
        return Ended(None, RunStatus.UNVERIFIED, f"the sandbox did not start: {completed.reason}", seconds)
    if completed.status == "timeout":
        return Ended(None, RunStatus.TIMEOUT, tail, seconds)
    if completed.signal is not None:
        return Ended(-completed.signal, RunStatus.CRASHED, tail, seconds)
    return Ended(completed.code, RunStatus.COMPLETED, tail, seconds)
