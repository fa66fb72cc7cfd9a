"""What the conflict-driven search is measured against: random, hill climbing, a genetic algorithm, and GOMEA.

They ask for whole suites only and learn nothing but a rank: fewest failed tests first, then what is kept.  Genomes that
a static clause forbids are never asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from forkmerge.search.driven import Driven, Story
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict

if TYPE_CHECKING:
    from random import Random

    from forkmerge.recombination.values import Genome

Rank = tuple[bool, int, tuple[int, ...]]
Ranking = Generator[tuple[Query, ...], tuple[Verdict, ...], Rank]

_TRIES = 200


class Baseline(Driven):
    """Common ground of the baselines: a seeded source of chance and ranks that are asked for once."""

    def __init__(self, landscape: Landscape, budget: Budget, rng: Random) -> None:
        super().__init__(landscape, budget)
        self.rng = rng

    def rank(self, genome: Genome) -> Ranking:
        """Return the rank of ``genome``, smaller is better, asking for its suite where it is not known yet."""
        if (0, genome) not in self.evaluated:
            verdict = yield from self.evaluate(genome)
            if verdict.status == "unverified":
                return (True, 1 << 30, ())
        found = self.evaluated[0, genome]
        return (found.broken, len(found.failed), tuple(-k for k in self.landscape.key(genome)))

    def ranks(self, genomes: Sequence[Genome]) -> Generator[tuple[Query, ...], tuple[Verdict, ...], list[Rank]]:
        """Return the ranks of several genomes."""
        found: list[Rank] = []
        for genome in genomes:
            rank = yield from self.rank(genome)
            found += [rank]
        return found

    def random_genome(self) -> Genome:
        """Return a random genome that no static clause forbids (after many failures: ours)."""
        for _ in range(_TRIES):
            genome = tuple(self.rng.randrange(len(w)) for w in self.landscape.worths)
            if self.landscape.allowed(genome):
                return genome
        return self.landscape.ours

    def repaired(self, genome: Genome, instead: Genome) -> Genome:
        """Return ``genome`` where the static clauses allow it, else ``instead``."""
        return genome if self.landscape.allowed(genome) else instead


class RandomSearch(Baseline):
    """The structured merge, then random genomes."""

    def story(self) -> Story:
        """Ask for one random genome after the other."""
        yield from self.parents()
        yield from self.rank(self.repaired(self.landscape.default, self.landscape.ours))
        while True:
            yield from self.rank(self.random_genome())
            self._count_known()

    def _count_known(self) -> None:
        if len(self.evaluated) >= _size(self.landscape):
            self.spend()


class HillClimbing(Baseline):
    """First improvement over all changes of one locus, restarted from random genomes."""

    def story(self) -> Story:
        """Climb from the structured merge, then from random genomes."""
        yield from self.parents()
        here = self.repaired(self.landscape.default, self.landscape.ours)
        while True:
            yield from self._climb(here)
            if len(self.evaluated) >= _size(self.landscape):
                return
            here = self.random_genome()

    def _climb(self, here: Genome) -> Story:
        rank = yield from self.rank(here)
        better = True
        while better:
            better = False
            moves = [(i, a) for i, w in enumerate(self.landscape.worths) for a in range(len(w)) if a != here[i]]
            self.rng.shuffle(moves)
            for locus, allele in moves:
                there = (*here[:locus], allele, *here[locus + 1 :])
                if not self.landscape.allowed(there):
                    continue
                found = yield from self.rank(there)
                if found < rank:
                    here, rank, better = there, found, True
                    break


class Genetic(Baseline):
    """A steady-state genetic algorithm: tournaments of two, uniform crossover, mutation of one locus in n."""

    population = 20

    def story(self) -> Story:
        """Breed from both parents, the structured merge and random genomes."""
        yield from self.parents()
        default = self.repaired(self.landscape.default, self.landscape.ours)
        people = [self.landscape.ours, self.landscape.theirs, default]
        people += [self._cross(self.landscape.ours, default) for _ in range(self.population - len(people))]
        ranks = yield from self.ranks(people)
        while len(self.evaluated) < _size(self.landscape):
            child = self._cross(self._winner(people, ranks), self._winner(people, ranks))
            child = self.repaired(self._mutated(child), child)
            rank = yield from self.rank(child)
            worst = max(range(len(people)), key=lambda i: ranks[i])
            if rank < ranks[worst] and child not in people:
                people[worst], ranks[worst] = child, rank

    def _winner(self, people: Sequence[Genome], ranks: Sequence[Rank]) -> Genome:
        one, two = self.rng.randrange(len(people)), self.rng.randrange(len(people))
        return people[min(one, two, key=lambda i: ranks[i])]

    def _cross(self, one: Genome, two: Genome) -> Genome:
        child = tuple(self.rng.choice(pair) for pair in zip(one, two, strict=True))
        return self.repaired(child, one)

    def _mutated(self, genome: Genome) -> Genome:
        loci = len(genome)
        return tuple(
            self.rng.randrange(len(self.landscape.worths[i])) if self.rng.random() < 1 / loci else a
            for i, a in enumerate(genome)
        )


class Gomea(Genetic):
    """Gene-pool optimal mixing (Thierens and Bosman, GECCO 2011) over a linkage tree learnt from the population.

    Each member takes over the alleles of a random donor, one linkage set after the other, keeping what is no worse.
    """

    def story(self) -> Story:
        """Mix every member of the population in turn, with a new linkage tree in each generation."""
        yield from self.parents()
        default = self.repaired(self.landscape.default, self.landscape.ours)
        people = [default, *(self.random_genome() for _ in range(self.population - 1))]
        ranks = yield from self.ranks(people)
        while len(self.evaluated) < _size(self.landscape):
            before = len(self.evaluated)
            family = linkage_tree(people, self.rng)
            for index in range(len(people)):
                yield from self._mix(index, people, ranks, family)
            if len(self.evaluated) == before:
                fresh = self.random_genome()
                worst = max(range(len(people)), key=lambda i: ranks[i])
                people[worst], ranks[worst] = fresh, (yield from self.rank(fresh))

    def _mix(self, index: int, people: list[Genome], ranks: list[Rank], family: Sequence[frozenset[int]]) -> Story:
        for loci in family:
            donor = self.rng.choice(people)
            mixed = tuple(d if i in loci else a for i, (a, d) in enumerate(zip(people[index], donor, strict=True)))
            if mixed == people[index] or not self.landscape.allowed(mixed):
                continue
            rank = yield from self.rank(mixed)
            if rank <= ranks[index]:
                people[index], ranks[index] = mixed, rank


def linkage_tree(people: Sequence[Genome], rng: Random) -> tuple[frozenset[int], ...]:
    """Return the nodes of a linkage tree (single loci and joined ones, without the root), in random order.

    Loci are joined by UPGMA over how often their alleles say the same about which members are alike.
    """
    size = len(people[0])
    groups = [frozenset({i}) for i in range(size)]
    found = list(groups)
    alike = [[a[i] == b[i] for n, a in enumerate(people) for b in people[n + 1 :]] for i in range(size)]
    near = {(i, j): sum(x == y for x, y in zip(alike[i], alike[j], strict=True)) for i in range(size) for j in range(i)}

    def distance(one: frozenset[int], two: frozenset[int]) -> float:
        return -sum(near[max(i, j), min(i, j)] for i in one for j in two) / (len(one) * len(two))

    while len(groups) > 2:
        sample = groups if len(groups) <= 24 else rng.sample(groups, 24)
        pairs = ((a, b) for n, a in enumerate(sample) for b in sample[n + 1 :])
        one, two = min(pairs, key=lambda pair: distance(*pair))
        groups = [g for g in groups if g not in (one, two)] + [one | two]
        found.append(one | two)
    rng.shuffle(found)
    return tuple(found)


def _size(landscape: Landscape) -> int:
    size = 1
    for worths in landscape.worths:
        size = min(size * len(worths), 1 << 40)
    return size
