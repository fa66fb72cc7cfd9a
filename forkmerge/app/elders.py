"""Whose tests are required beside upstream's: the fork's, and those of every parent that it was recombined with before.

Each of them has its own complete test tree, its own runs and its own base with upstream.  A test of upstream's is
required only where no elder supersedes it, a test of an elder's where upstream does not.

Invariant: the first elder is the fork, and its owner is ``ours``; upstream's is ``theirs``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.app.duties import Parents, duties, outdated
from forkmerge.fitness.required import Duty, Required, TestChanges, Waiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.required import Owner
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.revision import Revision
    from forkmerge.model.source import Tree


@dataclass(frozen=True, slots=True)
class Elder:
    """A parent of before.

    ``base`` is the tree of its merge base with upstream; ``left`` are the tests that are still required of it (None:
    all), ``merged`` the paths of those that are asked as the offspring itself has them ("": all).
    """

    owner: Owner
    revision: Revision
    entries: Tree
    base: Tree
    left: frozenset[TestId] | None = None
    merged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    """An elder and upstream: what is required of the two (owners ``ours`` and ``theirs``), and what both did to it."""

    elder: Elder
    required: Required
    changes: TestChanges


def pairs(
    elders: Iterable[Elder],
    theirs: Tree,
    runs: Mapping[Owner, tuple[SuiteRun, ...]],
    read: Callable[[str], bytes],
    given: tuple[str, ...],
) -> tuple[Pair, ...]:
    """Return what each of ``elders`` and upstream require of each other's offspring."""
    out = []
    for elder in elders:
        both = Parents(elder.base, elder.entries, theirs, runs[elder.owner], runs["theirs"])
        out.append(Pair(elder, *duties(both, read, given)))
    return tuple(out)


def joined(found: tuple[Pair, ...]) -> Required:
    """Return what all pairs require together, with the elders' own owners."""
    kept: list[Duty] = []
    waived: dict[Duty, Waiver] = {}
    advisory: dict[Duty, None] = {}
    failing: dict[Duty, None] = {}
    for pair in found:
        owner, left = pair.elder.owner, pair.elder.left
        mine = [d for d in pair.required.duties if d.owner == "ours" and (left is None or d.test in left)]
        kept += [replace(d, owner=owner) for d in mine]
        for waiver in pair.required.waived:
            duty = _of(waiver.duty, owner)
            if left is None or duty.owner != owner or duty.test in left:
                waived.setdefault(duty, replace(waiver, duty=duty, reason=_named(waiver.reason, pair.elder)))
        advisory |= dict.fromkeys(_of(d, owner) for d in pair.required.advisory)
        failing |= dict.fromkeys(_of(d, owner) for d in pair.required.failing)
    common = [d for d in found[0].required.duties if d.owner == "theirs"]
    kept += [d for d in common if all(d in pair.required.duties for pair in found)]
    shared = found[0].required.support_changed
    return Required(tuple(kept), tuple(waived.values()), tuple(advisory), tuple(failing), shared)


def without_outdated(
    found: tuple[Pair, ...], failing: Mapping[Owner, frozenset[str]], merged: Asked
) -> tuple[Pair, ...]:
    """Return the pairs without what the other side's test files made outdated (``duties.outdated``).

    ``failing`` are the keys of the duties of each owner that fail on the other side's code.
    """
    out = []
    for pair in found:
        owner = pair.elder.owner
        mine = frozenset(f"ours:{key.partition(':')[2]}" for key in failing[owner])
        asked = frozenset(("ours" if side == owner else side, path) for side, path in merged)
        left = outdated(pair.required, pair.changes, {"ours": mine, "theirs": failing["theirs"]}, asked)
        out.append(replace(pair, required=left))
    return tuple(out)


def _of(duty: Duty, owner: Owner) -> Duty:
    return replace(duty, owner=owner) if duty.owner == "ours" else duty


def _named(reason: str, elder: Elder) -> str:
    """Return a reason that speaks of ours with the name of the elder in its place, where that is not the fork."""
    return reason if elder.owner == "ours" else reason.replace("ours", elder.revision.name)
