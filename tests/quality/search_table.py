"""Prints how many candidates and suite equivalents each search needs on simulated landscapes with a known optimum.

python -m quality.search_table [--instances 30] [--loci 10 30 100] [--strategies conflict-driven ...] [--seed 0]
(with ``tests`` on the path; see docs/how-to/measure-search.md)
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from quality.landscapes import Shape, drive, planted

from forkmerge.search.baselines import Genetic, Gomea, HillClimbing, RandomSearch
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.protocol import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forkmerge.search.driven import Driven

KINDS: dict[str, type[Driven]] = {
    "conflict-driven": ConflictDriven,
    "hill climbing": HillClimbing,
    "genetic": Genetic,
    "GOMEA": Gomea,
    "random": RandomSearch,
}
SIZES = {10: 2, 30: 6, 100: 10}
BUDGET = Budget(1000, 1000.0)


@dataclass(frozen=True)
class Row:
    """What one strategy did on all instances of one shape."""

    strategy: str
    shape: Shape
    good: float
    optimal: float
    proven: float
    candidates: float
    suites: float
    first: float


def measure(strategy: str, shape: Shape, instances: int, budget: Budget = BUDGET, *, seed: int = 0) -> Row:
    """Return the medians over ``instances`` worlds, seeded from ``seed`` on.

    ``first`` is candidates up to the first good one.
    """
    good = optimal = proven = 0
    candidates, suites, first = [], [], []
    for number in range(seed, seed + instances):
        world = planted(shape, Random(number))
        search = KINDS[strategy](world.landscape, budget, Random(number))
        drive(search, world)
        answer = search.answer()
        passes = world.good(answer.best.genome)
        good += passes
        best = world.landscape.key(world.best())
        optimal += passes and world.landscape.key(answer.best.genome) == best
        proven += answer.optimal
        candidates.append(answer.candidates)
        suites.append(answer.cost)
        tried = [e for e in search.evaluated.values() if e.genome not in (world.landscape.ours, world.landscape.theirs)]
        hits = [i + 1 for i, e in enumerate(tried) if not e.broken and world.good(e.genome)]
        first.append(hits[0] if hits else budget.evaluations)
    return Row(
        strategy,
        shape,
        good / instances,
        optimal / instances,
        proven / instances,
        statistics.median(candidates),
        statistics.median(suites),
        statistics.median(first),
    )


def shapes(loci: Sequence[int]) -> Iterator[Shape]:
    """Yield the shapes of the table."""
    for n in loci:
        k = SIZES.get(n, max(1, n // 10))
        for coverage in (0.05, 0.3):
            yield Shape(n, k, coverage)
            yield Shape(n, k, coverage, coverage_known=False)
        yield Shape(n, k, 0.05, breakers=2)
        yield Shape(n, k, 0.05, breakers=2, gate=False)
        yield Shape(n, k, 0.05, flaky=4)
        yield Shape(n, k, 0.05, shifting=0.5)
        yield Shape(n, k, 0.3, shifting=0.5)


def describe(shape: Shape) -> str:
    """Return the shape in words."""
    words = [f"n={shape.loci} k={shape.planted} coverage {shape.coverage:.0%}"]
    words += ["unknown"] if not shape.coverage_known else []
    words += [f"{shape.breakers} import breakers{'' if shape.gate else ', no gate'}"] if shape.breakers else []
    words += [f"{shape.flaky} flaky"] if shape.flaky else []
    words += ["changing with the allele"] if shape.shifting else []
    return ", ".join(words)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--instances", type=int, default=30)
    parser.add_argument("--loci", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--strategies", nargs="+", default=["conflict-driven"], choices=list(KINDS))
    parser.add_argument("--evaluations", type=int, default=BUDGET.evaluations)
    parser.add_argument("--seed", type=int, default=0, help="that of the first instance")
    options = parser.parse_args(arguments)
    budget = Budget(options.evaluations, BUDGET.suites)
    print("| landscape | search | good | optimal | proven | first good | candidates | suites |")
    print("|---|---|---|---|---|---|---|---|")
    for shape in shapes(options.loci):
        for strategy in options.strategies:
            row = measure(strategy, shape, options.instances, budget, seed=options.seed)
            print(
                f"| {describe(shape)} | {strategy} | {row.good:.0%} | {row.optimal:.0%} | {row.proven:.0%} |"
                f" {row.first:g} | {row.candidates:g} | {row.suites:.2f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
