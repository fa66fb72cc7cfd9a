"""What a run of ``propose`` found, as values: the one thing that people's and machines' reports are made from.

Idea: everything that a report may claim is a field here, so a claim that was not observed has nowhere to stand.
Invariants: ``proposals`` are in order, best first, numbered from 1; the parents and git's own merge are always in the
record, also when nothing better was found; names of tests are ``str(TestId)``; every value survives a round trip
through ``report.codec``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forkmerge.model.revision import Revision, Scenario  # noqa: TC001 - codec reads the annotations

VERSION = 1
"""Version of the document that ``--json`` prints; it grows when a field changes its meaning or goes away."""


class Owner(StrEnum):
    """Whose test tree a suite is: each parent's own, or the one of the merged tree."""

    OURS = "ours"
    THEIRS = "theirs"
    MERGED = "merged"


class Origin(StrEnum):
    """Where a proposal comes from: a parent taken whole, git's merge, the structured merge, or a recombination."""

    OURS = "ours"
    THEIRS = "theirs"
    GIT = "git"
    STRUCTURED = "structured"
    OFFSPRING = "offspring"


class DecidedBy(StrEnum):
    """What a locus' allele rests on.

    ``undetermined``: an offspring or parent with another allele there was seen to keep every required test;
    ``untried``: none was tried that would tell.
    """

    TESTS = "tests"
    ONLY_ALLELE = "only-allele"
    ENGINE_RULE = "engine-rule"
    UNDETERMINED = "undetermined"
    UNTRIED = "untried"


class Verdict(StrEnum):
    """What the observed tests say: ``good`` keeps every required test; ``unverified`` could not be told."""

    GOOD = "good"
    LOSES = "loses-tests"
    BROKEN = "broken"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class DroppedEdit:
    """A side's edit that a proposal leaves out: which ``side``, where, by whom, and ``why``."""

    side: str
    path: str
    line: int = 0
    text: str = ""
    commit: str = ""
    author: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class LocusReport:
    """One place where the sides differ and what a proposal has there.

    ``unit`` is the name of the unit ("" for a gap or a whole file), ``line`` its line in the proposal (0 unknown),
    ``allele`` the stable name of the content taken, ``origin`` the words for it (``ours``, ``ours+theirs``, ...),
    ``sides`` the sides that changed it.  Where they conflict, ``kind`` tells what kind of place it is and ``version``
    what was taken there, in words that later merges can be compared by.
    """

    path: str
    unit: str
    line: int
    allele: str
    origin: str
    sides: tuple[str, ...]
    decided_by: DecidedBy
    note: str = ""
    dropped: tuple[DroppedEdit, ...] = ()
    kind: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class OwnerTests:
    """The tests of one ``owner`` on a proposal: ``required`` in all, ``kept`` of them, the names of the others.

    ``parent`` names the one among several upstreams that they are of.  ``emergent`` are those among ``lost`` that pass
    on every parent: an interference that none of them has; the others are lost changes.
    """

    owner: Owner
    required: int
    kept: int
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    parent: str = ""
    emergent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Required tests that a proposal passes and git's own merge does not (``rescued``), and the other way round."""

    rescued: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """One ranked candidate.

    ``commit`` and ``ref`` are empty until the run is kept.  ``kept_ours`` and ``kept_theirs`` are the shares (0..1) of
    each side's edits that are in the tree; ``chimeric`` counts the loci that equal neither parent; ``distance`` the
    loci that differ from the structured merge; ``size`` the changed lines against the base.  ``certificate`` says what
    the verdict rests on ("confirmed in a fresh clone, whole suites", "from the ledger", ...).  ``picks`` are the
    commits of upstream that its changes come from, where it takes some and not all that upstream has.  ``parent`` names
    which of several parents it is, as it is.
    """

    number: int
    tree: str
    origin: Origin
    verdict: Verdict
    tests: tuple[OwnerTests, ...]
    kept_ours: float
    kept_theirs: float
    against_git: Comparison | None = None
    loci: tuple[LocusReport, ...] = ()
    chimeric: int = 0
    distance: int = 0
    size: int = 0
    findings: tuple[str, ...] = ()
    certificate: str = ""
    commit: str = ""
    ref: str = ""
    picks: tuple[str, ...] = ()
    parent: str = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the names of the required tests that fail, of all owners, each once."""
        return tuple(dict.fromkeys(name for tests in self.tests for name in tests.lost))

    @property
    def gained(self) -> tuple[str, ...]:
        """Return the names of the tests that failed everywhere and pass now, each once."""
        return tuple(dict.fromkeys(name for tests in self.tests for name in tests.gained))


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """A suite that the proposals were measured with: whose it is, the ``command``, and the ``required`` tests in it."""

    owner: Owner
    command: str
    runner: str
    required: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """The runs of one suite on one parent (``revision`` is ``base``, ``ours`` or ``theirs``)."""

    revision: str
    owner: Owner
    status: str
    passed: int
    failed: int
    skipped: int = 0
    flaky: int = 0
    runs: int = 1
    seconds: float = 0.0
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Wholesale:
    """git's merge with every conflict resolved to one side (``favor``: ``ours``, ``theirs``), and what its tests do."""

    favor: str
    tree: str
    verdict: Verdict
    tests: tuple[OwnerTests, ...]

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the names of the required tests that fail, of all owners, each once."""
        return tuple(dict.fromkeys(name for tests in self.tests for name in tests.lost))


@dataclass(frozen=True, slots=True)
class GitReport:
    """What ``git merge`` does by itself: clean, or the paths in ``conflicts``; its tests where its tree was tested.

    ``tree`` holds conflict markers where it is not clean; ``wholesale`` is filled where the request asked for it.
    """

    clean: bool
    conflicts: tuple[str, ...] = ()
    tree: str = ""
    verdict: Verdict = Verdict.UNVERIFIED
    tests: tuple[OwnerTests, ...] = ()
    wholesale: tuple[Wholesale, ...] = ()

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the names of the required tests that fail on git's merge, of all owners, each once."""
        return tuple(dict.fromkeys(name for tests in self.tests for name in tests.lost))


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """The active backend, its strength (``full``, ``reduced``, ``none``, ...) and what it guarantees, in sentences."""

    backend: str
    strength: str
    guarantees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiver:
    """A test that is not required although it passes on its ``owner``, and ``why`` (superseded, ...)."""

    test: str
    owner: Owner
    why: str


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How many required ``tests`` the search was not told of, and which of them the best proposal ``lost``."""

    tests: int
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What one of several ``proposal``s has at a place: whose version it is, its ``line`` and how its text begins.

    ``origin`` is ``ours``, ``theirs``, ``base`` or ``ours+theirs`` where it does the same as theirs, ``mixed`` where it
    does something else, ``none`` where nothing is there.
    """

    proposal: int
    origin: str
    line: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A named part of a file (``unit``, "" for what stands outside of any) that several answers have differently."""

    path: str
    unit: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Diversity:
    """Several fit offspring that behave differently: how many were ``asked`` for, and which ``proposals`` they are.

    ``exhausted`` says that every other combination holds alleles that failed a test together; without it the search
    ended before.
    """

    asked: int
    proposals: tuple[int, ...]
    differences: tuple[Difference, ...] = ()
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of which not all of a parent's edits are in a proposal: how many changed ``tokens`` ``of`` how many."""

    path: str
    tokens: int
    of: int


