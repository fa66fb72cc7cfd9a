"""What ``check`` found, as values: the one thing that every format is made from.

Idea: a finding stands at one place of the merge and names the two places, one of each side, that collide there.  What
was not looked at, or could not be told, is a field too, so that no format can show it as green.
Invariants: findings are in order, gravest first; a fingerprint holds no line number, so it stays the same while code
moves; ``verdict`` is ``passed`` only if nothing that was asked for stayed unverified.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from forkmerge.model.finding import Severity
from forkmerge.model.revision import Revision  # noqa: TC001 - codec reads the annotations
from forkmerge.report.patches import Patch  # noqa: TC001 - codec reads the annotations
from forkmerge.report.values import VERSION, RunReport, SandboxReport

GRAVEST = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


class Behaviour(StrEnum):
    """What became of a test, or of all of them, in the merge."""

    HOLDS = "holds"
    BROKEN = "broken"
    FLAKY = "flaky"
    UNVERIFIED = "could-not-verify"
    UNTESTED = "not-tested"


class Verdict(StrEnum):
    """What the check says as a whole; ``could-not-verify`` is never green."""

    PASSED = "passed"
    FAILED = "failed"
    UNVERIFIED = "could-not-verify"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an edit stands: whose it is (``head``, ``target``, ``base``, ``merge``), the path, line and unit.

    ``line`` is 0 where there is none; ``what`` says what was done there.
    """

    side: str
    path: str
    line: int = 0
    unit: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One finding: ``rule`` and ``id`` are stable; ``path`` and ``line`` are those of the merge (line 0: the file).

    ``places`` are the edits that collide, one of each side where both are known; ``tests`` those that fail by it,
    ``evidence`` what was observed, in sentences.
    """

    id: str
    rule: str
    severity: Severity
    message: str
    path: str
    line: int
    fingerprint: str
    places: tuple[Place, ...] = ()
    tests: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The merge: its ``tree``, whether it is ``clean``, and what a server without drivers will say of it.

    ``git_clean`` is git's own word, ``git_conflicts`` its conflicted paths; ``resolved`` are those that forkmerge
    resolves.  ``committed`` says that the merge was made already and is judged as it was committed.
    """

    tree: str
    clean: bool
    git_clean: bool
    git_conflicts: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    server: str = ""
    committed: bool = False


@dataclass(frozen=True, slots=True)
class CheckedTest:
    """A test that does not simply hold: whose (``head``, ``target``), what became of it, and why."""

    test: str
    owner: str
    status: Behaviour
    message: str = ""


@dataclass(frozen=True, slots=True)
class TestsReport:
    """The tests of both sides on the merge; ``tests`` are those that don't simply hold.

    ``required`` counts what passes on its own side and was asked of the merge; ``probes`` are runs of single tests that
    looked for the culprits.
    """

    __test__ = False

    command: str
    runner: str
    required: int
    holds: int
    broken: int
    flaky: int
    unverified: int
    parents: tuple[RunReport, ...]
    sandbox: SandboxReport
    tests: tuple[CheckedTest, ...] = ()
    probes: int = 0
    suite_equivalents: float = 0.0


