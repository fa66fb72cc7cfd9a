"""What ``transplant`` found, as values: what was taken of upstream, what it mends, and what stands in the way.

Invariants: ``proposal`` is there exactly when the verdict is ``found``; nothing is claimed that was not observed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forkmerge.model.revision import Scenario  # noqa: TC001 - codec reads the annotations
from forkmerge.report.values import VERSION, Proposal, RunReport, SandboxReport, Waiver

NO_SANDBOX = SandboxReport("none", "none")


class Outcome(StrEnum):
    """How it ended.

    ``found``: the goal passes with what was taken and no test of the fork is lost; ``nothing-to-do``: it passes on the
    fork as it is; ``impossible``: everything that was tried fails the goal or loses tests; ``unfinished``: the budget,
    the time or the user ended it before that was known.
    """

    FOUND = "found"
    NOTHING = "nothing-to-do"
    IMPOSSIBLE = "impossible"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class GoalTest:
    """A goal: what it does on upstream, on the fork's code, and with what was taken ("" where it was not run).

    ``test`` is its name in the proposal (a file may stand elsewhere in the fork).
    """

    test: str
    upstream: str
    before: str = ""
    after: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class TakenChange:
    """Lines that were taken of upstream: where they stand in the proposal, and the commit that made them.

    ``role`` is ``goal`` (the test itself), ``test`` (what it needs besides) or ``code``; ``adapted``: upstream has
    other words there, they were merged with the fork's or follow what the fork renamed.
    """

    path: str
    line: int
    unit: str
    added: int
    removed: int
    role: str
    commit: str = ""
    author: str = ""
    subject: str = ""
    adapted: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A place that the changes were looked for in, how many there are, and why they do not do ("" where they do)."""

    source: str
    changes: int
    why: str = ""
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transplant:
    """A whole run.

    ``goals`` are upstream's tests, ``taken`` the changes, ``source`` where they come from in words, ``offered`` how
    many there were to choose from, ``minimal``: no single one of them can be left out.  ``lost`` are required tests of
    the fork that stand in the way, ``waivers`` tests of the fork that a taken version replaces.  ``evaluations`` counts
    runs of whole suites, ``probes`` runs of single tests, ``suite_equivalents`` their time in suites of the fork.
    """

    scenario: Scenario
    outcome: Outcome
    reason: str
    goals: tuple[GoalTest, ...] = ()
    taken: tuple[TakenChange, ...] = ()
    source: str = ""
    offered: int = 0
    minimal: bool = False
    tried: tuple[Tried, ...] = ()
    required: int = 0
    lost: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    parents: tuple[RunReport, ...] = ()
    proposal: Proposal | None = None
    run: str = ""
    evaluations: int = 0
    probes: int = 0
    suite_equivalents: float = 0.0
    cached: int = 0
    seconds: float = 0.0
    sandbox: SandboxReport = NO_SANDBOX
    warnings: tuple[str, ...] = ()
    complete: bool = True
    interrupted: bool = False
    version: int = VERSION