@dataclass(frozen=True, slots=True)
class ParentReport:
    """What became of one of several parents in the best proposal.

    ``required`` of its tests, ``kept`` of them, the names of those ``lost`` and how many were ``waived``; ``edits`` is
    the share (0..1) of its changes since its base with the fork (of the fork: with the first upstream) that is there,
    ``left_out`` where the rest was.  ``run`` is the kept run in which it came in ("" where that is this one, or none).
    """

    name: str
    commit: str
    required: int
    kept: int
    lost: tuple[str, ...] = ()
    waived: int = 0
    edits: float = 0.0
    left_out: tuple[LeftOut, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentFact:
    """One fact about where the tests ran (``python``: ``3.11.9``, ...)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """A whole run: the scenario, what the parents and git's merge do, and the proposals, best first.

    ``evaluations`` counts the trees that were tested, ``cached`` the runs that came from the ledger,
    ``suite_equivalents`` the test time in whole suites. ``complete`` is false when the budget, the time or the user
    ended the search (``interrupted``: the user). ``optimal`` is a sentence when it is proven that nothing better
    exists, else "". ``name`` is that of the kept run ("" before it is kept), ``created`` seconds since the epoch.
    ``joins``: a proposal is a merge of both histories; where not it takes some of upstream's changes, and has the
    fork alone for a parent. ``held_out`` is None where the search knew all required tests, ``diversity`` where one
    answer was asked for. ``others`` are the upstreams besides the scenario's that a proposal is a merge of; ``many``
    tells of each parent.
    """

    scenario: Scenario
    suites: tuple[SuiteReport, ...]
    parents: tuple[RunReport, ...]
    git: GitReport
    proposals: tuple[Proposal, ...]
    evaluations: int
    suite_equivalents: float
    cached: int
    seconds: float
    sandbox: SandboxReport
    warnings: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    flaky: tuple[str, ...] = ()
    environment: tuple[EnvironmentFact, ...] = ()
    complete: bool = True
    interrupted: bool = False
    optimal: str = ""
    seed: int = 0
    created: int = 0
    name: str = ""
    joins: bool = True
    held_out: HeldOut | None = None
    diversity: Diversity | None = None
    others: tuple[Revision, ...] = ()
    many: tuple[ParentReport, ...] = ()
    version: int = VERSION

    @property
    def best(self) -> Proposal | None:
        """Return the first proposal, None when there is none."""
        return self.proposals[0] if self.proposals else None

    @property
    def sides(self) -> tuple[Revision, ...]:
        """Return the revisions that are the parents of a proposal's commit."""
        joined = (self.scenario.theirs, *self.others) if self.joins else ()
        return (self.scenario.ours, *joined)

    @property
    def good(self) -> tuple[Proposal, ...]:
        """Return the proposals that keep every required test."""
        return tuple(p for p in self.proposals if p.verdict is Verdict.GOOD)

    @property
    def unverified(self) -> bool:
        """Return whether nobody can tell if any offspring is good: none of them could be tested to the end."""
        made = [p for p in self.proposals if p.origin not in (Origin.OURS, Origin.THEIRS)]
        return bool(made) and not self.good and all(p.verdict is Verdict.UNVERIFIED for p in made)
