"""The pre-merge check: would this merge keep both sides' behaviour, and if not, which edits collide?

    scenario -> the merge, and git's own -> findings that need no run -> with tests: both sides' suites on the merge,
             and for what breaks the smallest set of edits of each side

Invariants: the repository's branches, index and work tree are not touched; what was asked for and not verified is said
and never green.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app.check_merge import checked_merge
from forkmerge.app.settings import Settings
from forkmerge.git.repository import Repository
from forkmerge.merge.rules import allowed_for
from forkmerge.model.finding import Severity
from forkmerge.report.check import Behaviour, CheckReport, Verdict, ordered, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.app.check_merge import Checked
    from forkmerge.report.check import CheckFinding
    from forkmerge.report.events import Progress


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Check the merge of ``head`` into ``target`` in the repository at ``repository``.

    ``tests`` says whether both sides' tests are to be run, ``propose`` whether a proposal is to be attached;
    ``fail_on`` is the least severity that fails the check, ``advisory`` that nothing of it is to block.
    """

    repository: str
    target: str
    head: str = "HEAD"
    settings: Settings = field(default_factory=Settings)
    tests: bool = False
    propose: bool = False
    fail_on: Severity = Severity.ERROR
    advisory: bool = False


def check(request: CheckRequest, progress: Progress) -> CheckReport:  # noqa: ARG001 - for what is run
    """Return the report; raises UnusableInput, MissingTool or UsageError where the merge or the tests can't be had."""
    started = time.monotonic()
    with Repository.open(request.repository) as repo:
        repo.settle()
        merged = checked_merge(repo, request.head, request.target, allowed_for(request.settings.risk))
        findings, not_covered = _static(repo, merged, request)
    return _report(request, merged, findings, not_covered, started)


def _static(repo: Repository, merged: Checked, request: CheckRequest) -> tuple[list[CheckFinding], list[str]]:
    """Return the findings that need no run, and what was not looked at."""
    from forkmerge.app.check_history import History  # noqa: PLC0415 - what is below is loaded when it is needed
    from forkmerge.app.check_lost import lost  # noqa: PLC0415
    from forkmerge.app.check_names import Trees, broken_uses  # noqa: PLC0415

    findings = list(merged.findings)
    scenario = merged.scenario
    if merged.merge.tree in (scenario.ours.tree, scenario.theirs.tree) and not merged.merge.committed:
        return findings, []
    base, ours, theirs, tree = (
        repo.entries(t) for t in (scenario.base.tree, scenario.ours.tree, scenario.theirs.tree, merged.merge.tree)
    )
    trees = Trees(base, ours, theirs, tree)
    read = _cached(repo)
    history = History(base, {"ours": ours, "theirs": theirs}, read)
    uses, left = broken_uses(trees, read, history, merged.conflicted)
    findings += uses
    findings += lost(trees, read, request.settings.test_paths, merged.conflicted)
    notes = [left] if left else []
    if merged.conflicted:
        notes.append(f"what stands in the {len(merged.conflicted)} conflicted files, as nobody has resolved them yet")
    return findings, notes


def _cached(repo: Repository) -> Callable[[str], bytes]:
    known: dict[str, bytes] = {}

    def read(oid: str) -> bytes:
        if oid not in known:
            known[oid] = repo.read(oid)
        return known[oid]

    return read


def _report(
    request: CheckRequest, merged: Checked, findings: list[CheckFinding], not_covered: list[str], started: float
) -> CheckReport:
    failing = any(reaches(f.severity, request.fail_on) for f in findings)
    notes = [*not_covered, "behaviour: no tests were run (--test CMD runs those of both sides)"]
    return CheckReport(
        head=merged.scenario.ours,
        target=merged.scenario.theirs,
        bases=merged.scenario.bases,
        verdict=Verdict.FAILED if failing else Verdict.PASSED,
        behaviour=Behaviour.UNTESTED,
        merge=merged.merge,
        findings=ordered(tuple(findings)),
        not_covered=tuple(notes),
        fail_on=request.fail_on,
        advisory=request.advisory,
        seconds=round(time.monotonic() - started, 2),
    )
