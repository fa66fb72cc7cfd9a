"""Simulated landscapes with planted interferences and a known optimum.

A locus has the alleles ours, theirs and either a merge of both (keeps both edits) or nothing that keeps both; some are
one-sided (dormant).  An interference is a set of one to three alleles that can't stand together, never wholly inside a
parent; every test that executes all of its loci fails when they meet.  Some tests are goals of a side: they fail where
that side's edit of one locus is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.optimum import optimum
from forkmerge.search.protocol import Landscape, Query, Strategy, Verdict, Worth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random


@dataclass(frozen=True)
class Shape:
    loci: int = 10
    planted: int = 2
    coverage: float = 0.05
    tests: int = 200
    breakers: int = 0
    flaky: int = 0
    goals: int = 4
    coverage_known: bool = True
    gate: bool = True


@dataclass
class World:
    """The truth behind a landscape, and the meter of what was run."""

    landscape: Landscape
    tests: tuple[str, ...]
    executes: dict[str, frozenset[int]]
    nogoods: dict[str, list[Clause]]
    breakers: list[Clause]
    flaky: frozenset[str]
    rng: Random
    suites: float = 0.0
    runs: int = 0
    log: list[Query] = field(default_factory=list)

    def run(self, query: Query) -> Verdict:
        asked = self.tests if query.tests is None else tuple(sorted(query.tests))
        self.runs += 1
        self.log.append(query)
        if any(b.violated(query.genome) for b in self.breakers):
            return self._costed(Verdict(failed=frozenset(asked), status="broken", cost=0.05))
        failed = {t for t in asked if any(c.violated(query.genome) for c in self.nogoods.get(t, ()))}
        failed |= {t for t in asked if t in self.flaky and self.rng.random() < 0.3}
        cost = 0.05 if not asked else max(len(asked) / len(self.tests), 0.005)
        return self._costed(Verdict(frozenset(failed), "ok", frozenset(asked) - failed, cost))

    def _costed(self, verdict: Verdict) -> Verdict:
        self.suites += verdict.cost
        return verdict

    def truth(self) -> tuple[Clause, ...]:
        return (*self.breakers, *(c for clauses in self.nogoods.values() for c in clauses), *self.landscape.clauses)

    def best(self) -> Genome:
        found = optimum(self.landscape, dict.fromkeys(self.truth()))
        assert found is not None
        assert found.exact
        return found.genome

    def good(self, genome: Genome) -> bool:
        return not any(c.violated(genome) for c in self.truth())


def planted(shape: Shape, rng: Random) -> World:
    """Return a world of the given shape in which a good genome exists."""
    while True:
        world = _world(shape, rng)
        if optimum(world.landscape, dict.fromkeys(world.truth())) is not None:
            return world


def drive(strategy: Strategy, world: World, *, most_runs: int = 100_000) -> None:
    """Answer a strategy's questions until it has no more."""
    for _ in range(most_runs):
        asked = strategy.ask()
        if asked is None:
            return
        for query in asked if isinstance(asked, tuple) else (asked,):
            strategy.tell(query, world.run(query))
    raise AssertionError("the strategy never ends")


def _world(shape: Shape, rng: Random) -> World:
    worths: list[tuple[Worth, ...]] = []
    default, dormant = [], set()
    for locus in range(shape.loci):
        ours, theirs = rng.randint(1, 40), rng.randint(1, 40)
        kind = rng.random()
        if kind < 0.4:  # one-sided: 0 ours, 1 theirs
            mine = rng.random() < 0.5
            worths.append((Worth(ours if mine else 0, 0), Worth(0, 0 if mine else theirs)))
            default.append(0 if mine else 1)
            dormant.add(locus)
        elif kind < 0.9:  # a merge exists, in two orders, besides the base
            both = (Worth(ours, theirs, True, 0), Worth(ours, theirs, True, 1))
            worths.append((Worth(ours, 0, False, 1), Worth(0, theirs, False, 1), *both, Worth(0, 0, True, 1)))
            default.append(2)
        else:  # torn: one side or the other, or a part of each
            part = Worth(ours // 2, theirs // 2, True, 1)
            worths.append((Worth(ours, 0), Worth(0, theirs, False, 1), part))
            default.append(0)
    parents = (tuple(0 for _ in worths), tuple(1 for _ in worths))
    tests = tuple(f"t{i:03}" for i in range(shape.tests))
    count = max(1, round(shape.coverage * shape.loci))
    executes = {t: set(rng.sample(range(shape.loci), min(shape.loci, max(1, _about(count, rng))))) for t in tests}
    nogoods: dict[str, list[Clause]] = {}
    for _ in range(shape.planted):
        clause = _interference(worths, default, parents, rng)
        loci = {locus for locus, _ in clause.cells}
        seeing = [t for t in tests if loci <= executes[t]] or [rng.choice(tests)]
        for test in seeing:
            executes[test] |= loci
            nogoods.setdefault(test, []).append(clause)
    for _ in range(shape.goals):
        locus, side = rng.randrange(shape.loci), rng.randrange(2)
        lacking = [a for a, w in enumerate(worths[locus]) if not (w.ours if side == 0 else w.theirs)]
        seeing = [t for t in tests if locus in executes[t] and t not in nogoods]
        if lacking and len(lacking) < len(worths[locus]) and seeing:
            nogoods.setdefault(rng.choice(seeing), []).append(Clause(((locus, frozenset(lacking)),)))
    frozen = {t: frozenset(loci) for t, loci in executes.items()}
    breakers = [_interference(worths, default, parents, rng) for _ in range(shape.breakers)]
    landscape = Landscape(
        worths=tuple(worths),
        default=tuple(default),
        ours=parents[0],
        theirs=parents[1],
        dormant=frozenset(dormant),
        covers=frozen.get if shape.coverage_known else None,
        tests=frozenset(tests) if shape.coverage_known else None,
        gate=shape.gate,
    )
    flaky = frozenset(rng.sample([t for t in tests if t not in nogoods], shape.flaky))
    return World(landscape, tests, frozen, nogoods, breakers, flaky, rng)


def _about(count: int, rng: Random) -> int:
    return max(1, round(rng.expovariate(1 / count)))


def _interference(
    worths: list[tuple[Worth, ...]], default: list[int], parents: Iterable[Genome], rng: Random
) -> Clause:
    """Return one to three alleles, mostly of the structured merge, that no parent has together."""
    while True:
        loci = rng.sample(range(len(worths)), min(len(worths), rng.choice((1, 2, 2, 3))))
        cells = tuple(
            (x, frozenset({default[x] if rng.random() < 0.85 else rng.randrange(len(worths[x]))})) for x in sorted(loci)
        )
        clause = Clause(cells)
        if not any(clause.violated(p) for p in parents):
            return clause
