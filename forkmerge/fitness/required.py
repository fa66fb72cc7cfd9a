"""Which tests an offspring has to keep, and what is said of one that it does not.

Each parent's complete test tree is a suite of its own (tests@ours, tests@theirs), so the same test can be required
twice, once for each owner: what is required is a *duty*, an owner and a test.  Pure.

Invariants: every stably passing test of a parent is a duty or stands in ``waived`` with its reason; what fails on its
own parent or answers differently there is never a duty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from forkmerge.model.outcome import Status, SuiteRun, TestId

Owner: TypeAlias = str
"""``ours``, ``theirs``; where more than two parents meet, the others have names of their own."""

OWNERS: tuple[Owner, Owner] = ("ours", "theirs")
Definition: TypeAlias = Callable[[Literal["base", "ours", "theirs"], TestId], bytes | None]


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """A test that must pass in the test tree of ``owner``."""

    owner: Owner
    test: TestId

    def __str__(self) -> str:
        return f"{self.owner}:{self.test}"


class Change(StrEnum):
    """What a side did to a test since the base."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DELETED = "deleted"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class TestChanges:
    """What each side did to each test since the base, and whether it changed what its tests share (conftest, data)."""

    __test__ = False

    ours: Mapping[TestId, Change] = field(default_factory=dict)
    theirs: Mapping[TestId, Change] = field(default_factory=dict)
    support_changed: frozenset[Owner] = frozenset()

    def of(self, owner: Owner, test: TestId) -> Change:
        """Return what ``owner`` did to ``test``."""
        return (self.ours if owner == "ours" else self.theirs).get(test, Change.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A duty that is not asked for, and why."""

    duty: Duty
    reason: str


@dataclass(frozen=True, slots=True)
class Required:
    """The duties of a scenario.

    ``waived`` are superseded ones; ``advisory`` answered differently on their own parent (flaky, reported, never
    decide); ``failing`` never pass there; ``support_changed`` are the owners whose shared test files the *other* side
    changed too, so that a lost duty may be the test tree's own doing.
    """

    duties: tuple[Duty, ...]
    waived: tuple[Waiver, ...] = ()
    advisory: tuple[Duty, ...] = ()
    failing: tuple[Duty, ...] = ()
    support_changed: tuple[Owner, ...] = ()

    def of(self, owner: Owner) -> tuple[TestId, ...]:
        """Return the required tests of one owner."""
        return tuple(d.test for d in self.duties if d.owner == owner)


def required(
    ours_runs: tuple[SuiteRun, ...], theirs_runs: tuple[SuiteRun, ...], changes: TestChanges | None = None
) -> Required:
    """Return the duties that follow from the parents' runs of their own suites (several of each find flaky tests)."""
    changes = changes or TestChanges()
    duties, waived, advisory, failing = [], [], [], []
    for owner, runs in (("ours", ours_runs), ("theirs", theirs_runs)):
        who: Owner = "ours" if owner == "ours" else "theirs"
        for test, good in _goodness(runs).items():
            duty = Duty(who, test)
            if len(good) < len(runs) or (any(good) and not all(good)):
                advisory.append(duty)
            elif not all(good):
                failing.append(duty)
            elif reason := _superseded(duty, changes):
                waived.append(Waiver(duty, reason))
            else:
                duties.append(duty)
    shared = tuple(o for o in OWNERS if _other(o) in changes.support_changed)
    return Required(tuple(duties), tuple(waived), tuple(advisory), tuple(failing), shared)


def changes_of(
    tests: Iterable[TestId],
    definition: Definition,
    support_changed: Callable[[Owner], bool] = lambda _: False,
) -> TestChanges:
    """Return what each side did to ``tests``.

    ``definition(side, test)`` gives the source of the test with its decorators, the text of its file where the test
    can't be found in it, None where the file is not there either.
    """
    ours, theirs = {}, {}
    for test in tests:
        base = definition("base", test)
        ours[test] = _change(base, definition("ours", test))
        theirs[test] = _change(base, definition("theirs", test))
    return TestChanges(ours, theirs, frozenset(o for o in OWNERS if support_changed(o)))


class Verdict(StrEnum):
    """What became of a test in an offspring."""

    KEPT = "kept"
    LOST = "lost change"
    EMERGENT = "emergent interference"
    GAINED = "gained"
    NEVER = "never required"


def verdict(base: Status | None, ours: Status | None, theirs: Status | None, offspring: Status | None) -> Verdict:
    """Return the name for what happened to one test; None (missing, not collected) and skipped count as failed.

    Passing on one parent alone and failing now is a lost change, passing on both and failing now an interference that
    neither parent has; what passes now and failed everywhere before is gained.
    """
    left, right = _good(ours), _good(theirs)
    if _good(offspring):
        return Verdict.KEPT if left or right or _good(base) else Verdict.GAINED
    if left and right:
        return Verdict.EMERGENT
    return Verdict.LOST if left or right else Verdict.NEVER


def gained(offspring: Iterable[SuiteRun], parents: Iterable[SuiteRun]) -> tuple[TestId, ...]:
    """Return the tests that pass in a run of the offspring and in no run of a parent, though a parent has them."""
    before: dict[TestId, bool] = {}
    for run in parents:
        for result in run.results:
            before[result.test] = before.get(result.test, False) or result.status.good
    now = {r.test for run in offspring for r in run.results if r.status.good}
    return tuple(sorted(test for test in now if before.get(test) is False))


def _goodness(runs: tuple[SuiteRun, ...]) -> dict[TestId, list[bool]]:
    out: dict[TestId, list[bool]] = {}
    for run in runs:
        for result in run.results:
            out.setdefault(result.test, []).append(result.status.good)
    return out


def _superseded(duty: Duty, changes: TestChanges) -> str:
    """Return why the other side's version of the test replaces this one, "" where it does not."""
    other = _other(duty.owner)
    theirs = changes.of(other, duty.test)
    if changes.of(duty.owner, duty.test) is Change.UNCHANGED and theirs in (Change.CHANGED, Change.DELETED):
        word = "edited" if theirs is Change.CHANGED else "deleted"
        return f"{duty.owner} left it as it was in the base, {other} {word} it"
    return ""


def _other(owner: Owner) -> Owner:
    return "theirs" if owner == "ours" else "ours"


def _change(base: bytes | None, side: bytes | None) -> Change:
    if base is None:
        return Change.UNCHANGED if side is None else Change.ADDED
    if side is None:
        return Change.DELETED
    return Change.UNCHANGED if base == side else Change.CHANGED


def _good(status: Status | None) -> bool:
    return status is not None and status.good
