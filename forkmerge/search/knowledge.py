"""What has been seen: which test passed and failed on which genome, and what follows for genomes not yet tried.

The verdict of a deterministic test depends only on the alleles of the loci that it executes.  So a fact is kept under
(test, alleles of its covered loci); without coverage that is the whole genome.  What a test covers is the sum over its
runs, so it may grow: facts are then kept under more loci than before.  What an untraced test said holds for that genome
alone.  A test that was seen to pass and to
fail under one such key is flaky when the genomes are the same, and has a coverage that can't be trusted when they are
not: it then counts as covering everything.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.protocol import Landscape, Query, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Projection: TypeAlias = tuple[tuple[int, int], ...]
Key: TypeAlias = tuple[frozenset[int] | None, Genome]
"""The loci that a test executes, and a genome."""

BROKEN = ""
"""The name under which import and collection count as a test of their own."""


class Knowledge:
    """Facts of test runs, with the projections that make them hold for other genomes."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.flaky: set[str] = set()
        self.untrusted: set[str] = set()
        self.runs: list[tuple[Query, Verdict]] = []
        self._facts: dict[str, dict[Genome, bool]] = defaultdict(dict)
        self._alone: dict[str, set[Genome]] = defaultdict(set)
        self._by_projection: dict[str, tuple[frozenset[int], dict[Projection, tuple[bool, Genome]]]] = {}
        self._whole: dict[Genome, frozenset[str]] = {}
        self._cells: dict[Key, tuple[tuple[int, frozenset[int]], ...]] = {}

    def record(self, query: Query, verdict: Verdict) -> None:
        """Take in what came out of a query; a run that could not tell adds nothing."""
        if verdict.status == "unverified":
            return
        self.runs.append((query, verdict))
        self.flaky |= verdict.flaky
        broken = verdict.status == "broken"
        self._fact(BROKEN, query.genome, passed=not broken)
        if broken:
            return
        for test in verdict.failed:
            self._fact(test, query.genome, passed=False, traced=test not in verdict.untraced)
        passed = verdict.passed
        if passed is None and query.tests is not None:
            passed = query.tests - verdict.failed
        if passed is None and self.landscape.tests is not None:
            passed = self.landscape.tests - verdict.failed
        for test in passed or ():
            if test not in verdict.failed:
                self._fact(test, query.genome, passed=True, traced=test not in verdict.untraced)
        if query.tests is None and passed is None:
            self._whole[query.genome] = verdict.failed

    def covered(self, test: str) -> frozenset[int] | None:
        """Return the loci that ``test`` executes, None when it may be all."""
        if test == BROKEN or test in self.untrusted or self.landscape.covers is None:
            return None
        return self.landscape.covers(test)

    def known(self, test: str, genome: Genome) -> bool | None:
        """Return whether ``test`` passes on ``genome``, None when nothing that was seen tells."""
        fact = self._facts[test].get(genome)
        if fact is not None:
            return fact
        whole = self._whole.get(genome)
        if whole is not None and test != BROKEN:
            return test not in whole
        covered = self.covered(test)
        if covered is None:
            return None
        seen = self._projected(test, covered).get(_project(genome, covered))
        return seen[0] if seen else None

    def passing(self, test: str) -> tuple[Genome, ...]:
        """Return the genomes on which ``test`` was seen to pass, in the order of the runs."""
        found = [g for g, passed in self._facts[test].items() if passed]
        if test != BROKEN:
            found += [g for g, failed in self._whole.items() if test not in failed]
        return tuple(dict.fromkeys(found))

    def failing(self, test: str) -> tuple[Genome, ...]:
        """Return the genomes on which ``test`` was seen to fail."""
        return tuple(g for g, passed in self._facts[test].items() if not passed)

    def failures(self, test: str) -> int:
        """Return how many runs ``test`` failed in."""
        return sum(test in verdict.failed for _, verdict in self.runs)

    def failed_tests(self) -> tuple[str, ...]:
        """Return every test that was seen to fail somewhere, ``BROKEN`` among them, flaky ones left out."""
        return tuple(test for test, facts in self._facts.items() if test not in self.flaky and not all(facts.values()))

    def projection(self, test: str, genome: Genome) -> Projection:
        """Return what ``test`` sees of ``genome``."""
        return _project(genome, self.covered(test))

    def sound_nogood(self, test: str, genome: Genome) -> Clause:
        """Return the clause that is certain once ``test`` failed on ``genome``: the same projection fails again."""
        key = None if genome in self._alone.get(test, ()) else self.covered(test), genome
        cells = self._cells.get(key)
        if cells is None:
            cells = self._cells[key] = tuple((i, frozenset({a})) for i, a in _project(genome, key[0]))
        return Clause(cells, test or "import and collection")

    def sound_nogoods(self) -> tuple[Clause, ...]:
        """Return the sound nogoods of everything that was seen to fail; tests that see the same share one."""
        found: dict[Key, str] = {}
        for test in self.failed_tests():
            for genome in self.failing(test):
                alone = genome in self._alone.get(test, ())
                found.setdefault((None if alone else self.covered(test), genome), test)
        return tuple(self.sound_nogood(test, genome) for (_, genome), test in found.items())

    def lonely(self) -> dict[Clause, str]:
        """Return the sound nogoods that rest on one test alone, with that test."""
        tests: dict[Key, list[str]] = defaultdict(list)
        for test in self.failed_tests():
            for genome in self.failing(test):
                alone = genome in self._alone.get(test, ())
                tests[None if alone else self.covered(test), genome].append(test)
        return {self.sound_nogood(t[0], genome): t[0] for (_, genome), t in tests.items() if len(t) == 1}

    def unseen(self, tests: Iterable[str], genome: Genome) -> frozenset[str]:
        """Return those of ``tests`` whose verdict on ``genome`` does not follow from what was seen."""
        return frozenset(t for t in tests if t not in self.flaky and self.known(t, genome) is None)

    def moved(self, landscape: Landscape, translate: Mapping[Genome, Genome]) -> Knowledge:
        """Return the knowledge for a refined landscape; runs on genomes that have no translation are forgotten."""
        fresh = Knowledge(landscape)
        fresh.flaky = set(self.flaky)
        fresh.untrusted = set(self.untrusted)
        for query, verdict in self.runs:
            if query.genome in translate:
                fresh.record(Query(translate[query.genome], query.tests, query.generation + 1), verdict)
        return fresh

    def _fact(self, test: str, genome: Genome, *, passed: bool, traced: bool = True) -> None:
        facts = self._facts[test]
        if facts.get(genome, passed) != passed:
            self.flaky.add(test)
            return
        if traced:
            self._alone[test].discard(genome)
        elif genome not in facts:
            self._alone[test].add(genome)
        facts[genome] = passed
        covered = self.covered(test)
        if covered is not None and traced:
            self._project(test, self._projected(test, covered), covered, genome)

    def _projected(self, test: str, covered: frozenset[int]) -> dict[Projection, tuple[bool, Genome]]:
        """Return the facts of a test by what it saw; made anew when it turned out to cover more."""
        known = self._by_projection.get(test)
        if known is None or known[0] != covered:
            known = self._by_projection[test] = (covered, {})
            for genome in self._facts[test]:
                if genome not in self._alone[test]:
                    self._project(test, known[1], covered, genome)
        return known[1]

    def _project(
        self, test: str, known: dict[Projection, tuple[bool, Genome]], covered: frozenset[int], genome: Genome
    ) -> None:
        passed = self._facts[test][genome]
        if known.setdefault(_project(genome, covered), (passed, genome))[0] != passed:
            self.untrusted.add(test)


def _project(genome: Genome, covered: frozenset[int] | None) -> Projection:
    if covered is None:
        return tuple(enumerate(genome))
    return tuple((i, genome[i]) for i in sorted(covered))
