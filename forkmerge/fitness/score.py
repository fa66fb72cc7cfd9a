"""From what was observed of an offspring to its fitness.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.fitness.fitness import Fitness
from forkmerge.fitness.required import gained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.required import Required
    from forkmerge.model.finding import Finding
    from forkmerge.model.outcome import SuiteRun


@dataclass(frozen=True, slots=True)
class Makeup:
    """What an offspring is made of, as recombination counts it; the words are those of ``Fitness``."""

    kept_ours: float = 0.0
    kept_theirs: float = 0.0
    chimeric: int = 0
    distance: int = 0
    size: int = 0
    gates: tuple[Finding, ...] = ()
    undetermined: tuple[str, ...] = ()


def score(evaluation: Evaluation, required: Required, makeup: Makeup, parents: Iterable[SuiteRun]) -> Fitness:
    """Return the fitness of an evaluated offspring; ``parents`` are the parents' runs of their own suites."""
    duties = required.duties
    return Fitness(
        gates=makeup.gates,
        lost=tuple(d for d in duties if str(d) in evaluation.failed),
        undecided=tuple(d for d in duties if str(d) in evaluation.undecided),
        kept=len(evaluation.passed),
        gained=gained((run for _, run in evaluation.runs), parents),
        undetermined=makeup.undetermined,
        kept_ours=makeup.kept_ours,
        kept_theirs=makeup.kept_theirs,
        chimeric=makeup.chimeric,
        distance=makeup.distance,
        size=makeup.size,
        verified=evaluation.status != "unverified",
    )