@dataclass(frozen=True, slots=True)
class AttachedProposal:
    """The best offspring: its ref and commit, its verdict, and the required tests that it loses.

    ``published`` is the ref that a server can merge without conflict, ``patch`` the file with what makes it of head;
    "" where they were not asked for or could not be made.
    """

    ref: str
    commit: str
    verdict: str
    lost: tuple[str, ...] = ()
    published: str = ""
    patch: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A whole check of merging ``head`` into ``target``.

    ``patches`` are head's own edits with their fates.  ``not_covered`` are sentences on what was not looked at;
    ``fail_on`` is the severity from which on a finding makes the check fail; ``advisory`` says that nothing of this is
    to block.
    """

    head: Revision
    target: Revision
    bases: tuple[str, ...]
    verdict: Verdict
    behaviour: Behaviour
    merge: Prediction
    findings: tuple[CheckFinding, ...] = ()
    tests: TestsReport | None = None
    proposal: AttachedProposal | None = None
    patches: tuple[Patch, ...] = ()
    not_covered: tuple[str, ...] = ()
    fail_on: Severity = Severity.ERROR
    advisory: bool = False
    interrupted: bool = False
    seconds: float = 0.0
    version: int = VERSION

    def count(self, severity: Severity) -> int:
        """Return how many findings are of ``severity``."""
        return sum(f.severity == severity for f in self.findings)

    @property
    def failing(self) -> tuple[CheckFinding, ...]:
        """Return the findings that make the check fail."""
        return tuple(f for f in self.findings if reaches(f.severity, self.fail_on))


def reaches(severity: Severity, limit: Severity) -> bool:
    """Return whether ``severity`` is as grave as ``limit`` or graver."""
    return GRAVEST.index(severity) <= GRAVEST.index(limit)


def finding(  # noqa: PLR0913 - the parts of a value, all but four with defaults
    rule: str,
    severity: Severity,
    message: str,
    path: str,
    line: int = 0,
    *,
    places: tuple[Place, ...] = (),
    subject: str = "",
    tests: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
) -> CheckFinding:
    """Return a finding with its id and fingerprint; ``subject`` tells findings of one rule and file apart."""
    parts = [rule, path, subject, *(f"{p.side} {p.path} {p.unit}" for p in places)]
    print_ = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return CheckFinding(f"{rule}-{print_[:8]}", rule, severity, message, path, line, print_, places, tests, evidence)


def ordered(findings: tuple[CheckFinding, ...]) -> tuple[CheckFinding, ...]:
    """Return ``findings`` gravest first, then by place; those that would be the same to a machine are told apart."""
    found = sorted(findings, key=lambda f: (GRAVEST.index(f.severity), f.path, f.line, f.rule, f.message))
    seen: dict[str, int] = {}
    out = []
    for one in found:
        count = seen[one.fingerprint] = seen.get(one.fingerprint, 0) + 1
        if count > 1:
            more = hashlib.sha256(f"{one.fingerprint} {count}".encode()).hexdigest()
            out.append(replace(one, id=f"{one.rule}-{more[:8]}", fingerprint=more))
        else:
            out.append(one)
    return tuple(out)


def place_text(place: Place) -> str:
    """Return a place in words: ``head pkg/a.py:12 f``."""
    where = f"{place.path}:{place.line}" if place.line else place.path
    text = " ".join(x for x in (place.side, where, place.unit) if x)
    return f"{text}: {place.what}" if place.what else text


def headline(report: CheckReport) -> str:
    """Return the outcome of the check as one line."""
    names = f"{_called(report.head.name)} into {_called(report.target.name)}"
    counts = [_many(report.count(s), str(s)) for s in GRAVEST if report.count(s)]
    told = ", ".join(counts) or "no findings"
    tests = behaviour_line(report)
    word = {Verdict.PASSED: "passed", Verdict.FAILED: "FAILED", Verdict.UNVERIFIED: "COULD NOT VERIFY"}[report.verdict]
    return f"{word}: {names}: {told}; {tests}"


def _called(name: str) -> str:
    """Return a name as people say it: an id by its first ten digits."""
    return name[:10] if re.fullmatch(r"[0-9a-f]{40,64}", name) else name


def behaviour_line(report: CheckReport) -> str:
    """Return what the tests say, as one clause."""
    tests = report.tests
    if tests is None or not tests.required:
        return "no tests were run" if report.behaviour is Behaviour.UNTESTED else "the tests could not be verified"
    parts = [f"{tests.holds} of {tests.required} tests hold"]
    for count, word in ((tests.broken, "broken"), (tests.flaky, "flaky"), (tests.unverified, "could not be verified")):
        if count:
            parts.append(f"{count} {word}")
    return ", ".join(parts)


def _many(count: int, word: str) -> str:
    return f"{count} {word}" + ("s" if count != 1 else "")
