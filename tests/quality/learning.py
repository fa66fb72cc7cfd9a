"""What experience is worth: searches of one project in a row, with what the earlier ones saw and without.

    PYTHONPATH=tests:. python -m quality.learning [--taught 8] [--asked 12] [--seed 0]

A project here is a row of simulated merges (``quality.landscapes``) with habits: four of five loci of interferences are
of kinds that make up a sixth of the others (schema changes, say), and seven of ten failures show in ten tests that are
the same in every merge.  The first merges teach, the later ones are asked twice, with the hints and without.  A project
without habits shows what learning costs where there is nothing to learn.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from random import Random
from statistics import mean, median
from typing import TYPE_CHECKING

from quality.landscapes import Shape, World, drive, planted

from forkmerge.app.experience import Experience
from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.protocol import Budget, Hints

if TYPE_CHECKING:
    from forkmerge.search.protocol import Answer

SHAPES = (
    Shape(30, 6, 0.05),
    Shape(30, 6, 0.05, coverage_known=False),
    Shape(30, 6, 0.3),
    Shape(100, 10, 0.05),
    Shape(100, 10, 0.3),
)
HOT = 10


@dataclass
class Merge:
    """A world with the names that its tests and the kinds of its loci have in the project."""

    world: World
    names: dict[str, str]
    kinds: tuple[str, ...]

    def ask(self, hints: Hints, seed: int) -> tuple[Answer, float]:
        """Return the answer of a search and the suites that it took."""
        self.world.rng = Random(seed)
        self.world.suites = 0.0
        landscape = replace(self.world.landscape, hints=hints, tests=frozenset(self.world.tests))
        strategy = ConflictDriven(landscape, Budget(60, 60.0), Random(seed))
        drive(strategy, self.world)
        return strategy.answer(), self.world.suites - 2  # the parents' own runs don't count


def merge(shape: Shape, rng: Random, *, habits: bool) -> Merge:
    """Return the next merge of a project."""
    world = planted(shape, rng)
    guilty = {locus for clauses in world.nogoods.values() for c in clauses for locus, _ in c.cells}
    share = {True: 0.8, False: 0.17} if habits else {True: 0.3, False: 0.3}
    kinds = tuple("hot" if rng.random() < share[locus in guilty] else "cold" for locus in range(shape.loci))
    failing = sorted(world.nogoods)
    hot = rng.sample(range(HOT), HOT) if habits else []
    names = {}
    for number, test in enumerate(rng.sample(failing, len(failing))):
        names[test] = f"hot{hot.pop()}" if hot and rng.random() < 0.7 else f"x{rng.random()}{number}"
    return Merge(world, names, kinds)


def hints(experience: Experience, merged: Merge) -> Hints:
    """Return what the project's earlier merges let expect of this one."""
    share = {name: (bad + 0.1) / (all_ + 1) for name, (bad, all_) in experience.tests.items()}
    kinds = {name: (bad + 0.1) / (all_ + 1) for name, (bad, all_) in experience.loci.items()}
    failing = {test: share[name] for test, name in merged.names.items() if name in share}
    return Hints(tuple(kinds.get(kind, 0.0) for kind in merged.kinds), failing)


def taught(experience: Experience, merged: Merge, answer: Answer) -> Experience:
    """Return the experience with one more merge."""
    named = replace(
        answer,
        ranked=tuple(
            replace(e, failed=frozenset(f"ours:{merged.names.get(t, t)}" for t in e.failed)) for e in answer.ranked
        ),
    )
    parents = merged.world.landscape.ours, merged.world.landscape.theirs
    return experience.with_seen(merged.kinds, parents, named)


def row(shape: Shape, *, habits: bool, teach: int, ask: int, seed: int) -> tuple[list[float], list[float], int]:
    """Return the suites without and with experience, and how many answers were as good with it as without."""
    rng = Random(seed)
    experience = Experience()
    for number in range(teach):
        merged = merge(shape, rng, habits=habits)
        experience = taught(experience, merged, merged.ask(hints(experience, merged), number)[0])
    without, with_, equal = [], [], 0
    for number in range(ask):
        merged = merge(shape, rng, habits=habits)
        plain, cost = merged.ask(Hints(), number)
        learnt, less = merged.ask(hints(experience, merged), number)
        key = merged.world.landscape.key
        equal += plain.good == learnt.good and key(plain.best.genome) == key(learnt.best.genome)
        without.append(cost)
        with_.append(less)
    return without, with_, equal


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--taught", type=int, default=8)
    parser.add_argument("--asked", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| project | suites without (median, mean) | with | same answers |")
    print("|---|---|---|---|")
    for shape in SHAPES:
        for habits in (True, False):
            without, with_, equal = row(
                shape, habits=habits, teach=options.taught, ask=options.asked, seed=options.seed
            )
            words = f"n={shape.loci} k={shape.planted} coverage {shape.coverage:.0%}"
            words += "" if shape.coverage_known else ", unknown"
            words += "" if habits else ", no habits"
            print(
                f"| {words} | {median(without):.2f}, {mean(without):.2f} | {median(with_):.2f}, {mean(with_):.2f} "
                f"| {equal} of {len(with_)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
