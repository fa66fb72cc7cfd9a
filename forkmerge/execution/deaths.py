"""A worker's death: what ended a run was neither its tests nor their limits, so the run says nothing about its tree.

The sandbox did not start or was killed from outside, memory or the disk was full, the clone was not its tree.  The job
is run again, in a clone of its own; the third death makes it ``RunStatus.UNVERIFIED``.  A test that kills its own
process looks like a kill from outside, but kills it again: the same test twice is the test's own doing, a crash.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.execution import load
from forkmerge.model.outcome import RunStatus, Status, SuiteRun

if TYPE_CHECKING:
    from forkmerge.model.outcome import TestId
    from forkmerge.sandbox.command import Completed

TRIES = 3
_LEAST_DISK = 4 << 20


class Died(ForkmergeError):  # noqa: N818 - named for what is the matter, as the errors of errors.py are
    """The run says nothing about its tree; ``run`` is what there is of it, if it may still be the tests' own doing."""

    def __init__(self, message: str, *, where: str = "", run: SuiteRun | None = None) -> None:
        super().__init__(message, where=where)
        self.run = run


def check(run: SuiteRun, ends: list[Completed], *, folder: str, killed_before: int) -> None:
    """Raise Died where what the machine did explains ``run`` as well as what the tests did.

    ``ends`` is how each process of the run ended, ``folder`` where it wrote, ``killed_before`` what ``load.killed``
    said when it began.
    """
    if any(end.status == "not-started" for end in ends):
        reason = next(end.reason for end in ends if end.status == "not-started")
        raise Died(f"the sandbox did not start: {reason}")
    if run.status is RunStatus.COMPLETED and all(r.status in _FINE for r in run.results) and run.exit_code == 0:
        return
    if load.killed() > killed_before:
        raise Died("memory was short on this machine while it ran")
    if _full(folder):
        raise Died("the disk was full while it ran", where=folder)
    if any(end.signal == signal.SIGKILL for end in ends):
        raise Died("it was killed by SIGKILL", run=run)


def place(run: SuiteRun) -> frozenset[TestId]:
    """Return the tests that were running when a process of ``run`` ended: where it was killed."""
    return frozenset(result.test for result in run.results if result.status is Status.CRASHED)


def unverified(deaths: list[Died]) -> SuiteRun:
    """Return the run of a job that killed too many workers, or was killed with them: nobody can tell."""
    told = dict.fromkeys(f"{death.message} ({death.where})" if death.where else death.message for death in deaths)
    seconds = max((death.run.seconds for death in deaths if death.run is not None), default=0.0)
    return SuiteRun(RunStatus.UNVERIFIED, seconds=seconds, tail=f"could not verify, {TRIES} tries: {'; '.join(told)}")


_FINE = frozenset({Status.PASSED, Status.XFAILED, Status.SKIPPED, Status.XPASSED})


def _full(folder: str) -> bool:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LEAST_DISK or (disk.f_files > 0 and disk.f_favail == 0)
