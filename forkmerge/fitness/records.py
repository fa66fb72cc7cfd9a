"""The ledger, bound to what stays the same while one scenario is evaluated: command, environment, policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from forkmerge.fitness.keys import selection_key
from forkmerge.fitness.ledger import Key, Ledger

if TYPE_CHECKING:
    from forkmerge.model.outcome import SuiteRun, TestId


class Purpose(StrEnum):
    """Why a run is asked for.

    ``suite``: all tests; ``reverse``: all, in the opposite order; ``gate``: collect all, run none; ``selection``: some
    tests; ``rerun``: some tests once more, so answered from the record of reruns alone.
    """

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


class Recall(Protocol):
    """What is known of earlier runs."""

    def get(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun | None:
        """Return the latest recorded run that came to its end, None when there is none."""
        ...

    def runs(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> tuple[SuiteRun, ...]:
        """Return all recorded runs that came to their end, oldest first."""
        ...

    def put(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose, run: SuiteRun) -> None:
        """Record a run."""
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """A ``Recall`` over the ledger; ``environment`` as ``keys.environment_key`` gives it.

    ``former`` is what an older forkmerge called the same policy ("": nothing); what it recorded still counts.
    """

    ledger: Ledger
    command: str
    environment: str
    policy: str
    former: str = ""

    def get(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun | None:
        """Return the latest recorded run that came to its end, None when there is none."""
        key = self.key(tree, tests, purpose)
        found = self.ledger.get(key)
        return found if found is not None or not self.former else self.ledger.get(replace(key, policy=self.former))

    def runs(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> tuple[SuiteRun, ...]:
        """Return all recorded runs that came to their end, oldest first."""
        key = self.key(tree, tests, purpose)
        older = self.ledger.runs(replace(key, policy=self.former)) if self.former else ()
        return (*older, *self.ledger.runs(key))

    def put(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose, run: SuiteRun) -> None:
        """Record a run."""
        self.ledger.put(self.key(tree, tests, purpose), run)

    def key(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> Key:
        """Return the key under which such a run is recorded; a rerun is no run of its selection: it stands apart."""
        selection = purpose.value if purpose in (Purpose.GATE, Purpose.REVERSE) else selection_key(tests)
        if purpose is Purpose.RERUN:
            selection = f"{purpose.value} {selection}"
        return Key(tree, self.command, self.environment, self.policy, selection)
