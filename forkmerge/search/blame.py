"""Finding out which alleles are to blame for a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.knowledge import BROKEN
from forkmerge.search.protocol import Budget, Landscape, Query, Verdict
from forkmerge.search.quickxplain import Check, closed, explained, mixed
from forkmerge.search.remembering import MOST_PARTIAL, Remembering, Shrunk, Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from forkmerge.search.driven import Story

MOST_CAUSES = 3
"""How many independent causes of one test's failure are looked for in one candidate."""

MOST_CONTEXTS = 2
"""In how many other passing genomes the blamed alleles are tried before they are believed."""

ALONE = 2
"""After so many alleles of the same loci that a test blamed by themselves, others of them are believed at once."""

MANY_CHANGED = 24
"""From so many differences to the nearest passing genome on, a cause is first looked for file by file."""

MOST_FILES = 8
"""How many files are tried as the passing genome has them before that is given up."""

MOST_ALIKE = 12
"""How many of the tests that failed with another one are asked first whether they fail by the same alleles."""

MOST_SHRUNK = 16
"""How many failures of one candidate are shrunk before the next candidate is tried."""


@dataclass(frozen=True, slots=True)
class Probing:
    """A search for blame: how it begins, its test, what probes tend ``toward``, and the answers so far.

    ``passes``: an answer says whether the test passes, else whether it fails.
    """

    search: Callable[[], Check]
    test: str
    toward: Genome
    passes: bool
    answers: tuple[bool, ...] = ()


