"""What ``radar`` found, as values: upstream's changes that the fork lacks, each tried by itself.

Invariant: a change is ``green`` only if its tree was seen to pass every required test of the fork and the change's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forkmerge.model.revision import Scenario  # noqa: TC001 - codec reads the annotations
from forkmerge.report.transplant import NO_SANDBOX
from forkmerge.report.values import VERSION, Proposal, RunReport, SandboxReport


class Fate(StrEnum):
    """What came of a change, tried by itself.

    ``green``: no required test is lost, and its own pass; ``own-tests-fail``: they don't, without what else upstream
    has; ``loses-tests``: of the fork; ``conflict``: it does not merge by itself; ``in-the-fork``: the fork has it (the
    same patch, or nothing is left to take); ``not-tried``: the budget, the time or the user ended the run before;
    ``unverified``: the tests could not be run to their end.
    """

    GREEN = "green"
    OWN = "own-tests-fail"
    LOSES = "loses-tests"
    CONFLICT = "conflict"
    PRESENT = "in-the-fork"
    UNTRIED = "not-tried"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class RadarChange:
    """A commit of upstream's, or a merge taken as one change.

    ``added`` and ``removed`` count the lines that it changes in the fork; ``tests`` are those that it adds or changes,
    ``mends`` tests that fail on the fork's code and pass with it; ``failing`` are its own that fail with it, ``lost``
    required tests of the fork.  ``number`` is that of the proposal, 0 where there is none.
    """

    commit: str
    author: str
    subject: str
    merge: bool
    fate: Fate
    why: str = ""
    number: int = 0
    added: int = 0
    removed: int = 0
    tests: int = 0
    mends: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Radar:
    """A whole run: the changes, those that can be taken first; ``older`` counts changes that were not looked at."""

    scenario: Scenario
    changes: tuple[RadarChange, ...]
    older: int = 0
    required: int = 0
    proposals: tuple[Proposal, ...] = ()
    parents: tuple[RunReport, ...] = ()
    run: str = ""
    evaluations: int = 0
    suite_equivalents: float = 0.0
    cached: int = 0
    seconds: float = 0.0
    sandbox: SandboxReport = NO_SANDBOX
    warnings: tuple[str, ...] = ()
    complete: bool = True
    interrupted: bool = False
    version: int = VERSION

    def of(self, fate: Fate) -> tuple[RadarChange, ...]:
        """Return the changes with this fate."""
        return tuple(change for change in self.changes if change.fate is fate)
