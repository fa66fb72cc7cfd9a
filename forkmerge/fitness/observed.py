"""What is known of one tree while a scenario is evaluated: the latest answer of each of its tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId

COLLECTION = "(collection)"
Answer: TypeAlias = Literal["passed", "failed", "undecided"]


@dataclass(slots=True)
class Observed:
    """Answers of the tests on one tree; changed only by a thread that holds ``lock``.

    ``whole`` is the run of the whole suite, if there was one; ``confirmed`` are failures that repeated alone; of what
    ``traced`` tests answered it is known what they touched;
    ``uncollected``: nothing at all could be collected; ``unverified``: the last run could not tell.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    statuses: dict[TestId, Status] = field(default_factory=dict)
    messages: dict[TestId, str] = field(default_factory=dict)
    confirmed: set[TestId] = field(default_factory=set)
    traced: set[TestId] = field(default_factory=set)
    whole: SuiteRun | None = None
    gate: SuiteRun | None = None
    uncollected: bool = False
    unverified: bool = False

    def learn_whole(self, run: SuiteRun) -> None:
        """Take in a run of the whole suite; what it does not list is missing, unless it broke off."""
        self._learn(run)
        if run.status is not RunStatus.UNVERIFIED:
            self.whole = run

    def learn_gate(self, run: SuiteRun) -> None:
        """Take in a run that only collected."""
        self.unverified = run.status is RunStatus.UNVERIFIED
        self.uncollected = _nothing_collected(run)
        self.gate = None if self.unverified else run

    def learn_some(self, tests: tuple[TestId, ...], run: SuiteRun) -> None:
        """Take in a run of ``tests``; one of them that it does not list is an error, unless the run broke off."""
        self._learn(run)
        if run.status in (RunStatus.COMPLETED, RunStatus.UNCOLLECTED):
            for test in tests:
                self.statuses.setdefault(test, Status.ERROR)
                self.messages.setdefault(test, _why_missing(test, run))

    def _learn(self, run: SuiteRun) -> None:
        self.unverified = run.status is RunStatus.UNVERIFIED
        self.uncollected = _nothing_collected(run)
        touched = run.reach.tests if run.reach is not None else {}
        self.traced.difference_update(r.test for r in run.results if r.test not in touched)
        self.traced.update(r.test for r in run.results if r.test in touched)
        for result in run.results:
            self.statuses[result.test] = result.status
            self.messages[result.test] = result.message

    def answer(self, test: TestId) -> Answer:
        """Return what is known of a test that was asked; "undecided" where a broken-off run never came to it."""
        status = self.statuses.get(test)
        if status is not None:
            return "passed" if status.good else "failed"
        if self.uncollected or (self.whole is not None and self.whole.status is RunStatus.COMPLETED):
            return "failed"
        if self.gate is not None and test.file in uncollected_files(self.gate):
            return "failed"
        return "undecided"

    def message(self, test: TestId) -> str:
        """Return why a test failed."""
        run = self.whole or self.gate
        return self.messages.get(test) or (_why_missing(test, run) if run is not None else "not collected")


def uncollected_files(run: SuiteRun) -> frozenset[str]:
    """Return the files whose tests could not be collected."""
    return frozenset(r.test.file for r in run.results if r.test.name == COLLECTION and not r.status.good)


def _nothing_collected(run: SuiteRun) -> bool:
    return run.status is RunStatus.UNCOLLECTED or (run.collected == 0 and bool(run.results))


def _why_missing(test: TestId, run: SuiteRun) -> str:
    for result in run.results:
        if result.test.name == COLLECTION and result.test.file == test.file:
            return result.message or "not collected"
    return "\n".join(run.tail.splitlines()[-4:]) if run.status is RunStatus.UNCOLLECTED else "not collected"