class Blaming(Remembering):
    """A strategy that shrinks failures to heuristic nogoods (``shrunk``)."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        super().__init__(landscape, budget)
        self._probing: Probing | None = None
        """The search for blame that goes on."""
        self._alone: Counter[tuple[int, str, tuple[int, ...]]] = Counter()
        """How often a test blamed loci by themselves, whatever stood around them."""

    # -- blame ---------------------------------------------------------------------------------------------------

    def blame(self, genome: Genome, verdict: Verdict) -> Story:
        """Shrink the failures of a candidate, one representative for each distinct one."""
        broken = verdict.status == "broken"
        waiting = [BROKEN] if broken else sorted(self.lost(verdict.failed))
        waiting = [t for t in waiting if self._nearest(t, genome) is not None]
        causes: set[int] = set()
        for _ in range(MOST_SHRUNK):
            if not waiting or self.cost >= self.budget.suites:
                return
            seconds = self.landscape.hints.seconds
            test = min(waiting, key=lambda t: (len(self._between(t, genome)), seconds.get(t, 0.0), t))
            reason = verdict.reasons.get(test)
            waiting.remove(test)
            explained = yield from self._shrink(test, genome, waiting, causes)
            done = explained | self.knowledge.flaky
            if reason is not None:
                done |= {t for t in waiting if verdict.reasons.get(t) == reason}
            waiting = [t for t in waiting if t not in done]

    def _shrink(
        self, test: str, genome: Genome, others: list[str], causes: set[int]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], frozenset[str]]:
        """Learn what makes ``test`` fail on ``genome``; return which of ``others`` fail by the same alleles.

        ``causes`` are the loci that were blamed on this candidate; it is added to.
        """
        whole = genome
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
            context: tuple[int, ...] = ()
            if self._alone[self.generation, test, blamed] < ALONE:
                context = yield from self._context(test, start, genome, blamed)
                self._alone[self.generation, test, blamed] += not context
            together = self._together(start, genome, blamed)
            cells = tuple((i, frozenset({together[i]})) for i in sorted({*blamed, *context}))
            self.shrunk.append(Shrunk(Clause(cells, test or "import and collection"), test, together))
            alike = [t for t in others if t not in explained and set(blamed) <= set(self._between(t, genome))]
            alike = [t for t in alike if self._sees(t, context)]
            if self.knowledge.covered(test) is not None:
                explained |= frozenset(alike)
            elif alike:
                causes |= {*blamed}
                explained |= yield from self._alike(mixed(start, whole, tuple(causes)), alike)
            genome = self._together(genome, start, blamed)
            if not self.landscape.allowed(genome) or self.knowledge.known(test, genome) is True:
                break
            if self.knowledge.known(test, genome) is None:
                verdict = yield from self.run_tests(genome, test)
                if self._clear(test, verdict):
                    break
        return explained

    def _sees(self, test: str, loci: Sequence[int]) -> bool:
        """Return whether ``test`` may execute all of ``loci``."""
        covered = self.knowledge.covered(test)
        return covered is None or covered.issuperset(loci)

    def _alike(
        self, genome: Genome, tests: list[str]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], frozenset[str]]:
        """Return which of ``tests`` fail by the alleles of ``genome``: of a few, and of all where all of these do."""
        few = tests[:: max(1, len(tests) // MOST_ALIKE)]
        verdict = yield from self.run_tests(genome, *few)
        found = verdict.failed
        rest = [t for t in tests if t not in few]
        if rest and len(found) == len(few):
            verdict = yield from self.run_tests(genome, *rest)
            found |= verdict.failed
        return found

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
            if (yield from self._passes_with(test, mixed(failing, passing, loci), passing)):
                first, second = self._by_likelihood(test, loci)
                probes = partial(explained, failing, passing, first, second)
                return (yield from self._led(Probing(probes, test, passing, passes=True)))
        return ()

    def _passes_with(self, test: str, genome: Genome, toward: Genome) -> Telling:
        """Return whether ``test`` ran on ``genome`` and passed, where need be with more as in ``toward``."""
        probe = closed(self.landscape.clauses, genome, toward)
        if probe is None:
            return False
        known = self.knowledge.known(test, probe)
        if known is not None:
            return known
        verdict = yield from self.run_tests(probe, test)
        return verdict.status == "ok" and test not in verdict.failed

    def _context(
        self, test: str, start: Genome, failing: Genome, blamed: tuple[int, ...]
    ) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return the loci whose alleles of ``start`` belong to the cause as well.

        The blamed alleles are set into other genomes on which the test passes; where it goes on passing, what made it
        fail stood in ``start`` too, and is looked for in the same way.
        """
        together = mixed(start, failing, blamed)
        near = [g for g in self.knowledge.passing(test) if not self._far(test, g, start)]
        others = [g for g in near if set(self._between(test, g, start)) - set(blamed)]
        for other in sorted(others, key=lambda g: -len(self._between(test, g, start)))[:MOST_CONTEXTS]:
            probe = closed(self.landscape.clauses, mixed(other, failing, blamed), failing)
            if probe is None:
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
            probe = closed(self.landscape.clauses, mixed(passing, failing, loci), failing)
            if probe is not None:
                if self.knowledge.known(test, probe) is None:
                    yield from self.run_tests(probe, test)
                if self.knowledge.known(test, probe) is False:
                    return loci
        first, second = self._by_likelihood(test, changed)
        probes = partial(explained, passing, failing, first, second)
        return (yield from self._led(Probing(probes, test, failing, passes=False)))

    def _by_likelihood(self, test: str, loci: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the loci that are hardly to blame, and the others, each with the likeliest last.

        Likely is what is awake, and what the test ran something of; of these what earlier searches blamed most, where
        they blamed any of them.
        """
        asleep, blame = self.landscape.dormant, self.landscape.hints.blame
        near = self.landscape.near(test) if self.landscape.near is not None and test != BROKEN else None
        likely = {i for i in loci if i not in asleep or (near is not None and i in near)}
        order = sorted(loci, key=lambda i: (i in likely, i not in asleep, blame[i] if blame else 0.0, i))
        if blame and likely:
            half = max(blame[i] for i in likely) / 2
            likely = {i for i in likely if blame[i] >= half}
        return [i for i in order if i not in likely], [i for i in order if i in likely]

    def _fails_with(self, test: str, genome: Genome, toward: Genome) -> Telling:
        """Return whether ``test`` fails on ``genome``, in whatever way that is no doubt about the run.

        Where need be, more is there as in ``toward``.
        """
        probe = closed(self.landscape.clauses, genome, toward)
        if probe is None:
            return False
        known = self.knowledge.known(test, probe)
        if known is not None:
            return not known
        verdict = yield from self.run_tests(probe, test)
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

    def _together(self, passing: Genome, failing: Genome, blamed: Sequence[int]) -> Genome:
        """Return ``passing`` with the loci ``blamed`` as in ``failing``, and with what these depend on."""
        genome = mixed(passing, failing, blamed)
        return closed(self.landscape.clauses, genome, failing) or genome

    # -- looking ahead -------------------------------------------------------------------------------------------

    def ahead(self) -> tuple[Query, ...]:
        """Return what follows a gate that opens, or the next probes of a search for blame, whatever the answer is."""
        if self._probing is not None:
            now = self._probing
            found = [self._next_of(replace(now, answers=(*now.answers, answer))) for answer in (False, True)]
            return tuple(dict.fromkeys(query for query in found if query is not None))
        if len(self._asked) == 1 and self._asked[0].tests == frozenset():
            genome, tests = self._asked[0].genome, self.landscape.tests
            if tests is None or self.landscape.covers is None:
                return (Query(genome, None, self.generation),)
            unseen = self.knowledge.unseen(tests, genome)
            return (Query(genome, unseen if len(unseen) < MOST_PARTIAL * len(tests) else None, self.generation),)
        return ()

    def _next_of(self, probing: Probing) -> Query | None:
        """Return the first question after the answers so far that nobody knows the answer of."""
        probes = probing.search()
        try:
            found = next(probes)
            for answer in probing.answers:
                found = probes.send(answer)
            while True:
                probe = closed(self.landscape.clauses, found, probing.toward)
                known = None if probe is None else self.knowledge.known(probing.test, probe)
                if probe is None:
                    found = probes.send(False)
                elif known is not None:
                    found = probes.send(known is probing.passes)
                else:
                    return Query(probe, frozenset({probing.test} - {BROKEN}), self.generation)
        except StopIteration:
            return None

    def _led(self, probing: Probing) -> Generator[tuple[Query, ...], tuple[Verdict, ...], tuple[int, ...]]:
        """Return what a search finds when it is told of each probe whether its test passes there, or fails."""
        tells = self._passes_with if probing.passes else self._fails_with
        probes = probing.search()
        self._probing = probing
        try:
            probe = next(probes)
            while True:
                answer = yield from tells(probing.test, probe, probing.toward)
                self._probing = replace(self._probing, answers=(*self._probing.answers, answer))
                probe = probes.send(answer)
        except StopIteration as stop:
            return tuple(stop.value)
        finally:
            self._probing = None
