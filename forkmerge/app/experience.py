"""What the searches of a repository have taught: which tests fail on offspring, which kinds of loci are to blame.

It is kept in a small file beside the ledger, summed up over the searches, newer ones counting more.  It orders what is
asked (the tests that look at a new candidate first, the loci that are halved first) and decides nothing: without it the
same answers come out, later.  What people applied (``app.applied``) stands in the ledger; it chooses among answers that
keep equally much of both sides with equally few new combinations, and never what is fit.

Invariants: a file that can't be read is no experience, one that can't be written is none for the next search.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from forkmerge.app.applied import Taste, kind, taste
from forkmerge.recombination.genome import all_ours, all_theirs
from forkmerge.search.protocol import Hints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from forkmerge.app.found import Found
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.recombination.values import Genome, LocusMap
    from forkmerge.search.protocol import Answer

FADING = 0.8
"""What an earlier search counts, beside the one after it."""

MOST_TESTS = 2000
_SIZE = 4_000_000

Counts: TypeAlias = "dict[str, tuple[float, float]]"
"""How often something happened, and how often it could have."""


@dataclass(frozen=True, slots=True)
class Experience:
    """Sums over earlier searches.

    ``tests``: in how many searches a test failed on an offspring, of how many; ``loci``: how many loci of a kind were
    blamed, of how many; ``seconds`` what the tests take; ``taste`` what people applied.
    """

    tests: Counts = field(default_factory=dict)
    loci: Counts = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    searches: float = 0.0
    taste: Taste = field(default_factory=Taste)

    def hints(self, locus_map: LocusMap, duties: Iterable[str]) -> Hints:
        """Return what is to be expected of these loci and duties."""
        names = {duty: duty.partition(":")[2] for duty in duties}
        shares = {d: _share(self.tests[name]) for d, name in names.items() if name in self.tests}
        seconds = {d: self.seconds[name] for d, name in names.items() if name in self.seconds}
        blame = tuple(_share(self.loci.get(kind(locus), (0.0, 0.0))) for locus in locus_map.loci) if self.loci else ()
        return Hints(blame, shares, seconds)

    def after(self, locus_map: LocusMap, answer: Answer) -> Experience:
        """Return the experience with what one search has seen."""
        parents = all_ours(locus_map), all_theirs(locus_map)
        return self.with_seen(tuple(kind(locus) for locus in locus_map.loci), parents, answer)

    def with_seen(self, kinds: Sequence[str], parents: Collection[Genome], answer: Answer) -> Experience:
        """Return the experience with the ``answer`` of a search over loci of these ``kinds``.

        What the ``parents`` fail of each other's tests, and what could not even be imported, says nothing of mixtures.
        """
        tests = {name: (FADING * bad, FADING * all_ + 1) for name, (bad, all_) in self.tests.items()}
        searches = FADING * self.searches + 1
        mixtures = [e for e in answer.ranked if not e.broken and e.genome not in parents]
        for name in {duty.partition(":")[2] for e in mixtures for duty in e.failed}:
            bad, all_ = tests.get(name, (0.0, searches))
            tests[name] = bad + 1, all_
        blamed = {locus for clause in answer.nogoods for locus, _ in clause.cells}
        loci = {name: (FADING * bad, FADING * all_) for name, (bad, all_) in self.loci.items()}
        for index, name in enumerate(kinds):
            bad, all_ = loci.get(name, (0.0, 0.0))
            loci[name] = bad + (index in blamed), all_ + 1
        most = sorted(tests, key=lambda name: -tests[name][0])[:MOST_TESTS]
        return replace(self, tests={name: tests[name] for name in most}, loci=loci, searches=searches)


def recalled(repo: Repository, measured: Mapping[str, tuple[SuiteRun, ...]]) -> Experience:
    """Return what is kept for ``repo``, the seconds that the tests took in the parents' runs, and people's choices."""
    seconds = {str(r.test): r.seconds for runs in measured.values() for run in runs[:1] for r in run.results}
    return replace(load(_path(repo)), seconds=seconds, taste=taste(repo))


def remember(found: Found) -> None:
    """Keep what one more search has seen, unless nothing is to be learnt."""
    if found.experience is not None and found.answer is not None:
        save(_path(found.repo), found.experience.after(found.materialise.maps[-1], found.answer))


def _path(repo: Repository) -> str:
    return f"{repo.common_dir}/forkmerge/experience.json"


def load(path: str) -> Experience:
    """Return what is kept at ``path``, nothing where it can't be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain path
            data = json.loads(file.read(_SIZE))
        return Experience(_counts(data["tests"]), _counts(data["loci"]), searches=float(data["searches"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Experience()


def save(path: str, experience: Experience) -> None:
    """Keep ``experience`` at ``path``; where that can't be, the next search does without."""
    document = {"tests": experience.tests, "loci": experience.loci, "searches": experience.searches}
    part = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        with open(part, "w", encoding="ascii") as file:  # noqa: PTH123 - the same
            json.dump(document, file)
        os.replace(part, path)  # noqa: PTH105 - the same


def _counts(data: Mapping[str, Any]) -> Counts:
    return {str(name): (float(bad), float(all_)) for name, (bad, all_) in data.items()}


def _share(counts: tuple[float, float]) -> float:
    """Return how likely something is by what was seen, little of which is little evidence."""
    return (counts[0] + 0.1) / (counts[1] + 1.0)
