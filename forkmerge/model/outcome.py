"""Outcomes of test runs.

A crash, a timeout and "could not tell" are statuses, never numbers, and a sandbox that did not start is not a failed
test: ``RunStatus.UNVERIFIED``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.model.reach import Reach


@dataclass(frozen=True, slots=True, order=True)
class TestId:
    """Identity of a test: the runner, its file, the suite path in the file, its name, and an ordinal for doubles."""

    __test__ = False

    runner: str
    file: str
    suite: str
    name: str
    ordinal: int = 0

    def __str__(self) -> str:
        middle = f"::{self.suite}" if self.suite else ""
        last = f"#{self.ordinal}" if self.ordinal else ""
        where = f"{self.file}{middle}" if self.file else self.suite or self.runner
        return f"{where}::{self.name}{last}"


class Status(StrEnum):
    """What one test did."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"

    @property
    def good(self) -> bool:
        """Return whether this counts as passing (an expected failure that fails does)."""
        return self in (Status.PASSED, Status.XFAILED)


@dataclass(frozen=True, slots=True)
class TestResult:
    """One finished test; ``seconds`` is wall time, ``message`` the first lines of what went wrong."""

    __test__ = False

    test: TestId
    status: Status
    seconds: float = 0.0
    message: str = ""


class RunStatus(StrEnum):
    """What a whole run did; only COMPLETED says that the listed results are all there are."""

    COMPLETED = "completed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    UNCOLLECTED = "uncollected"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One run of a test command on one tree.

    ``results`` are in the order in which the tests finished.  ``exit_code`` is that of the command (None when it never
    ended by itself), ``tail`` the last lines of its output, ``collected`` the number of tests it said it would run
    (None where the runner does not tell), ``reach`` what its tests touched (None: nothing is known of that),
    ``machine`` the worker of a cluster that made it ("": the machine that asked for it).
    """

    status: RunStatus
    results: tuple[TestResult, ...] = ()
    exit_code: int | None = None
    seconds: float = 0.0
    tail: str = ""
    collected: int | None = None
    reach: Reach | None = None
    machine: str = ""
