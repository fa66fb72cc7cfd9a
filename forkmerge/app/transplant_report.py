"""From what a transplant found to the report's values, and to the kept proposal."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app import store
from forkmerge.app.donors import Commit, commit_of
from forkmerge.app.testpaths import is_test
from forkmerge.app.transplant_search import own_parts
from forkmerge.app.workbench import run_report
from forkmerge.git.mergetree import git_merge
from forkmerge.model.outcome import Status
from forkmerge.model.revision import Revision, Scenario
from forkmerge.recombination.kept import Kept, kept
from forkmerge.report.transplant import GoalTest, Outcome, TakenChange, Transplant, Tried
from forkmerge.report.values import (
    DecidedBy,
    GitReport,
    LocusReport,
    Origin,
    Owner,
    OwnerTests,
    Proposal,
    Proposals,
    SandboxReport,
    SuiteReport,
    Verdict,
    Waiver,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.app.donors import Donor
    from forkmerge.app.transplant_values import Asking, Goal, Graft, Refused
    from forkmerge.app.workbench import Workbench
    from forkmerge.fitness.required import Required
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.recombination.patch import Part

_NOWHERE = Revision("", None, "")
_NOTHING = Scenario(_NOWHERE, _NOWHERE, _NOWHERE)
_NO_SANDBOX = SandboxReport("none", "none")


@dataclass(slots=True)
class Ended:
    """Where a transplant stands."""

    scenario: Scenario = _NOTHING
    reason: str = ""
    goals: tuple[Goal, ...] = ()
    before: dict[str, str] = field(default_factory=dict)
    tried: list[Tried] = field(default_factory=list)
    refused: Refused | None = None
    donor: Donor | None = None
    graft: Graft | None = None
    asking: Asking | None = None
    required: Required | None = None
    ours_runs: tuple[SuiteRun, ...] = ()
    theirs_runs: tuple[SuiteRun, ...] = ()
    merged_run: SuiteRun | None = None
    confirmed: bool = False
    unconfirmed: tuple[str, ...] = ()
    sandbox: SandboxReport = _NO_SANDBOX
    warnings: list[str] = field(default_factory=list)
    complete: bool = False
    interrupted: bool = False


def report(repo: Repository, bench: Workbench, ended: Ended) -> Transplant:
    """Return the report of a run, its proposal kept."""
    taken = _taken(repo, ended, bench.settings.test_paths)
    run = _run(repo, bench, ended, taken) if ended.graft is not None else None
    if run is not None:
        run = store.save(repo, run)
    outcome = _outcome(ended)
    counters = ended.asking.evaluator.counters if ended.asking is not None else None
    graft = ended.graft
    return Transplant(
        scenario=ended.scenario,
        outcome=outcome,
        reason=_reason(ended, outcome),
        goals=_goals(ended),
        taken=taken,
        source=ended.donor.source if ended.donor is not None else "",
        offered=graft.offered if graft is not None else 0,
        minimal=graft is not None and graft.minimal,
        tried=tuple(ended.tried),
        required=len(ended.required.duties) if ended.required is not None else 0,
        lost=_lost(ended, outcome),
        waivers=tuple(Waiver(str(w.duty.test), Owner(w.duty.owner), w.reason) for w in (graft.waived if graft else ())),
        parents=tuple(
            run_report(owner, runs)
            for owner, runs in ((Owner.OURS, ended.ours_runs), (Owner.THEIRS, ended.theirs_runs))
            if runs
        ),
        proposal=run.best if run is not None else None,
        run=run.name if run is not None else "",
        evaluations=counters.cost.suite_runs if counters is not None else 0,
        probes=ended.asking.probes if ended.asking is not None else 0,
        suite_equivalents=round(counters.equivalents, 2) if counters is not None else 0.0,
        cached=counters.cost.cache_hits if counters is not None else 0,
        seconds=round(bench.seconds, 2),
        sandbox=ended.sandbox,
        warnings=tuple(_warnings(ended, bench)),
        complete=ended.complete,
        interrupted=ended.interrupted,
    )


def _outcome(ended: Ended) -> Outcome:
    if ended.graft is not None:
        return Outcome.IMPOSSIBLE if ended.unconfirmed else Outcome.FOUND
    if ended.refused is not None and ended.refused.how == "passes":
        return Outcome.NOTHING
    return Outcome.IMPOSSIBLE if ended.complete else Outcome.UNFINISHED


def _reason(ended: Ended, outcome: Outcome) -> str:
    if outcome is Outcome.FOUND:
        return ""
    if ended.unconfirmed:
        return "tests that passed before failed when everything was run once more in fresh clones"
    return ended.reason


def _lost(ended: Ended, outcome: Outcome) -> tuple[str, ...]:
    if outcome is not Outcome.IMPOSSIBLE:
        return ()
    names = [*ended.unconfirmed, *(name for tried in ended.tried for name in tried.lost)]
    return tuple(sorted(dict.fromkeys(names)))


def _goals(ended: Ended) -> tuple[GoalTest, ...]:
    graft = ended.graft
    after = {t.name: t for t in graft.goals} if graft is not None else {}
    out = []
    for goal in ended.goals:
        test = after.get(goal.test.name, goal.test)
        key = f"theirs:{test}"
        now = ""
        if graft is not None:
            now = "passed" if key in graft.evaluation.passed and str(test) not in ended.unconfirmed else "failed"
        out.append(GoalTest(str(test), goal.status, ended.before.get(key, ""), now))
    return tuple(out)


def _warnings(ended: Ended, bench: Workbench) -> list[str]:
    out = list(ended.warnings)
    if ended.graft is not None and not ended.graft.minimal:
        spent = "time" if bench.clock.short else "budget"
        out.append(f"the {spent} was up before it was shrunk to the end: there may be a smaller one")
    if ended.graft is not None and not ended.confirmed:
        out.append("it was not run once more in fresh clones")
    if ended.merged_run is not None and ended.ours_runs:
        known = {r.test for run in ended.ours_runs for r in run.results}
        fresh = (r for r in ended.merged_run.results if r.test not in known)
        bad = [str(r.test) for r in fresh if not r.status.good and r.status is not Status.SKIPPED]
        if bad:
            out.append(f"tests that came along fail: {', '.join(bad[:5])}")
    return out


# -- where the changes come from -----------------------------------------------------------------------------------


def _taken(repo: Repository, ended: Ended, given: tuple[str, ...]) -> tuple[TakenChange, ...]:
    graft, donor = ended.graft, ended.donor
    if graft is None or donor is None:
        return ()
    places = [(t.file or g.at.path, g.at.scope) for t, g in zip(graft.goals, ended.goals, strict=False) if g.at]
    own = own_parts(repo, graft.patch, graft.tree, places)
    origins = _Origins(repo, donor)
    theirs = repo.entries(donor.scenario.theirs.tree)
    out = []
    for number, part in enumerate(graft.patch.parts):
        commit = origins.of(part)
        entry = theirs.get(part.path)
        upstream = repo.read(entry.oid) if entry is not None else b""
        out.append(
            TakenChange(
                part.path,
                part.line,
                part.unit,
                part.added,
                part.removed,
                "goal" if number in own else "test" if is_test(part.path, given) else "code",
                commit.id,
                commit.author,
                commit.subject,
                adapted=not part.whole and part.new.strip() not in upstream,
            )
        )
    return tuple(out)


class _Origins:
    """Finds the commits of upstream that wrote lines."""

    def __init__(self, repo: Repository, donor: Donor) -> None:
        self._repo = repo
        self._donor = donor
        self._commits: dict[str, Commit] = {}
        self._lines: dict[str, dict[bytes, str]] = {}

    def of(self, part: Part) -> Commit:
        """Return the commit that most lines of ``part`` come from, the last one on its path where none is known."""
        if self._donor.commit:
            return self._known(self._donor.commit)
        lines = self._blamed(part.path)
        counts: dict[str, int] = {}
        for line in part.new.splitlines():
            if line.strip() and line in lines:
                counts[lines[line]] = counts.get(lines[line], 0) + 1
        name = max(counts, key=lambda c: counts[c]) if counts else self._last(part.path)
        return self._known(name) if name else Commit("", "", "")

    def _known(self, name: str) -> Commit:
        if name not in self._commits:
            self._commits[name] = commit_of(self._repo, name)
        return self._commits[name]

    def _limits(self) -> list[str]:
        scenario = self._donor.scenario
        return [scenario.theirs.commit or "", *(f"^{b}" for b in scenario.bases)]

    def _last(self, path: str) -> str:
        said = self._repo.run(["log", "-1", "--format=%H", *self._limits(), "--", path], check=False).stdout
        return said.decode("ascii", "replace").strip()

    def _blamed(self, path: str) -> dict[bytes, str]:
        """Return line -> the commit since the base that wrote it."""
        if path not in self._lines:
            found: dict[bytes, str] = {}
            args = ["blame", "--line-porcelain", *self._limits(), "--", path]
            said = self._repo.run(args, check=False)
            commit, old = "", False
            for row in said.stdout.split(b"\n") if said.code == 0 else ():
                if row.startswith(b"\t"):
                    if not old:
                        found[row[1:]] = commit
                    commit, old = "", False
                elif not commit:
                    commit = row.split(b" ", 1)[0].decode("ascii", "replace")
                elif row == b"boundary":
                    old = True
            self._lines[path] = found
        return self._lines[path]


# -- the kept proposal ---------------------------------------------------------------------------------------------


def _run(repo: Repository, bench: Workbench, ended: Ended, taken: tuple[TakenChange, ...]) -> Proposals:
    graft, donor, asking = ended.graft, ended.donor, ended.asking
    assert graft is not None  # noqa: S101 - the caller asked
    assert donor is not None  # noqa: S101 - they come together
    assert asking is not None  # noqa: S101 - the same
    git = git_merge(repo, donor.scenario)
    required = asking.evaluator.required
    suites = tuple(
        SuiteReport(
            owner, _command(bench)[0], _command(bench)[1], len(required.of("ours" if owner is Owner.OURS else "theirs"))
        )
        for owner in (Owner.OURS, Owner.THEIRS)
    )
    share = _share(repo, ended)
    verdict = Verdict.LOSES if ended.unconfirmed else Verdict.GOOD
    proposal = Proposal(
        number=1,
        tree=graft.tree,
        origin=Origin.OFFSPRING,
        verdict=verdict,
        tests=_tests(ended),
        kept_ours=round(share.share_ours, 4),
        kept_theirs=round(share.share_theirs, 4),
        loci=tuple(_locus(c) for c in taken),
        chimeric=sum(c.adapted for c in taken),
        size=sum(c.added + c.removed for c in taken),
        certificate=_certificate(ended),
        picks=tuple(dict.fromkeys(c.commit for c in taken if c.commit)),
    )
    counters = asking.evaluator.counters
    return Proposals(
        scenario=ended.scenario,
        suites=suites,
        parents=tuple(
            run_report(owner, runs)
            for owner, runs in ((Owner.OURS, ended.ours_runs), (Owner.THEIRS, ended.theirs_runs))
        ),
        git=GitReport(git.clean, tuple(dict.fromkeys(path for path, _ in git.conflicts)), git.tree or ""),
        proposals=(proposal,),
        evaluations=counters.evaluations,
        suite_equivalents=round(counters.equivalents, 2),
        cached=counters.cost.cache_hits,
        seconds=round(bench.seconds, 2),
        sandbox=ended.sandbox,
        warnings=tuple(_warnings(ended, bench)),
        waivers=tuple(Waiver(str(w.duty.test), Owner(w.duty.owner), w.reason) for w in graft.waived),
        flaky=tuple(sorted(f"{d.owner}: {d.test}" for d in (*required.advisory, *asking.evaluator.flaky))),
        complete=ended.complete,
        optimal=f"no single change of it can be left out ({donor.source})" if graft.minimal else "",
        seed=bench.settings.seed,
        created=int(time.time()),
        joins=False,
    )


def _command(bench: Workbench) -> tuple[str, str]:
    used = bench.runs.setting
    return used.command.text, used.runner.name


def _tests(ended: Ended) -> tuple[OwnerTests, ...]:
    graft, asking = ended.graft, ended.asking
    assert graft is not None  # noqa: S101 - the caller asked
    assert asking is not None  # noqa: S101 - they come together
    required = asking.evaluator.required
    ours, theirs = required.of("ours"), required.of("theirs")
    bad = set(ended.unconfirmed)
    lost = tuple(str(t) for t in ours if str(t) in bad)
    missed = tuple(str(t) for t in theirs if str(t) in bad)
    before: Mapping[str, str] = ended.before
    gained = tuple(str(t) for t in theirs if before.get(f"theirs:{t}") != "passed" and str(t) not in bad)
    return (
        OwnerTests(Owner.OURS, len(ours), len(ours) - len(lost), lost),
        OwnerTests(Owner.THEIRS, len(theirs), len(theirs) - len(missed), missed, gained),
    )


def _certificate(ended: Ended) -> str:
    if not ended.confirmed:
        return ""
    if ended.unconfirmed:
        return f"not confirmed: {len(ended.unconfirmed)} tests failed in a fresh clone that passed before"
    return "confirmed: the whole suite once more, in fresh clones"


def _locus(change: TakenChange) -> LocusReport:
    return LocusReport(
        change.path,
        change.unit,
        change.line,
        f"{change.path}:{change.line}",
        "adapted" if change.adapted else "theirs",
        ("theirs",),
        DecidedBy.TESTS,
        f"{change.commit[:9]} {change.author}: {change.subject}" if change.commit else "",
    )


def _share(repo: Repository, ended: Ended) -> Kept:
    """Return what is kept of the fork's edits, and how much of the donor's is taken, in tokens."""
    graft, donor = ended.graft, ended.donor
    assert graft is not None  # noqa: S101 - the caller asked
    assert donor is not None  # noqa: S101 - they come together
    scenario = donor.scenario
    base, ours, theirs, result = (
        repo.entries(tree) for tree in (scenario.base.tree, scenario.ours.tree, scenario.theirs.tree, graft.tree)
    )
    total = Kept()
    for path in sorted(p for p in {*base, *theirs} if base.get(p) != theirs.get(p)):
        texts = []
        for tree in (base, ours, theirs, result):
            entry = tree.get(path)
            data = repo.read(entry.oid) if entry is not None and entry.mode in (0o100644, 0o100755) else b""
            texts.append(data)
        if not any(b"\0" in data[:8000] for data in texts):
            total += kept(*texts)
    return total
