"""The search on the loci of real merges, with planted interferences and simulated tests.

    python -m quality.planted_search REPOSITORY... [--instances 5] [--planted 2 6] [--seed 0]

(with ``tests`` on the path; docs/how-to/measure-search.md tells more.)  A repository has the branches ``ours`` and
``theirs``, or those that ``--sides`` names.  Loci, alleles, what each keeps, static clauses, linkage and dormancy are
those of ``propose``; the tests are as in ``quality.landscapes``: they execute some loci each, and fail where planted
alleles meet.  So the optimum is known, and nothing runs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from quality.landscapes import Shape, World, drive, planted_in

from forkmerge.app.landscape import landscape
from forkmerge.app.scene import scene
from forkmerge.app.testpaths import is_test
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.optimum import Optimum, optimum
from forkmerge.search.protocol import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forkmerge.recombination.values import LocusMap

BUDGET = Budget(60, 60.0)
LEAST = 4
"""A merge with fewer places to choose at is left out."""


@dataclass(frozen=True)
class Merge:
    """The loci of a real merge, and those of them where there is a choice that tests can see."""

    name: str
    loci: LocusMap
    pool: tuple[int, ...]


@dataclass(frozen=True)
class Outcome:
    """What one search found: whether it is good and the best there is, its candidates and suite equivalents.

    ``short``: how much less of the edits of the side that comes off worse it keeps than the best, as a share of them.
    """

    good: bool
    optimal: bool
    short: float
    candidates: int
    suites: float


def merge_of(folder: str, ours: str = "ours", theirs: str = "theirs", *, name: str = "") -> Merge:
    """Return the merge of two branches of the repository around ``folder``."""
    with Repository.open(folder) as repo:
        found = scene(repo, resolve(repo, ours, theirs)).loci
    pool = tuple(i for i, x in enumerate(found.loci) if len(x.alleles) > 1 and not is_test(x.path, ()))
    return Merge(name or folder, found, pool)


def worlds(merge: Merge, shape: Shape, seed: int) -> Iterator[tuple[World, Optimum]]:
    """Yield worlds with the loci of ``merge`` in which a good genome exists, and the best one."""
    view = landscape(merge.loci, (), frozenset())
    rng = Random(seed)
    while True:
        world = planted_in(view, merge.pool, shape, rng)
        best = optimum(world.landscape, dict.fromkeys(world.truth()))
        if best is not None:
            yield world, best


def searched(world: World, best: Optimum, seed: int) -> Outcome:
    """Return what the search finds in ``world``; the best that is known counts where a proof takes too long."""
    search = ConflictDriven(world.landscape, BUDGET, Random(seed))
    drive(search, world)
    answer = search.answer()
    good = world.good(answer.best.genome)
    mine, known = (world.landscape.key(genome) for genome in (answer.best.genome, best.genome))
    ours, theirs = (max(1, total) for total in world.landscape.totals)
    short = max(0, known[0] - mine[0]) / (ours * theirs)
    return Outcome(good, good and mine >= known, short, answer.candidates, answer.cost)


def measured(merge: Merge, shape: Shape, instances: int, seed: int) -> list[Outcome]:
    """Return what the search finds in some worlds of a merge."""
    found = worlds(merge, shape, seed)
    return [searched(*next(found), seed + number) for number in range(instances)]


def row(name: str, loci: str, shape: Shape, outcomes: Sequence[Outcome]) -> str:
    """Return a line of the table."""
    good, optimal = (sum(getattr(o, word) for o in outcomes) / len(outcomes) for word in ("good", "optimal"))
    candidates = statistics.median(o.candidates for o in outcomes)
    suites = statistics.median(o.suites for o in outcomes)
    words = f"k={shape.planted}{'' if shape.coverage_known else ', unknown'}"
    short = statistics.mean(o.short for o in outcomes)
    return f"| {name} | {loci} | {words} | {good:.0%} | {optimal:.0%} | {short:.1%} | {candidates:g} | {suites:.2f} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--sides", nargs=2, default=("ours", "theirs"))
    parser.add_argument("--instances", type=int, default=5)
    parser.add_argument("--planted", type=int, nargs="+", default=[2, 6])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    shapes = [Shape(planted=k, coverage_known=known) for k in options.planted for known in (True, False)]
    every: dict[Shape, list[Outcome]] = {shape: [] for shape in shapes}
    print("| merge | loci | planted | good | optimal | short | candidates | suites |")
    print("|---|--:|---|--:|--:|--:|--:|--:|")
    for folder in options.repositories:
        merge = merge_of(folder, *options.sides, name=folder.rstrip("/").removesuffix("/repo").rpartition("/")[2])
        if len(merge.pool) < LEAST:
            continue
        for shape in shapes:
            outcomes = measured(merge, shape, options.instances, options.seed)
            every[shape] += outcomes
            print(row(merge.name, str(len(merge.pool)), shape, outcomes), flush=True)
    for shape, outcomes in every.items():
        if outcomes:
            print(row("all", "", shape, outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
