"""The pre-merge check: would this merge keep both sides' behaviour, and if not, which edits collide?

    scenario -> the merge, and git's own -> findings that need no run -> with tests: both sides' suites on the merge,
             and for what breaks the smallest set of edits of each side

Invariants: the repository's branches, index and work tree are not touched; what was asked for and not verified is said
and never green.
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from forkmerge.app.check_merge import checked_merge, merge_under_way
from forkmerge.app.settings import Settings
from forkmerge.errors import UnusableInput
from forkmerge.git.repository import Repository
from forkmerge.model.finding import Severity
from forkmerge.report.check import AttachedProposal, Behaviour, CheckReport, Verdict, ordered, reaches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forkmerge.app.check_merge import Checked
    from forkmerge.app.check_names import Trees
    from forkmerge.report.check import CheckFinding
    from forkmerge.report.events import Progress
    from forkmerge.report.patches import Patch
    from forkmerge.report.values import Proposals

_LOST = ("lost-test", "lost-definition")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Check the merge of ``head`` into ``target`` in the repository at ``repository``.

    ``merging`` asks of the merge in progress, as it stands in the index, in place of ``target`` and ``head``.
    ``tests`` says whether both sides' tests are to be run, ``propose`` whether a proposal is to be attached,
    as the ref ``publish_ref`` and as a patch in the file ``patch`` too where these are named;
    ``fail_on`` is the least severity that fails the check, ``advisory`` that nothing of it is to block.
    """

    repository: str
    target: str
    head: str = "HEAD"
    settings: Settings = field(default_factory=Settings)
    merging: bool = False
    tests: bool = False
    propose: bool = False
    publish_ref: str = ""
    patch: str = ""
    fail_on: Severity = Severity.ERROR
    advisory: bool = False


def check(request: CheckRequest, progress: Progress) -> CheckReport:
    """Return the report; raises UnusableInput, MissingTool or UsageError where the merge or the tests can't be had."""
    started = time.monotonic()
    with Repository.open(request.repository, settled=True) as repo:
        if request.publish_ref:
            from forkmerge.app.check_publish import full_name, refuse_foreign  # noqa: PLC0415 - only where asked for

            refuse_foreign(repo, full_name(repo, request.publish_ref))
        merged = _merged(repo, request)
        with _uncollected():
            findings, notes, patches = _static(repo, merged, request)
    if not request.tests:
        notes.append("behaviour: no tests were run (--test CMD runs those of both sides)")
        return replace(_report(request, merged, findings, notes, started), patches=patches)
    from forkmerge.app.check_run import flaky_findings, tested  # noqa: PLC0415 - only where tests are to be run

    with Repository.open(request.repository) as repo:  # runs read objects from several threads
        found = tested(repo, merged, request, progress, started)
    findings += found.findings
    if found.report is not None:
        findings += flaky_findings(found.report)
    notes += found.notes
    report = replace(
        _report(request, merged, findings, notes, started),
        behaviour=found.behaviour,
        tests=found.report,
        patches=patches,
        interrupted=found.interrupted,
    )
    if report.verdict is Verdict.PASSED and found.behaviour not in (Behaviour.HOLDS, Behaviour.UNTESTED):
        report = replace(report, verdict=Verdict.UNVERIFIED)
    if request.propose and not found.interrupted:
        report = _with_proposal(request, report, progress)
    return replace(report, seconds=round(time.monotonic() - started, 2))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the collector the many small nodes that all are needed till the end: a quarter of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _merged(repo: Repository, request: CheckRequest) -> Checked:
    if request.merging:
        return merge_under_way(repo)
    try:
        return checked_merge(repo, request.head, request.target, request.settings.allowed)
    except UnusableInput as error:
        if "unrelated histories" not in str(error):
            raise
    told = f"{request.head} and {request.target} have no common ancestor"
    if (repo.common_dir / "shallow").is_file():
        hint = "git fetch --unshallow, or clone with the whole history (fetch-depth: 0)"
        raise UnusableInput(f"{told} in this shallow clone", hint=hint)
    raise UnusableInput(told)


def _with_proposal(request: CheckRequest, report: CheckReport, progress: Progress) -> CheckReport:
    """Return the report with the best offspring attached."""
    from forkmerge.app.propose import propose  # noqa: PLC0415 - only where it is asked for
    from forkmerge.app.request import ProposeRequest  # noqa: PLC0415 - the same

    if report.merge.committed:
        return replace(report, not_covered=(*report.not_covered, "a proposal: the merge is committed already"))
    made = propose(ProposeRequest(request.repository, request.target, request.head, request.settings), progress)
    best = made.best
    if best is None:
        return replace(report, not_covered=(*report.not_covered, *(f"a proposal: {w}" for w in made.warnings[:1])))
    attached = AttachedProposal(best.ref, best.commit, str(best.verdict), best.lost)
    if request.publish_ref or request.patch:
        try:
            attached = _handed_on(request, made, attached)
        except UnusableInput as error:
            report = replace(report, not_covered=(*report.not_covered, f"a proposal: {error.message} ({error.where})"))
    return replace(report, proposal=attached, interrupted=made.interrupted)


def _handed_on(request: CheckRequest, made: Proposals, attached: AttachedProposal) -> AttachedProposal:
    """Return ``attached`` with the commit and the patch that were asked for made."""
    from forkmerge.app.check_publish import full_name, publish, write_patch  # noqa: PLC0415 - only where it is asked for

    best = made.proposals[0]
    with Repository.open(request.repository) as repo:
        if request.patch:
            write_patch(repo, made, best, request.patch)
            attached = replace(attached, patch=request.patch)
        if request.publish_ref:
            name = full_name(repo, request.publish_ref)
            attached = replace(attached, commit=publish(repo, made, best, name), published=name)
    return attached


