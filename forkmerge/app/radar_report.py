"""From what the radar found to the report's values, and to the kept proposals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app import store
from forkmerge.app.workbench import run_report
from forkmerge.report.radar import Fate, Radar, RadarChange
from forkmerge.report.transplant import NO_SANDBOX
from forkmerge.report.values import (
    DecidedBy,
    GitReport,
    LocusReport,
    Origin,
    Owner,
    OwnerTests,
    Proposal,
    Proposals,
    SuiteReport,
    Verdict,
)

if TYPE_CHECKING:
    from forkmerge.app.donors import Commit
    from forkmerge.app.picks import Pick
    from forkmerge.app.workbench import Workbench
    from forkmerge.fitness.evaluator import Evaluation, Evaluator
    from forkmerge.fitness.required import Required
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.revision import Scenario
    from forkmerge.report.values import SandboxReport

_ORDER = (Fate.GREEN, Fate.OWN, Fate.LOSES, Fate.UNVERIFIED, Fate.CONFLICT, Fate.UNTRIED, Fate.PRESENT)


@dataclass(slots=True)
class Tested:
    """A change of upstream's, and what is known of it."""

    commit: Commit
    fate: Fate
    why: str = ""
    pick: Pick | None = None
    evaluation: Evaluation | None = None
    own: tuple[TestId, ...] = ()
    failing: tuple[TestId, ...] = ()
    lost: tuple[str, ...] = ()
    mends: tuple[TestId, ...] = ()
    kept: int = 0


@dataclass(slots=True)
class Found:
    """Where a radar run stands; ``changes`` by commit, newest first."""

    scenario: Scenario
    changes: dict[str, Tested] = field(default_factory=dict)
    older: int = 0
    required: Required | None = None
    evaluator: Evaluator[str] | None = None
    ours_runs: tuple[SuiteRun, ...] = ()
    tried: int = 0
    sandbox: SandboxReport = NO_SANDBOX
    warnings: list[str] = field(default_factory=list)
    complete: bool = False
    interrupted: bool = False


def report(repo: Repository, bench: Workbench, found: Found) -> Radar:
    """Return the report of a run, its green changes kept as proposals."""
    ranked = sorted(found.changes.values(), key=_rank)
    green = [t for t in ranked if t.fate is Fate.GREEN]
    run = store.save(repo, _run(bench, found, green)) if green else None
    numbers = {t.commit.id: n for n, t in enumerate(green, 1)}
    counters = found.evaluator.counters if found.evaluator is not None else None
    if bench.out_of_time and not found.complete:
        found.warnings = list(dict.fromkeys([*found.warnings, "the time was up before the search ended"]))
    return Radar(
        scenario=found.scenario,
        changes=tuple(_change(t, numbers.get(t.commit.id, 0)) for t in ranked),
        older=found.older,
        required=len(found.required.duties) if found.required is not None else 0,
        proposals=run.proposals if run is not None else (),
        parents=(run_report(Owner.OURS, found.ours_runs),) if found.ours_runs else (),
        run=run.name if run is not None else "",
        evaluations=counters.cost.suite_runs if counters is not None else 0,
        suite_equivalents=round(counters.equivalents, 2) if counters is not None else 0.0,
        cached=counters.cost.cache_hits if counters is not None else 0,
        seconds=round(bench.seconds, 2),
        sandbox=found.sandbox,
        warnings=tuple(found.warnings),
        complete=found.complete,
        interrupted=found.interrupted,
    )


def _rank(tested: Tested) -> tuple[int, int, int, int]:
    """Return the key of the order: green ones first, of these those that mend most, then those with most tests."""
    size = tested.pick.size if tested.pick is not None else 0
    return _ORDER.index(tested.fate), -len(tested.mends), -len(tested.own), size


def _change(tested: Tested, number: int) -> RadarChange:
    made = tested.pick
    parts = made.patch.parts if made is not None and made.patch is not None else ()
    return RadarChange(
        tested.commit.id,
        tested.commit.author,
        tested.commit.subject,
        len(tested.commit.parents) > 1,
        tested.fate,
        tested.why,
        number,
        sum(p.added for p in parts),
        sum(p.removed for p in parts),
        len(tested.own),
        tuple(str(t) for t in tested.mends),
        tuple(str(t) for t in tested.failing),
        tested.lost,
        made.conflicts if made is not None else (),
    )


def _run(bench: Workbench, found: Found, green: list[Tested]) -> Proposals:
    evaluator, known = found.evaluator, found.required
    assert evaluator is not None  # noqa: S101 - something was tested
    assert known is not None  # noqa: S101 - the same
    used = bench.runs.setting
    counters = evaluator.counters
    return Proposals(
        scenario=found.scenario,
        suites=(SuiteReport(Owner.OURS, used.command.text, used.runner.name, len(known.duties)),),
        parents=(run_report(Owner.OURS, found.ours_runs),),
        git=GitReport(clean=True),
        proposals=tuple(_proposal(t, n) for n, t in enumerate(green, 1)),
        evaluations=counters.evaluations,
        suite_equivalents=round(counters.equivalents, 2),
        cached=counters.cost.cache_hits,
        seconds=round(bench.seconds, 2),
        sandbox=found.sandbox,
        warnings=tuple(found.warnings),
        flaky=tuple(sorted(f"{d.owner}: {d.test}" for d in (*known.advisory, *evaluator.flaky))),
        complete=found.complete,
        interrupted=found.interrupted,
        seed=bench.settings.seed,
        created=int(time.time()),
        joins=False,
    )


def _proposal(tested: Tested, number: int) -> Proposal:
    made = tested.pick
    assert made is not None  # noqa: S101 - it is green
    assert made.tree is not None  # noqa: S101 - the same
    parts = made.patch.parts if made.patch is not None else ()
    known = tested.commit
    own = tuple(str(t) for t in tested.mends)
    return Proposal(
        number=number,
        tree=made.tree,
        origin=Origin.OFFSPRING,
        verdict=Verdict.GOOD,
        tests=(
            OwnerTests(Owner.OURS, tested.kept, tested.kept),
            OwnerTests(Owner.THEIRS, len(tested.own), len(tested.own), (), own),
        ),
        kept_ours=1.0,
        kept_theirs=1.0,
        loci=tuple(
            LocusReport(
                part.path,
                part.unit,
                part.line,
                f"{part.path}:{part.line}",
                "theirs",
                ("theirs",),
                DecidedBy.ENGINE_RULE,
                f"{known.id[:9]} {known.author}: {known.subject}",
            )
            for part in parts
        ),
        size=made.size,
        certificate="one run of the whole suite, with the tests of the change",
        picks=(known.id,),
    )
