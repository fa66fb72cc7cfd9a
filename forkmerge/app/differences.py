"""Several fit offspring that behave differently: which of the candidates they are, and what differs between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.app.behaviour import TreeBehaviour, parts
from forkmerge.report.values import Choice, DecidedBy, Difference, Diversity

if TYPE_CHECKING:
    from forkmerge.app.behaviour import Part
    from forkmerge.app.found import Found
    from forkmerge.app.landscape import Candidate
    from forkmerge.report.values import Proposal

_SHOWN = 80
_SIDES = ("ours", "theirs", "base")


def diverse(found: Found, ranked: list[Candidate]) -> list[Candidate]:
    """Return the fit offspring among ``ranked`` that behave neither alike nor like a parent, as many as were asked for.

    What leaves out all of one side is no answer of both.
    """
    scenario = found.scene.scenario
    behaviour = TreeBehaviour(found.materialise, found.request.settings.test_paths)
    seen = {behaviour.of_tree(scenario.ours.tree), behaviour.of_tree(scenario.theirs.tree)}
    out: list[Candidate] = []
    for candidate in ranked:
        fitness = found.fitness(candidate)
        if fitness.good and min(fitness.kept_ours, fitness.kept_theirs) > 0 and len(out) < found.request.diverse:
            does = behaviour.of_candidate(candidate)
            if does not in seen:
                seen.add(does)
                out.append(candidate)
    return out


def diversity(found: Found, numbers: dict[Candidate, int], *, exhausted: bool) -> Diversity:
    """Return the report of the answers among the candidates with these ``numbers``."""
    return Diversity(found.request.diverse, tuple(numbers.values()), _differences(found, numbers), exhausted)


def undetermined(proposals: tuple[Proposal, ...], several: Diversity) -> tuple[Proposal, ...]:
    """Return ``proposals``, each place where the answers differ being told as one that no test decides."""
    apart = {(difference.path, difference.unit) for difference in several.differences}
    return tuple(
        replace(
            proposal,
            loci=tuple(
                replace(locus, decided_by=DecidedBy.UNDETERMINED)
                if (locus.path, locus.unit) in apart and locus.decided_by is DecidedBy.UNTRIED
                else locus
                for locus in proposal.loci
            ),
        )
        if proposal.number in several.proposals
        else proposal
        for proposal in proposals
    )


def _differences(found: Found, numbers: dict[Candidate, int]) -> tuple[Difference, ...]:
    if len(numbers) < 2:
        return ()
    behaviour = TreeBehaviour(found.materialise, found.request.settings.test_paths)
    does = [dict(behaviour.of_candidate(candidate)) for candidate in numbers]
    paths = sorted({p for d in does for p in d if any(d.get(p) != other.get(p) for other in does)})
    out: list[Difference] = []
    for path in paths:
        ours = [_parts(found, found.materialise.plain(candidate), path) for candidate in numbers]
        scenario = found.scene.scenario
        sides = {s: _parts(found, getattr(scenario, s).tree, path) for s in _SIDES}
        for unit in sorted({name for known in ours for name in known}, key=lambda n: _line(n, ours)):
            normals = {known[unit].normal if unit in known else None for known in ours}
            if len(normals) > 1:
                told = zip(numbers.values(), ours, strict=True)
                out.append(Difference(path, unit, tuple(_choice(n, k.get(unit), unit, sides, ours) for n, k in told)))
    return tuple(out)


def _parts(found: Found, tree: str, path: str) -> dict[str, Part]:
    entry = found.repo.entries(tree).get(path)
    return parts(path, None if entry is None else found.repo.read(entry.oid))


def _line(name: str, known: list[dict[str, Part]]) -> tuple[int, str]:
    return min(k[name].line for k in known if name in k), name


def _choice(
    number: int, part: Part | None, unit: str, sides: dict[str, dict[str, Part]], others: list[dict[str, Part]]
) -> Choice:
    if part is None:
        return Choice(number, "none")
    alike = [s for s in _SIDES if unit in sides[s] and sides[s][unit].normal == part.normal]
    origin = "base" if "base" in alike else "+".join(alike) or "mixed"
    line, text = _telling(part, [k[unit] for k in others if unit in k])
    return Choice(number, origin, part.line and part.line + line, text)


def _telling(part: Part, others: list[Part]) -> tuple[int, str]:
    """Return the first line of ``part`` that is not in all of ``others``, and its number from 0; (0, "") for none."""
    known = [set(other.text.splitlines()) for other in others]
    for number, line in enumerate(part.text.splitlines()):
        if line.strip() and not all(line in lines for lines in known):
            return number, line.strip().decode("utf-8", "replace")[:_SHOWN]
    return 0, ""
