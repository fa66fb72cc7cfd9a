"""What a run has found so far, and what it makes of each candidate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forkmerge.app.reaches import Reaches
from forkmerge.fitness.evaluator import Counters
from forkmerge.fitness.fitness import Fitness
from forkmerge.recombination.genome import chimeric, distance
from forkmerge.recombination.kept import Kept, kept
from forkmerge.recombination.offspring import kept_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.app.confirming import Confirmation
    from forkmerge.app.elders import Elder
    from forkmerge.app.experience import Experience
    from forkmerge.app.landscape import Candidate, Materialiser
    from forkmerge.app.request import ProposeRequest
    from forkmerge.app.runs import Setting
    from forkmerge.app.scene import Scene
    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.required import Owner, Required
    from forkmerge.git.mergetree import GitMerge
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.recombination.values import LocusMap
    from forkmerge.report import values
    from forkmerge.search.protocol import Answer, Landscape

_TESTED = 3
"""So many of the first numbers of a rank are what gates and tests say."""


@dataclass(slots=True)
class Found:
    """What a run has found so far; filled in as it goes on, so that an interrupted run has a report too."""

    request: ProposeRequest
    repo: Repository
    scene: Scene
    merge: GitMerge
    setting: Setting
    runs: Mapping[Owner, tuple[SuiteRun, ...]]
    elders: tuple[Elder, ...]
    required: Required
    materialise: Materialiser
    reaches: Reaches = field(default_factory=Reaches)
    experience: Experience | None = None
    landscape: Landscape | None = None
    evaluations: dict[Candidate, Evaluation] = field(default_factory=dict)
    labels: dict[Candidate, str] = field(default_factory=dict)
    git: Evaluation | None = None
    wholesale: list[tuple[str, str, Evaluation]] = field(default_factory=list)
    answer: Answer | None = None
    fewest: int | None = None
    counters: Counters = field(default_factory=Counters)
    search_counters: Counters = field(default_factory=Counters)
    confirmed: dict[Candidate, Confirmation] = field(default_factory=dict)
    exhausted: bool = False
    spent: bool = False
    uncollectable: Asked = frozenset()
    interrupted: bool = False
    out_of_time: bool = False
    seconds: float = 0.0
    fetched: int = 0
    elsewhere: str = ""
    unverified: int = 0
    held_out: dict[Candidate, values.HeldOut] = field(default_factory=dict)
    last_commits: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def fitness(self, candidate: Candidate) -> Fitness:
        """Return the fitness of an evaluated candidate."""
        evaluation = self.evaluations[candidate]
        by_key = {str(d): d for d in self.required.duties}
        lost = tuple(by_key[k] for k in sorted(evaluation.failed) if k in by_key)
        undecided = tuple(by_key[k] for k in sorted(evaluation.undecided) if k in by_key)
        if evaluation.status == "broken":
            lost = self.required.duties
        share = self.share(candidate)
        genome = candidate.genome if not isinstance(candidate, str) else None
        loci = self.loci(candidate)
        return Fitness(
            lost=lost,
            undecided=undecided,
            kept=len(evaluation.passed),
            kept_ours=share.share_ours,
            kept_theirs=share.share_theirs,
            chimeric=len(chimeric(loci, genome)) if genome is not None else 0,
            unusual=self.experience.taste.against(loci, genome) if self.experience and genome is not None else 0,
            distance=distance(loci, genome) if genome is not None else 0,
            size=sum(x.alleles[i].size for x, i in zip(loci.loci, genome or (), strict=genome is not None)),
            verified=evaluation.status != "unverified",
        )

    def forget(self, flaky: frozenset[str]) -> None:
        """Take back what duties said that turned out to be flaky."""
        for candidate, seen in self.evaluations.items():
            if seen.failed & flaky:
                self.evaluations[candidate] = replace(
                    seen, failed=seen.failed - flaky, flaky=seen.flaky | (seen.failed & flaky)
                )

    def loci(self, candidate: Candidate) -> LocusMap:
        """Return the loci that a candidate's genome belongs to."""
        return self.scene.loci if isinstance(candidate, str) else self.materialise.maps[candidate.generation]

    def share(self, candidate: Candidate) -> Kept:
        """Return what a candidate keeps of both sides' edits."""
        if not isinstance(candidate, str):
            return kept_of(self.loci(candidate), candidate.genome)
        entries = self.repo.entries(candidate)
        total = Kept()
        for path in self.scene.merge.paths:
            if path.file is None:
                continue
            entry = entries.get(path.path)
            result = self.repo.read(entry.oid) if entry is not None else b""
            file = path.file
            total += kept(file.side("base"), file.side("ours"), file.side("theirs"), result)
        return total

    def ranked(self) -> list[Candidate]:
        """Return the evaluated candidates, best first, one for each tree."""
        seen: dict[str, Candidate] = {}
        order = sorted(self.evaluations, key=lambda c: (isinstance(c, str), self._rank(c)))
        for candidate in order:
            seen.setdefault(self.materialise.plain(candidate), candidate)
        return sorted(seen.values(), key=self._rank)

    def _rank(self, candidate: Candidate) -> tuple[float, ...]:
        """Return the key of the order of candidates: what gates and tests say, what no test sees, what is kept."""
        key = self.fitness(candidate).rank_key()
        return (*key[:_TESTED], int(self._dangling(candidate)), *key[_TESTED:])

    def _dangling(self, candidate: Candidate) -> bool:
        """Return whether something in a candidate lacks what it depends on, at a place that no required test sees."""
        view = self.landscape
        if view is None or isinstance(candidate, str) or candidate.generation:
            return False
        return any(clause.violated(candidate.genome) and not view.seen(clause) for clause in view.clauses)

    def best(self) -> Candidate | None:
        """Return the best candidate, None before anything was evaluated."""
        ranked = self.ranked()
        return ranked[0] if ranked else None

    def answers(self) -> list[Candidate]:
        """Return the several fit offspring that were asked for, none where one answer was."""
        if self.request.diverse == 1:
            return []
        from forkmerge.app.differences import diverse  # noqa: PLC0415 - only where it is asked for

        return diverse(self, self.ranked())
