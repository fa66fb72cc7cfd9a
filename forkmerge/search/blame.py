"""Running what is not known yet, and finding out which alleles are to blame for a failure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.driven import Driven, Story
from forkmerge.search.knowledge import BROKEN, Knowledge
from forkmerge.search.protocol import Budget, Evaluated, Landscape, Query, Verdict
from forkmerge.search.quickxplain import Check, mixed, quickxplain

MOST_CAUSES = 3
"""How many independent causes of one test's failure are looked for in one candidate."""

MOST_PARTIAL = 0.6
"""From this share of unseen tests on the whole suite is run at once, which saves the run that confirms it."""

MOST_CONTEXTS = 2
"""In how many other passing genomes the blamed alleles are tried before they are believed."""

MOST_SCREENED = 8
"""How many tests that failed before are tried on a new candidate before the whole suite is."""

MANY_CHANGED = 24
"""From so many differences to the nearest passing genome on, a cause is first looked for file by file."""

FAR = 150
"""Genomes that differ in so many dormant loci are different programs."""

MOST_FILES = 8
"""How many files are tried as the passing genome has them before that is given up."""

MOST_SHRUNK = 16
"""How many failures of one candidate are shrunk before the next candidate is tried."""

Asking: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], Verdict]
Telling: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], bool]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A heuristic nogood: these alleles together fail this test, as was seen on the genome ``where``."""

    clause: Clause
    test: str
    where: Genome = ()


class Blaming(Driven):
    """A strategy that remembers every run, and shrinks failures to heuristic nogoods (``shrunk``)."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        super().__init__(landscape, budget)
        self.knowledge = Knowledge(landscape)
        self.shrunk: list[Shrunk] = []
        self._probes: tuple[Callable[[], Check], str, tuple[bool, ...], bool] | None = None
        """The search for blame that goes on: how it begins, its test, the answers so far, whether they say "passes"."""

    def ranked(self) -> tuple[Evaluated, ...]:
        """Return everything evaluated, best first; tests that proved to be flaky don't count."""
        for place, found in self.evaluated.items():
            if found.failed & self.knowledge.flaky:
                self.evaluated[place] = replace(found, failed=self.lost(found.failed))
        return super().ranked()

    def note(self, genome: Genome, verdict: Verdict) -> None:
        """Keep a verdict without what proved to be flaky."""
        super().note(genome, replace(verdict, failed=self.lost(verdict.failed)))

    # -- running -------------------------------------------------------------------------------------------------

    def parents(self) -> Story:
        """Ask for ours and theirs; what they cost is not counted as search."""
        queries = tuple(dict.fromkeys((Query(self.landscape.ours), Query(self.landscape.theirs))))
        before = self.cost
        verdicts = yield queries
        self.cost = before
        for query, verdict in zip(queries, verdicts, strict=True):
            self._learn(query, verdict)
            self.note(query.genome, verdict)

    def try_genome(self, genome: Genome) -> Asking:
        """Return the verdict of all required tests on ``genome``, running only what is not known."""
        self.spend()
        if self.landscape.gate and self.knowledge.known(BROKEN, genome) is None:
            gate = yield from self._ask(Query(genome, frozenset(), self.generation))
            if gate.status != "ok":
                self.note(genome, gate)
                return gate
        tests = self.landscape.tests
        if tests is None or self.landscape.covers is None:
            verdict = yield from self._ask(Query(genome, None, self.generation))
        else:
            unseen = self.knowledge.unseen(tests, genome)
            asked: frozenset[str] | None = unseen
            if unseen:
                asked = unseen if len(unseen) < MOST_PARTIAL * len(tests) else None
                verdict = yield from self._ask(Query(genome, asked, self.generation))
            else:
                verdict = Verdict(cost=0.0)
            if verdict.status == "ok":
                failed = frozenset(t for t in tests if self.knowledge.known(t, genome) is False)
                verdict = replace(verdict, failed=failed)
                if not self.lost(failed) and (not unseen or asked is not None):
                    verdict = yield from self._ask(Query(genome, None, self.generation))
        self.note(genome, verdict)
        return verdict

    def screen(self, genome: Genome, tests: list[str]) -> Asking:
        """Return the verdict of the latest of ``tests`` on ``genome``, those that failed before: a cheap first look.

        What one of them says is enough to refuse a genome; that they all pass says nothing of the others.
        """
        latest = [t for t in dict.fromkeys(reversed(tests)) if t != BROKEN and self.knowledge.known(t, genome) is None]
        if not latest or self.cost >= self.budget.suites:
            return Verdict(cost=0.0)
        return (yield from self.run_tests(genome, *latest[:MOST_SCREENED]))

    def run_tests(self, genome: Genome, *tests: str) -> Asking:
        """Return the verdict of a few tests on ``genome``; import and collection are asked for by the empty set."""
        wanted = frozenset(t for t in tests if t != BROKEN)
        verdict = yield from self._ask(Query(genome, wanted, self.generation))
        return verdict

    def ask_again(self, genome: Genome, test: str) -> Telling:
        """Return whether ``test``, which failed on ``genome``, passes there now: then it is flaky."""
        verdict = yield from self._ask(Query(genome, frozenset({test}), self.generation, again=True))
        return test in self.knowledge.flaky or (verdict.status == "ok" and test not in verdict.failed)

    def _ask(self, query: Query) -> Asking:
        (verdict,) = yield (query,)
        self._learn(query, verdict)
        return verdict

    def _learn(self, query: Query, verdict: Verdict) -> None:
        self.knowledge.record(query, verdict)
        self.shrunk = [s for s in self.shrunk if not self._refuted(s, query.genome)]

    def _refuted(self, shrunk: Shrunk, genome: Genome) -> bool:
        if shrunk.test in self.knowledge.flaky:
            return True
        if not shrunk.clause.violated(genome) or self._far(genome, shrunk.where):
            return False
        return self.knowledge.known(shrunk.test, genome) is True

    def _far(self, genome: Genome, other: Genome) -> bool:
        """Return whether two genomes are different programs: what is true of one says little of the other."""
        if not other:
            return False
        return sum(genome[i] != other[i] for i in self.landscape.dormant) >= FAR

    # -- blame ---------------------------------------------------------------------------------------------------

    def blame(self, genome: Genome, verdict: Verdict) -> Story:
        """Shrink the failures of a candidate, one representative for each distinct one."""
        broken = verdict.status == "broken"
        waiting = [BROKEN] if broken else sorted(self.lost(verdict.failed))
        waiting = [t for t in waiting if self._nearest(t, genome) is not None]
        for _ in range(MOST_SHRUNK):
            if not waiting or self.cost >= self.budget.suites:
                return
            seconds = self.landscape.hints.seconds
            test = min(waiting, key=lambda t: (len(self._between(t, genome)), seconds.get(t, 0.0), t))
            reason = verdict.reasons.get(test)
            waiting.remove(test)
            explained = yield from self._shrink(test, genome, waiting)
            done = explained | self.knowledge.flaky
            if reason is not None:
                done |= {t for t in waiting if verdict.reasons.get(t) == reason}
            waiting = [t for t in waiting if t not in done]

    def _shrink(
        self, test: str, genome: Genome, others: list[str]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], frozenset[str]]:
        """Learn what makes ``test`` fail on ``genome``; return which of ``others`` fail by the same alleles."""
        explained: frozenset[str] = frozenset()
        if test != BROKEN:
            alone = yield from self.run_tests(genome, test)
            if alone.status == "ok" and test not in alone.failed:
                self.knowledge.flaky.add(test)
                return explained
        for _ in range(MOST_CAUSES):
            start = self._nearest(test, genome)
            if start is None:
                break
            mended = yield from self._mend(test, start, genome)
            if mended:
                self.shrunk += [Shrunk(Clause(((i, frozenset({genome[i]})),), test), test, genome) for i in mended]
                verdict = yield from self.run_tests(mixed(genome, start, mended), test, *others)
                return explained | (frozenset(others) - verdict.failed if verdict.status == "ok" else frozenset())
            blamed = yield from self._explain(test, start, genome)
            if not blamed:
                break
            context = yield from self._context(test, start, genome, blamed)
            together = mixed(start, genome, blamed)
            cells = tuple((i, frozenset({together[i]})) for i in sorted({*blamed, *context}))
            self.shrunk.append(Shrunk(Clause(cells, test or "import and collection"), test, together))
            alike = [t for t in others if t not in explained and set(blamed) <= set(self._between(t, genome))]
            if self.knowledge.covered(test) is not None:
                explained |= frozenset(alike)
            elif alike:
                verdict = yield from self.run_tests(mixed(start, genome, blamed), *alike)
                explained |= verdict.failed
            genome = mixed(genome, start, blamed)
            if not self.landscape.allowed(genome) or self.knowledge.known(test, genome) is True:
                break
            if self.knowledge.known(test, genome) is None:
                verdict = yield from self.run_tests(genome, test)
                if self._clear(test, verdict):
                    break
        return explained

    def _mend(
        self, test: str, passing: Genome, failing: Genome
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return a minimal set of loci of one file which, as ``passing`` has them, make ``test`` pass on ``failing``.

        Far from the candidate most mixtures of two programs can't even be imported, and fail for reasons of their own;
        next to it they can.  () where the two are near each other, and where no file of the first few does it.
        """
        files, changed = self.landscape.files, self._between(test, failing, passing)
        if test == BROKEN or not files or len(changed) < MANY_CHANGED:
            return ()
        asleep = self.landscape.dormant
        places: dict[str, list[int]] = {}
        for i in changed:
            places.setdefault(files[i], []).append(i)
        most = sorted(places.values(), key=lambda x: (-sum(i not in asleep for i in x), -len(x)))
        for loci in most[:MOST_FILES]:
            if (yield from self._passes_with(test, mixed(failing, passing, loci))):
                first, second = self._by_likelihood(test, loci)
                probes = partial(quickxplain, failing, passing, first, second)
                return (yield from self._led(probes, test, passes=True))
        return ()

    def _passes_with(self, test: str, genome: Genome) -> Telling:
        """Return whether ``test`` ran on ``genome`` and passed."""
        if not self.landscape.allowed(genome):
            return False
        known = self.knowledge.known(test, genome)
        if known is not None:
            return known
        verdict = yield from self.run_tests(genome, test)
        return verdict.status == "ok" and test not in verdict.failed

    def _context(
        self, test: str, start: Genome, failing: Genome, blamed: tuple[int, ...]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return the loci whose alleles of ``start`` belong to the cause as well.

        The blamed alleles are set into other genomes on which the test passes; where it goes on passing, what made it
        fail stood in ``start`` too, and is looked for in the same way.
        """
        together = mixed(start, failing, blamed)
        near = [g for g in self.knowledge.passing(test) if not self._far(g, start)]
        others = [g for g in near if set(self._between(test, g, start)) - set(blamed)]
        for other in sorted(others, key=lambda g: -len(self._between(test, g, start)))[:MOST_CONTEXTS]:
            probe = mixed(other, failing, blamed)
            if not self.landscape.allowed(probe):
                continue
            if self.knowledge.known(test, probe) is None:
                yield from self.run_tests(probe, test)
            if self.knowledge.known(test, probe) is True:
                return (yield from self._explain(test, probe, together))
        return ()

    def _explain(
        self, test: str, passing: Genome, failing: Genome
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return a minimal set of loci whose alleles of ``failing`` make ``test`` fail on ``passing``."""
        changed = self._between(test, failing, passing)
        for loci in self._former(test, changed):
            probe = mixed(passing, failing, loci)
            if self.landscape.allowed(probe):
                if self.knowledge.known(test, probe) is None:
                    yield from self.run_tests(probe, test)
                if self.knowledge.known(test, probe) is False:
                    return loci
        first, second = self._by_likelihood(test, changed)
        return (yield from self._led(partial(quickxplain, passing, failing, first, second), test, passes=False))

    def _by_likelihood(self, test: str, loci: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the loci that are hardly to blame, and the others, each with the likeliest last.

        Likely is what is awake, and what the test ran something of; then comes what earlier searches blamed.
        """
        asleep, blame = self.landscape.dormant, self.landscape.hints.blame
        near = self.landscape.near(test) if self.landscape.near is not None and test != BROKEN else None
        likely = {i for i in loci if i not in asleep or (near is not None and i in near)}
        order = sorted(loci, key=lambda i: (i not in asleep, blame[i] if blame else 0.0, i))
        return [i for i in order if i not in likely], [i for i in order if i in likely]

    def _fails_with(self, test: str, genome: Genome) -> Telling:
        """Return whether ``test`` fails on ``genome``, in whatever way that is no doubt about the run."""
        if not self.landscape.allowed(genome):
            return False
        known = self.knowledge.known(test, genome)
        if known is not None:
            return not known
        verdict = yield from self.run_tests(genome, test)
        return not self._clear(test, verdict)

    def _former(self, test: str, changed: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the loci among ``changed`` that ``test`` blamed last: other alleles of them fail it most often."""
        causes = [tuple(locus for locus, _ in s.clause.cells) for s in self.shrunk if s.test == test]
        inside = [loci for loci in dict.fromkeys(reversed(causes)) if set(loci) < set(changed)]
        return inside[:1]

    def _clear(self, test: str, verdict: Verdict) -> bool:
        """Return whether ``test`` did not fail: what can't be told, or fails in another way, is no blame."""
        if test == BROKEN:
            return verdict.status != "broken"
        return verdict.status == "unverified" or (verdict.status == "ok" and test not in verdict.failed)

    def _nearest(self, test: str, genome: Genome) -> Genome | None:
        """Return the genome nearest to ``genome``, as ``test`` sees it, on which it is known to pass."""
        found = [g for g in self.knowledge.passing(test) if self._between(test, genome, g)]
        return min(found, key=lambda g: len(self._between(test, genome, g)), default=None)

    def _between(self, test: str, genome: Genome, other: Genome | None = None) -> tuple[int, ...]:
        """Return the loci that ``test`` executes and where two genomes differ."""
        if other is None:
            other = self._nearest(test, genome)
            if other is None:
                return ()
        covered = self.knowledge.covered(test)
        return tuple(
            i
            for i, (a, b) in enumerate(zip(genome, other, strict=True))
            if a != b and (covered is None or i in covered)
        )

    # -- looking ahead -------------------------------------------------------------------------------------------

    def ahead(self) -> tuple[Query, ...]:
        """Return what follows a gate that opens, or the next probes of a search for blame, whatever the answer is."""
        if self._probes is not None:
            search, test, answers, passes = self._probes
            found = [self._probe_after(search, test, (*answers, answer), passes=passes) for answer in (False, True)]
            return tuple(dict.fromkeys(query for query in found if query is not None))
        if len(self._asked) == 1 and self._asked[0].tests == frozenset():
            genome, tests = self._asked[0].genome, self.landscape.tests
            if tests is None or self.landscape.covers is None:
                return (Query(genome, None, self.generation),)
            unseen = self.knowledge.unseen(tests, genome)
            return (Query(genome, unseen if len(unseen) < MOST_PARTIAL * len(tests) else None, self.generation),)
        return ()

    def _probe_after(
        self, search: Callable[[], Check], test: str, answers: tuple[bool, ...], *, passes: bool
    ) -> Query | None:
        """Return the first question of ``search`` after ``answers`` that nobody knows the answer of."""
        probes = search()
        try:
            probe = next(probes)
            for answer in answers:
                probe = probes.send(answer)
            while True:
                known = self.knowledge.known(test, probe)
                if not self.landscape.allowed(probe):
                    probe = probes.send(False)
                elif known is not None:
                    probe = probes.send(known is passes)
                else:
                    return Query(probe, frozenset({test} - {BROKEN}), self.generation)
        except StopIteration:
            return None

    def _led(
        self, search: Callable[[], Check], test: str, *, passes: bool
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return what ``search`` finds when it is told of each probe whether ``test`` passes there, or fails."""
        tells = self._passes_with if passes else self._fails_with
        probes = search()
        answers: list[bool] = []
        try:
            probe = next(probes)
            while True:
                self._probes = search, test, tuple(answers), passes
                answers.append((yield from tells(test, probe)))
                probe = probes.send(answers[-1])
        except StopIteration as stop:
            return tuple(stop.value)
        finally:
            self._probes = None

    # -- state ---------------------------------------------------------------------------------------------------

    def lost(self, failed: frozenset[str]) -> frozenset[str]:
        """Return ``failed`` without what proved to be flaky."""
        return failed - self.knowledge.flaky

    def passes(self, verdict: Verdict) -> bool:
        """Return whether nothing is lost, flaky tests aside."""
        return verdict.status == "ok" and not self.lost(verdict.failed)
