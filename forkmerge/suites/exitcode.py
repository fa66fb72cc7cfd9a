"""Any command, by its exit code alone: the whole suite is one test, named by the command.

0 is passed, 125 is "could not tell" (the convention of ``git bisect run``), everything else is failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.suites.runner import Ended, Invocation, Mode, Progress, TestCommand, TestLimits

COULD_NOT_TELL = 125
NOT_STARTED = (126, 127)


@dataclass(frozen=True, slots=True)
class ExitCodeRunner:
    """The runner of commands that leave nothing but an exit code; ``command`` is the name of its one test."""

    command: str
    name: str = "exit-code"
    selects: bool = False

    def prepare(
        self,
        command: TestCommand,
        *,
        support: str,  # noqa: ARG002 - the protocol's
        events: str,  # noqa: ARG002 - the protocol's
        tests: tuple[TestId, ...] | None,  # noqa: ARG002 - there is only one
        limits: TestLimits,  # noqa: ARG002 - whoever runs the command keeps the whole-run limit
        mode: Mode = Mode.RUN,  # noqa: ARG002 - has no order, can't collect
        root: str = "",  # noqa: ARG002 - the protocol's
    ) -> Invocation:
        """Return the command unchanged."""
        return Invocation(command.argv, command.env)

    def collect(
        self,
        *,
        events_path: str,  # noqa: ARG002 - the protocol's
        candidate: str,  # noqa: ARG002 - the protocol's
        completed: Ended,
        below: str = "",  # noqa: ARG002 - the protocol's
    ) -> SuiteRun:
        """Return a run of one test; UNVERIFIED when the command could not tell or could not be started."""
        code = completed.exit_code
        verdict = _verdict(completed)
        if verdict is None:
            return SuiteRun(RunStatus.UNVERIFIED, (), code, completed.seconds, completed.tail)
        test = TestId(self.name, "", "", self.command)
        message = "" if verdict.good else "\n".join(completed.tail.splitlines()[-8:])[:800]
        result = TestResult(test, verdict, completed.seconds, message)
        return SuiteRun(RunStatus.COMPLETED, (result,), code, completed.seconds, completed.tail, 1)

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:  # noqa: ARG002 - the protocol's
        """Return (): there is nothing to resume."""
        return ()

    def progress(self, events_path: str) -> Silence:  # noqa: ARG002 - the protocol's
        """Return a reader that knows nothing before the end."""
        return Silence()


@dataclass(frozen=True, slots=True)
class Silence:
    """The progress of a command that tells nothing while it runs."""

    def read(self) -> Progress:
        """Return an empty progress."""
        return Progress()


def _verdict(completed: Ended) -> Status | None:
    if completed.status is RunStatus.TIMEOUT:
        return Status.TIMEOUT
    code = completed.exit_code
    if completed.status is RunStatus.UNVERIFIED or code == COULD_NOT_TELL or code in NOT_STARTED:
        return None
    if code == 0:
        return Status.PASSED
    return Status.CRASHED if code is None or code < 0 or code > 128 else Status.FAILED