def _static(
    repo: Repository, merged: Checked, request: CheckRequest
) -> tuple[list[CheckFinding], list[str], tuple[Patch, ...]]:
    """Return the findings that need no run, what was not looked at, and the fates of head's own edits."""
    from forkmerge.app.check_names import Trees  # noqa: PLC0415 - what is below is loaded when it is needed

    findings = list(merged.findings)
    scenario = merged.scenario
    revisions = (scenario.base.tree, scenario.ours.tree, scenario.theirs.tree, merged.merge.tree)
    trees = Trees(*(merged.trees or (repo.entries(tree) for tree in revisions)))
    read = cache(repo.read)
    contract = _contract(repo, trees, read, merged.conflicted)
    if not merged.merge.committed and {scenario.ours.commit, scenario.theirs.commit} & set(scenario.bases):
        return [*findings, *contract], [], ()
    from forkmerge.app.catalogue import catalogue_of  # noqa: PLC0415
    from forkmerge.app.check_changed import changed_uses  # noqa: PLC0415
    from forkmerge.app.check_fate import fates  # noqa: PLC0415
    from forkmerge.app.check_history import History  # noqa: PLC0415
    from forkmerge.app.check_lost import lost  # noqa: PLC0415
    from forkmerge.app.check_names import broken_uses, projects_of  # noqa: PLC0415
    from forkmerge.app.check_order import too_early  # noqa: PLC0415
    from forkmerge.app.check_own import Words  # noqa: PLC0415
    from forkmerge.app.check_project import Reader  # noqa: PLC0415

    history = History(trees.base, {"ours": trees.ours, "theirs": trees.theirs}, read)
    modules = Reader(read, {})
    projects = projects_of(trees, modules)
    uses, left = broken_uses(trees, read, projects, history, merged.conflicted)
    findings += uses
    told = {(p.path, p.unit) for f in findings for p in f.places}
    changed = changed_uses(trees, projects, read, history, merged.conflicted)
    findings += [f for f in changed if not all((p.path, p.unit) in told for p in f.places)]
    findings += too_early(trees, projects, merged.conflicted)
    findings += lost(trees, read, modules, request.settings.test_paths, merged.conflicted)
    findings = _once(findings, contract)
    languages = catalogue_of(repo, trees.base, trees.ours, trees.theirs)
    patches: tuple[Patch, ...] = ()
    try:
        moved = _moved(repo, trees, scenario.base.tree, scenario.theirs.tree)
        patches, orphaned, whole = fates(trees, read, languages, Words(read), history, findings, moved)
        findings += orphaned
    except UnusableInput as error:  # a partial clone lacks what a merge does not need
        whole = f"what became of head's own edits: {error}"
    notes = [note for note in (left, whole) if note]
    if merged.conflicted:
        notes.append(f"what stands in files with conflicts ({len(merged.conflicted)}), as nobody has resolved them yet")
    return findings, notes, patches


def _moved(repo: Repository, trees: Trees, base: str, target: str) -> dict[str, str]:
    """Return what git finds renamed in target, if target lacks a file that head changed."""
    from forkmerge.git.renames import renames  # noqa: PLC0415 - only where files are gone

    if all(p in trees.theirs or trees.ours.get(p) == e for p, e in trees.base.items()):
        return {}
    return {old: rename.new for old, rename in renames(repo, base, target).items()}


def _once(findings: list[CheckFinding], contract: tuple[CheckFinding, ...]) -> list[CheckFinding]:
    """Return both without what they say twice: the contract tells what is lost, the others what overrides nothing."""
    gone = {(f.path, p.unit) for f in contract for p in f.places if f.rule == "contract-broken"}
    kept = [f for f in findings if f.rule not in _LOST or gone.isdisjoint({(f.path, f.places[0].unit), (f.path, "")})]
    orphans = {(p.path, p.unit) for f in kept for p in f.places if f.rule == "orphaned-override"}
    return kept + [f for f in contract if not any((p.path, p.unit) in orphans for p in f.places)]


def _contract(
    repo: Repository, trees: Trees, read: Callable[[str], bytes], conflicted: frozenset[str]
) -> tuple[CheckFinding, ...]:
    """Return what the merge breaks of the fork contract, if there is one."""
    from forkmerge.app.contract import HOME  # noqa: PLC0415 - forks alone have contracts

    here = repo.worktree / HOME if repo.worktree is not None else None
    uncommitted = here.read_bytes() if here is not None and here.is_file() else None
    if uncommitted is None and HOME not in trees.ours and HOME not in trees.theirs:
        return ()
    from forkmerge.app.catalogue import catalogue_of  # noqa: PLC0415
    from forkmerge.app.contract_kept import broken, contract_of  # noqa: PLC0415

    contract, forks = contract_of(trees, read, uncommitted)
    if contract is None:
        return ()
    return broken(contract, forks, trees, read, catalogue_of(repo, trees.ours, trees.theirs), conflicted)


def _report(
    request: CheckRequest, merged: Checked, findings: list[CheckFinding], not_covered: list[str], started: float
) -> CheckReport:
    failing = any(reaches(f.severity, request.fail_on) for f in findings)
    return CheckReport(
        head=merged.scenario.ours,
        target=merged.scenario.theirs,
        bases=merged.scenario.bases,
        verdict=Verdict.FAILED if failing else Verdict.PASSED,
        behaviour=Behaviour.UNTESTED,
        merge=merged.merge,
        findings=ordered(tuple(findings)),
        not_covered=tuple(not_covered),
        fail_on=request.fail_on,
        advisory=request.advisory,
        seconds=round(time.monotonic() - started, 2),
    )
