"""The other documents that ``--json`` prints, as values: ``show``, ``align``, ``merge``, ``languages``, ...

Invariant: each has a ``version`` and a schema in ``docs/reference/schemas/`` that is made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forkmerge.model.revision import Scenario  # noqa: TC001 - codec reads the annotations
from forkmerge.report.check import CheckReport
from forkmerge.report.codec import schema
from forkmerge.report.explained import Explanation
from forkmerge.report.ledgered import LedgerEntryShown, LedgerList, LedgerVerdict
from forkmerge.report.radar import Radar
from forkmerge.report.transplant import Transplant
from forkmerge.report.values import VERSION, Diversity, GitReport, Proposal, Proposals, SandboxReport

SCHEMA_HOME = "https://forkmerge.readthedocs.io/schemas"


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """One proposal with what is needed to judge it: its ``run``, the scenario, git's own merge and the sandbox.

    ``diversity`` is there where the proposal is one of several answers that behave differently.
    """

    run: str
    scenario: Scenario
    proposal: Proposal
    git: GitReport
    sandbox: SandboxReport
    warnings: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    diversity: Diversity | None = None
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands: the path, the line of its first byte (from 1) and its name with its scopes."""

    path: str
    line: int
    unit: str


@dataclass(frozen=True, slots=True)
class AlignedUnits:
    """The same unit in base, fork and upstream; a side that lacks it is None.

    ``kind`` is the greatest step between base, fork and upstream (``same``, ``renamed``, ``moved``, ``moved-file``,
    ``added``, ``deleted``, ``split`` off another unit, ``joined`` into one, ...), ``fork_kind`` and ``upstream_kind``
    are those of each side ("" without a base unit); ``change`` says who changed its text (``none``, ``fork``,
    ``upstream``, ``both``, ``same``: both alike); ``score`` is how alike the least alike two are (1: unchanged),
    ``doubtful`` that the match decides nothing.
    """

    kind: str
    fork_kind: str
    upstream_kind: str
    change: str
    score: float
    doubtful: bool
    base: Place | None
    fork: Place | None
    upstream: Place | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocusPlace:
    """A place where something can be chosen.

    ``id`` is stable for the same inputs; ``sides`` are those that changed it, ``alleles`` the origins of what can stand
    there; ``conflict`` says that the merge left it open.
    """

    id: str
    path: str
    unit: str
    sides: tuple[str, ...]
    conflict: bool
    alleles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alignment:
    """What ``align`` lists: the homologous units of fork and upstream, and the loci."""

    scenario: Scenario
    units: tuple[AlignedUnits, ...]
    loci: tuple[LocusPlace, ...] = ()
    skipped: tuple[str, ...] = ()
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the profiles: whether its grammar can be imported here, and the ``mend`` where it can't.

    Files with an extension of ``by_content`` are taken for this language only if what is in them bears it out.
    ``grammar`` is "" for files that are merged by what their lines mean; ``source`` is the file of a profile of the
    user's own, "" for one that is built in.
    """

    name: str
    extensions: tuple[str, ...]
    by_content: tuple[str, ...]
    file_names: tuple[str, ...]
    grammar: str
    grammar_version: str
    available: bool
    problem: str = ""
    mend: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Languages:
    """What ``languages`` lists; with ``--check`` how many profiles were looked at and what is wrong instead."""

    languages: tuple[Language, ...]
    checked: int = 0
    problems: tuple[str, ...] = ()
    version: int = VERSION


class State(StrEnum):
    """Of a check: ``ok``; ``limited`` works less well; ``missing`` keeps forkmerge from its main job."""

    OK = "ok"
    LIMITED = "limited"
    MISSING = "missing"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that ``doctor`` looked at: what was found, and the ``mend`` where something is amiss."""

    group: str
    name: str
    state: State
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What ``doctor`` found; ``statement`` is what the active sandbox promises, and what it does not."""

    checks: tuple[Check, ...]
    statement: tuple[str, ...] = ()
    version: int = VERSION

    @property
    def missing(self) -> tuple[Check, ...]:
        """Return the checks that keep forkmerge from its main job."""
        return tuple(check for check in self.checks if check.state is State.MISSING)


DOCUMENTS: dict[str, type] = {
    "propose": Proposals,
    "show": ShownProposal,
    "transplant": Transplant,
    "radar": Radar,
    "check": CheckReport,
    "align": Alignment,
    "merge": Explanation,
    "solve": Explanation,
    "explain": Explanation,
    "languages": Languages,
    "doctor": Diagnosis,
    "ledger-list": LedgerList,
    "ledger-show": LedgerEntryShown,
    "ledger-verify": LedgerVerdict,
}
"""Command -> the value that its ``--json`` prints."""


def schema_of(command: str) -> dict[str, Any]:
    """Return the JSON Schema of the document that ``forkmerge COMMAND --json`` prints."""
    title = f"forkmerge {command.replace('ledger-', 'ledger ')} --json"
    return schema(DOCUMENTS[command], title=title, identifier=f"{SCHEMA_HOME}/{command}.json")
