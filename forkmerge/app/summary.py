"""From what a run found to the report's values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from forkmerge.app import untested
from forkmerge.app.applied import kind, version
from forkmerge.app.last_words import nothing_passed
from forkmerge.app.places import dropped_edits, lines_of
from forkmerge.fitness.observed import uncollected_files
from forkmerge.fitness.required import OWNERS
from forkmerge.fitness.verdicts import gist
from forkmerge.model.outcome import RunStatus
from forkmerge.report import values
from forkmerge.report.values import DecidedBy, Origin, OwnerTests, Proposal, Proposals, Verdict

if TYPE_CHECKING:
    from forkmerge.app.found import Found
    from forkmerge.app.landscape import Candidate, Genotype
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.fitness import Fitness
    from forkmerge.fitness.required import Duty, Owner, Required
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.model.revision import Scenario

MOST_OFFSPRING = 5


def summary(found: Found) -> Proposals:
    """Return the report of a run."""
    ranked = found.ranked()
    offspring = _offspring(found, ranked)
    parents = [c for c in ranked if _origin(found, c) in (Origin.OURS, Origin.THEIRS)]
    place = {candidate: number for number, candidate in enumerate(ranked)}
    shown = sorted([*offspring, *parents], key=lambda c: place.get(c, len(place)))
    counters, used = found.search_counters, found.counters
    proposals = tuple(_proposal(found, c, n) for n, c in enumerate(shown, 1))
    scenario = found.scene.scenario
    several = _diversity(found, shown)
    if several is not None:
        from forkmerge.app.differences import undetermined  # noqa: PLC0415 - only where several were asked for

        proposals = undetermined(proposals, several)
    return Proposals(
        scenario=scenario,
        suites=tuple(
            values.SuiteReport(
                _side(owner),
                found.setting.command.text,
                found.setting.runner.name,
                len(found.required.of(owner)),
            )
            for owner in found.runs
        ),
        parents=tuple(_run_report(found, owner, runs) for owner, runs in found.runs.items()),
        git=_git(found),
        proposals=proposals,
        evaluations=sum(bool(e.cost.suite_runs) for e in found.evaluations.values()),
        suite_equivalents=round(counters.equivalents + used.equivalents, 2),
        cached=counters.cost.cache_hits + used.cost.cache_hits,
        seconds=round(found.seconds, 2),
        sandbox=values.SandboxReport(
            found.setting.backend.name,
            {"bubblewrap": "full", "reduced": "reduced", "none": "none"}[found.setting.backend.name],
            found.setting.backend.describe(),
        ),
        warnings=tuple(_warnings(found)),
        waivers=tuple(values.Waiver(str(w.duty.test), _side(w.duty.owner), w.reason) for w in found.required.waived),
        flaky=tuple(sorted({f"{d.owner}: {d.test}" for d in found.required.advisory})),
        complete=not found.interrupted and not found.out_of_time,
        interrupted=found.interrupted,
        optimal=_optimal(found, good=bool(proposals) and proposals[0].verdict is Verdict.GOOD),
        held_out=found.held_out.get(shown[0]) if shown else None,
        diversity=several,
        seed=found.request.settings.seed,
        created=int(time.time()),
    )


def _offspring(found: Found, ranked: list[Candidate]) -> list[Candidate]:
    """Return the offspring to be shown: the best, or the several answers that were asked for before what is unfit."""
    offspring = [c for c in ranked if _origin(found, c) not in (Origin.OURS, Origin.THEIRS)]
    if found.request.diverse == 1:
        return offspring[:MOST_OFFSPRING]
    answers = found.answers()
    others = [c for c in offspring if c not in answers and not found.fitness(c).good]
    return answers + others[: max(0, MOST_OFFSPRING - len(answers))] if answers else offspring[:MOST_OFFSPRING]


def _diversity(found: Found, shown: list[Candidate]) -> values.Diversity | None:
    if found.request.diverse == 1:
        return None
    from forkmerge.app.differences import diversity  # noqa: PLC0415 - only where it is asked for

    answers = [c for c in found.answers() if not (c in found.confirmed and found.confirmed[c].failed)]
    numbers = {c: n for n, c in enumerate(shown, 1) if c in answers}
    return diversity(found, numbers, exhausted=found.exhausted)


def empty(scenario: Scenario, reason: str) -> Proposals:
    """Return the report of a run that has nothing to rank, and why."""
    return Proposals(
        scenario=scenario,
        suites=(),
        parents=(),
        git=values.GitReport(clean=True),
        proposals=(),
        evaluations=0,
        suite_equivalents=0.0,
        cached=0,
        seconds=0.0,
        sandbox=values.SandboxReport("none", "none"),
        warnings=(reason,),
        created=int(time.time()),
    )


def _origin(found: Found, candidate: Candidate) -> Origin:
    view = found.landscape
    tree = found.materialise.plain(candidate)
    if tree == found.elders[0].revision.tree:
        return Origin.OURS
    if tree in (found.scene.scenario.theirs.tree, *(e.revision.tree for e in found.elders)):
        return Origin.THEIRS
    if isinstance(candidate, str):
        return Origin.GIT
    if found.merge.clean and tree == found.merge.tree:
        return Origin.GIT
    if view is not None and candidate.generation == 0 and candidate.genome == view.default:
        return Origin.STRUCTURED
    return Origin.OFFSPRING


def _parent(found: Found, candidate: Candidate) -> str:
    """Return which of several parents a candidate is, "" for none of them, and where there are two alone."""
    parents = (*(e.revision for e in found.elders), found.scene.scenario.theirs)
    tree = found.materialise.plain(candidate)
    return next((p.name for p in parents if p.tree == tree), "") if len(parents) > len(OWNERS) else ""


def _side(owner: Owner) -> values.Owner:
    return values.Owner.OURS if owner == "ours" else values.Owner.THEIRS


def _name(found: Found, owner: Owner) -> str:
    """Return the name of the parent that an owner is, "" where there are two alone."""
    names = {e.owner: e.revision.name for e in found.elders} | {"theirs": found.scene.scenario.theirs.name}
    return names[owner] if len(names) > len(OWNERS) else ""


def _owner_tests(found: Found, evaluation: Evaluation) -> tuple[OwnerTests, ...]:
    out = []
    passing = [{r.test for r in runs[0].results if r.status.good} for runs in found.runs.values()]
    before, everywhere = set().union(*passing), {str(t) for t in set.intersection(*passing)}
    for owner in found.runs:
        duties = [d for d in found.required.duties if d.owner == owner]
        missing = evaluation.failed | evaluation.undecided
        lost = tuple(str(d.test) for d in duties if str(d) in missing or evaluation.status == "broken")
        run = evaluation.run(owner)
        gained = tuple(str(r.test) for r in run.results if r.status.good and r.test not in before) if run else ()
        name = _name(found, owner)
        emergent = tuple(test for test in lost if test in everywhere)
        out.append(OwnerTests(_side(owner), len(duties), len(duties) - len(lost), lost, gained, name, emergent))
    return tuple(out)


def _verdict(evaluation: Evaluation, fitness: Fitness) -> Verdict:
    if evaluation.status == "unverified":
        return Verdict.UNVERIFIED
    if evaluation.status == "broken":
        return Verdict.BROKEN
    return Verdict.GOOD if fitness.good else Verdict.LOSES


def _proposal(found: Found, candidate: Candidate, number: int) -> Proposal:
    evaluation = found.evaluations[candidate]
    fitness = found.fitness(candidate)
    tests = _owner_tests(found, evaluation)
    certificate = _certificate(found, candidate)
    verdict = _verdict(evaluation, fitness)
    held, confirmed = found.held_out.get(candidate), found.confirmed.get(candidate)
    if (confirmed is not None and confirmed.failed) or (held is not None and held.lost):
        verdict = Verdict.LOSES
    if confirmed is not None:
        merged = merged_tests(found.required, confirmed.merged)
        tests = (*tests, merged)
        if verdict is Verdict.GOOD and merged.required and not merged.kept:
            verdict = Verdict.LOSES  # with its own test tree nothing can be run: nobody could use it
    return Proposal(
        number=number,
        tree=found.materialise.plain(candidate),
        origin=_origin(found, candidate),
        verdict=verdict,
        tests=tests,
        kept_ours=round(fitness.kept_ours, 4),
        kept_theirs=round(fitness.kept_theirs, 4),
        against_git=_against_git(found, evaluation),
        loci=() if isinstance(candidate, str) else _loci(found, candidate),
        chimeric=fitness.chimeric,
        distance=fitness.distance,
        size=fitness.size,
        findings=tuple(f"{k}: {gist(m)}" for k, m in evaluation.messages[:20]),
        certificate=certificate,
        parent=_parent(found, candidate),
    )


def _certificate(found: Found, candidate: Candidate) -> str:
    confirmed = found.confirmed.get(candidate)
    if confirmed is None:
        return ""
    if confirmed.failed:
        return f"not confirmed: {len(confirmed.failed)} tests failed in a fresh clone that passed before"
    return "confirmed: both whole suites once more, in fresh clones"


def merged_tests(known: Required, run: SuiteRun) -> OwnerTests:
    """Return what the offspring's own test tree says of the tests that are required of either side.

    Those that it does not have any more are not asked, but for those in files that can't be collected there.
    """
    if run.status is RunStatus.UNVERIFIED:
        return OwnerTests(values.Owner.MERGED, 0, 0)
    listed, unread = {r.test: r.status for r in run.results}, uncollected_files(run)
    required = sorted({d.test for d in known.duties})
    asked = [t for t in required if t in listed or t.file in unread or not run.results]
    lost = tuple(str(t) for t in asked if not (t in listed and listed[t].good))
    return OwnerTests(values.Owner.MERGED, len(asked), len(asked) - len(lost), lost)


def _against_git(found: Found, evaluation: Evaluation) -> values.Comparison | None:
    if found.git is None:
        return None
    mine, git = _lost(found, evaluation), _lost(found, found.git)
    return values.Comparison(tuple(sorted(git - mine)), tuple(sorted(mine - git)))


def _lost(found: Found, evaluation: Evaluation) -> set[str]:
    if evaluation.status == "broken":
        return {str(d.test) for d in found.required.duties}
    by_key = {str(d): str(d.test) for d in found.required.duties}
    return {by_key[k] for k in evaluation.failed | evaluation.undecided if k in by_key}


def _git(found: Found) -> values.GitReport:
    merge = found.merge
    conflicts = tuple(dict.fromkeys(path for path, _ in merge.conflicts))
    if found.git is None or merge.tree is None:
        whole = tuple(
            values.Wholesale(favor, tree, _told(evaluation), _owner_tests(found, evaluation))
            for favor, tree, evaluation in found.wholesale
        )
        return values.GitReport(merge.clean, conflicts, merge.tree or "", wholesale=whole)
    tests = _owner_tests(found, found.git)
    verdict = _verdict(found.git, found.fitness(merge.tree))
    return values.GitReport(merge.clean, conflicts, merge.tree, verdict, tests)


def _told(evaluation: Evaluation) -> Verdict:
    """Return the verdict of an evaluation of a tree that is no candidate."""
    if evaluation.status != "ok":
        return Verdict.UNVERIFIED if evaluation.status == "unverified" else Verdict.BROKEN
    return Verdict.GOOD if evaluation.good else Verdict.LOSES


def _run_report(found: Found, owner: Owner, runs: tuple[SuiteRun, ...]) -> values.RunReport:
    first = runs[0]
    skipped = sum(r.status == "skipped" for r in first.results)
    passed = sum(r.status.good for r in first.results)
    flaky: list[Duty] = [d for d in found.required.advisory if d.owner == owner]
    return values.RunReport(
        _name(found, owner) or owner,
        _side(owner),
        str(first.status),
        passed,
        len(first.results) - passed - skipped,
        skipped,
        len(flaky),
        len(runs),
        round(first.seconds, 2),
        first.tail if first.status != "completed" else "",
    )


def _loci(found: Found, candidate: Genotype) -> tuple[values.LocusReport, ...]:
    loci, genome = found.loci(candidate), candidate.genome
    newest = candidate.generation == len(found.materialise.maps) - 1
    nogoods = found.answer.nogoods if found.answer and newest else ()
    blamed = {index for clause in nogoods for index, _ in clause.cells}
    others = [c for c in found.evaluations if not isinstance(c, str) and c.generation == candidate.generation]
    fit = [c.genome for c in others if found.evaluations[c].good]
    apart = [
        [index for index, (one, other) in enumerate(zip(genome, c.genome, strict=True)) if one != other]
        for c in others
        if found.evaluations[c].status != "unverified" and not found.evaluations[c].good
    ]
    blamed |= {places[0] for places in apart if len(places) == 1}
    free = {index for index, chosen in enumerate(genome) if any(other[index] != chosen for other in fit)}
    lines = lines_of(loci, genome)
    out = []
    for index, (locus, chosen) in enumerate(zip(loci.loci, genome, strict=True)):
        allele = locus.alleles[chosen]
        sides = [s for s, n in (("ours", locus.edit_ours), ("theirs", locus.edit_theirs)) if n]
        if locus.decided:
            decided = DecidedBy.ONLY_ALLELE
        elif index in blamed:
            decided = DecidedBy.TESTS
        elif not locus.has_conflict and chosen == locus.default:
            decided = DecidedBy.ENGINE_RULE
        else:
            decided = DecidedBy.UNDETERMINED if index in free else DecidedBy.UNTRIED
        out.append(
            values.LocusReport(
                locus.path,
                locus.unit,
                lines[index],
                locus.id,
                allele.origin,
                tuple(sides),
                decided,
                "new code: stands on neither side" if allele.new_code else "",
                dropped_edits(found, locus, chosen),
                kind=kind(locus) if locus.has_conflict else "",
                version=version(locus, allele) if locus.has_conflict else "",
            )
        )
    return tuple(out)


def _warnings(found: Found) -> list[str]:
    out = []
    if found.out_of_time:
        out.append("the time was up before the search ended")
    if found.spent:
        budget = found.request.settings.budget
        out.append(f"the budget of {budget} was used up before the search came to an end: --budget N gives it more")
    elif found.answer is not None and found.answer.undecided:
        out.append("too many failures to tell what is left to try: the search gave up before it had tried everything")
    if found.setting.backend.name == "reduced":
        out.append("the sandbox was the reduced one: no namespaces, no network at all, loopback included")
    if found.setting.backend.name == "none":
        out.append("the tests ran WITHOUT a sandbox, by --sandbox=none")
    out += _read_anew(found)
    if found.unverified:
        out.append("the last test runs could not be verified: their sandboxes died or did not start (forkmerge doctor)")
    if found.elsewhere:
        out.append(found.elsewhere)
    if found.fetched:
        results = "one recorded result was" if found.fetched == 1 else f"{found.fetched} recorded results were"
        out.append(f"{results} made by another ledger: forkmerge ledger list --foreign tells which")
    if not found.setting.runner.selects:
        out.append("this test command tells no single tests apart or can't run them alone: whole suites were run")
    if unconfirmed := sorted({name for confirmed in found.confirmed.values() for name in confirmed.failed}):
        out.append(f"tests that failed only when confirming: {', '.join(unconfirmed[:5])}")
    best = found.best()
    if best in found.held_out and (lost := found.held_out[best].lost):
        out.append(f"tests that the search did not know of fail: {', '.join(lost[:5])}")
    if best is not None and not isinstance(best, str):
        out += untested.warnings(found, best)
    return out + [words for owner, runs in found.runs.items() if (words := _of_parent(found, owner, runs[0]))]


def _read_anew(found: Found) -> list[str]:
    """Return what a side's tests were asked with in the place of what they say."""
    out = []
    if found.materialise.renamed:
        names = ", ".join(f"{old} read as {new}" for old, new in found.materialise.renamed.items())
        out.append(f"a side renamed its package; where an offspring lacks the old one, tests were asked with {names}")
    if found.materialise.names:
        names = ", ".join(f"{r.old} read as {r.new}" for r in found.materialise.names)
        out.append(f"where an offspring has the new name alone, the other side's tests were asked with {names}")
    if found.materialise.moves:
        places = ", ".join(str(m) for m in found.materialise.moves)
        out.append(f"where an offspring has the new module alone, the other side's tests were asked with {places}")
    for reworded, tests in found.materialise.words.items():
        side, other = ("fork", "upstream") if reworded.side == "ours" else ("upstream", "fork")
        told = f"{', '.join(tests[:3])}{', ...' if len(tests) > 3 else ''}"
        out.append(f"where an offspring has the {side}'s wording alone, the {other}'s {told} was asked with {reworded}")
    return out


def _of_parent(found: Found, owner: Owner, run: SuiteRun) -> str:
    """Return what to warn of where the suite of a parent was of little use."""
    if not any(r.status.good for r in run.results):
        return nothing_passed(_name(found, owner) or ("fork" if owner == "ours" else "upstream"), run)
    return "a parent's own suite did not come to its end" if run.status != "completed" else ""


def _optimal(found: Found, *, good: bool) -> str:
    """Return what is proven; that nothing is better than what passes says nothing where the best is not called good."""
    answer = found.answer
    if answer is None:
        return ""
    if answer.optimal and good:
        return "proven: no combination of these alleles keeps all tests and more of both sides' edits"
    if answer.inseparable:
        return "proven: no combination of these alleles keeps all required tests"
    return ""
