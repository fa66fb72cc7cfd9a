"""Simulated landscapes with planted interferences and a known optimum.

A locus has the alleles ours, theirs and either a merge of both (keeps both edits) or nothing that keeps both; some are
one-sided (dormant).  An interference is a set of one to three alleles that can't stand together, never wholly inside a
parent; every test that executes all of its loci fails when they meet.  Some tests are goals of a side: they fail where
that side's edit of one locus is missing.

A flaky test fails by chance in three runs of ten.  It passed on the parent that it is required of, or it would not be
required; a failure of a whole suite is repeated alone before it is told, and paid for, as ``fitness.evaluator`` does: a
test that passes then is told as flaky.  A shifting test executes a part of its loci only where one of them has a
certain allele; what it covers is known from its runs so far, and fails with it there alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.optimum import optimum
from forkmerge.search.protocol import Landscape, Query, Strategy, Verdict, Worth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


@dataclass(frozen=True)
class Shape:
    loci: int = 10
    planted: int = 2
    coverage: float = 0.05
    tests: int = 200
    breakers: int = 0
    flaky: int = 0
    shifting: float = 0.0
    goals: int = 4
    coverage_known: bool = True
    gate: bool = True


@dataclass(frozen=True)
class Shift:
    """A test executes the loci ``more`` only where ``locus`` has ``allele``."""

    locus: int
    allele: int
    more: frozenset[int]


@dataclass
class World:
    """The truth behind a landscape, and the meter of what was run."""

    landscape: Landscape
    tests: tuple[str, ...]
    executes: dict[str, frozenset[int]]
    nogoods: dict[str, list[Clause]]
    breakers: list[Clause]
    flaky: dict[str, Genome]
    rng: Random
    shifts: dict[str, Shift] = field(default_factory=dict)
    seen: dict[str, frozenset[int]] = field(default_factory=dict)
    unmasked: set[str] = field(default_factory=set)
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
        failed |= {t for t in asked if self._stumbles(t, query.genome)}
        cost = 0.05 if not asked else self._share(len(asked))
        if self.flaky and failed and (query.tests is None or query.again):
            again = {t for t in failed if t not in self.flaky or self._stumbles(t, query.genome)}
            self.unmasked |= failed - again
            cost, failed = cost + self._share(len(failed)), again
        for test in self.shifts.keys() & set(asked):
            self.seen[test] |= self.executed(test, query.genome)
        flaky = frozenset(self.unmasked & set(asked))
        passed = frozenset(asked) - failed - flaky
        return self._costed(Verdict(frozenset(failed), "ok", passed, cost, flaky=flaky))

    def executed(self, test: str, genome: Genome) -> frozenset[int]:
        """Return the loci that ``test`` executes on ``genome``."""
        shift = self.shifts.get(test)
        if shift is None or genome[shift.locus] == shift.allele:
            return self.executes[test]
        return self.executes[test] - shift.more

    def _stumbles(self, test: str, genome: Genome) -> bool:
        """Return whether a flaky test fails by chance this time."""
        if test not in self.flaky or test in self.unmasked or genome == self.flaky[test]:
            return False
        return self.rng.random() < 0.3

    def _share(self, tests: int) -> float:
        return max(tests / len(self.tests), 0.005)

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
    landscape = Landscape(
        tuple(worths), tuple(default), (0,) * len(worths), (1,) * len(worths), frozenset(dormant), gate=shape.gate
    )
    return planted_in(landscape, range(shape.loci), shape, rng)


def planted_in(landscape: Landscape, pool: Sequence[int], shape: Shape, rng: Random) -> World:
    """Return a world with the loci of ``landscape``, in those of ``pool`` interferences; perhaps no genome is good."""
    worths, default = landscape.worths, landscape.default
    parents = (landscape.ours, landscape.theirs)
    tests = tuple(f"t{i:03}" for i in range(shape.tests))
    count = max(1, round(shape.coverage * len(pool)))
    executes = {t: set(rng.sample(pool, min(len(pool), max(1, _about(count, rng))))) for t in tests}
    nogoods: dict[str, list[Clause]] = {}
    for _ in range(shape.planted):
        clause = _interference(landscape, pool, rng)
        loci = {locus for locus, _ in clause.cells}
        seeing = [t for t in tests if loci <= executes[t]] or [rng.choice(tests)]
        for test in seeing:
            executes[test] |= loci
            nogoods.setdefault(test, []).append(clause)
    for _ in range(shape.goals):
        locus, side = pool[rng.randrange(len(pool))], rng.randrange(2)
        lacking = [a for a, w in enumerate(worths[locus]) if not (w.ours if side == 0 else w.theirs)]
        seeing = [t for t in tests if locus in executes[t] and t not in nogoods]
        if lacking and len(lacking) < len(worths[locus]) and seeing:
            nogoods.setdefault(rng.choice(seeing), []).append(Clause(((locus, frozenset(lacking)),)))
    frozen = {t: frozenset(loci) for t, loci in executes.items()}
    shifts = _shifts(shape, frozen, worths, default, rng)
    nogoods = {t: [c for c in map(partial(_shown, shifts.get(t)), found) if c] for t, found in nogoods.items()}
    breakers = [_interference(landscape, pool, rng) for _ in range(shape.breakers)]
    seen: dict[str, frozenset[int]] = {}
    landscape = replace(
        landscape,
        covers=seen.get if shape.coverage_known else None,
        tests=frozenset(tests) if shape.coverage_known else None,
    )
    flaky = {t: rng.choice(parents) for t in rng.sample([t for t in tests if t not in nogoods], shape.flaky)}
    world = World(landscape, tests, frozen, nogoods, breakers, flaky, rng, shifts, seen)
    for test in tests:
        seen[test] = frozenset().union(*(world.executed(test, parent) for parent in parents))
    return world


def _shifts(
    shape: Shape, executes: dict[str, frozenset[int]], worths: Sequence[tuple[Worth, ...]], default: Genome, rng: Random
) -> dict[str, Shift]:
    """Return the tests whose coverage depends on an allele: mostly on that of the structured merge."""
    found = {}
    for test, loci in executes.items():
        if len(loci) > 1 and shape.shifting and rng.random() < shape.shifting:
            locus, *others = rng.sample(sorted(loci), len(loci))
            allele = default[locus] if rng.random() < 0.7 else rng.randrange(len(worths[locus]))
            found[test] = Shift(locus, allele, frozenset(others[: (len(others) + 1) // 2]))
    return found


def _shown(shift: Shift | None, clause: Clause) -> Clause | None:
    """Return where ``clause`` shows in a test whose coverage shifts, None if nowhere."""
    if shift is None or not any(locus in shift.more for locus, _ in clause.cells):
        return clause
    cells = dict(clause.cells)
    cells[shift.locus] = cells.get(shift.locus, frozenset({shift.allele})) & {shift.allele}
    return Clause(tuple(sorted(cells.items()))) if cells[shift.locus] else None


def _about(count: int, rng: Random) -> int:
    return max(1, round(rng.expovariate(1 / count)))


def _interference(landscape: Landscape, pool: Sequence[int], rng: Random) -> Clause:
    """Return one to three alleles, mostly of the structured merge, that no parent has together."""
    worths, default = landscape.worths, landscape.default
    while True:
        loci = rng.sample(pool, min(len(pool), rng.choice((1, 2, 2, 3))))
        cells = tuple(
            (x, frozenset({default[x] if rng.random() < 0.85 else rng.randrange(len(worths[x]))})) for x in sorted(loci)
        )
        clause = Clause(cells)
        if not clause.violated(landscape.ours) and not clause.violated(landscape.theirs):
            return clause
