"""Strategies written as a plain story: a generator that yields questions and is sent the verdicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.search.optimum import UndecidedError
from forkmerge.search.protocol import Answer, Budget, Evaluated, Landscape, Query, Verdict

if TYPE_CHECKING:
    from forkmerge.recombination.values import Genome

Story: TypeAlias = Generator[tuple[Query, ...], tuple[Verdict, ...], None]


class OutOfBudget(Exception):  # noqa: N818 - it ends a story, it is no error
    """The next question would cost more than is left."""


class Driven(ABC):
    """Turns a story into ``ask`` and ``tell``; keeps the account of what was spent and evaluated."""

    def __init__(self, landscape: Landscape, budget: Budget) -> None:
        self.landscape = landscape
        self.budget = budget
        self.generation = 0
        self.candidates = 0
        self.cost = 0.0
        self.evaluated: dict[tuple[int, Genome], Evaluated] = {}
        self._story: Story | None = None
        self._asked: tuple[Query, ...] = ()
        self._told: dict[Query, Verdict] = {}
        self._over = False
        self._undecided = False

    def ask(self) -> Query | tuple[Query, ...] | None:
        """Return the pending question, None when the story is over."""
        if self._story is None:
            self._story = self._guarded()
            self._advance(None)
        if self._over:
            return None
        waiting = tuple(q for q in self._asked if q not in self._told)
        return waiting[0] if len(waiting) == 1 else waiting

    def tell(self, query: Query, verdict: Verdict) -> None:
        """Take in a verdict; the story goes on when every pending question is answered."""
        if query not in self._asked or query in self._told:
            raise KeyError(f"this was not asked: {query}")
        self._told[query] = verdict
        self.cost += verdict.cost
        if len(self._told) == len(set(self._asked)):
            verdicts = tuple(self._told[q] for q in self._asked)
            self._asked, self._told = (), {}
            self._advance(verdicts)

    def ahead(self) -> tuple[Query, ...]:
        """Return questions that are likely to follow the pending one; asking them early changes no answer."""
        return ()

    def answer(self) -> Answer:
        """Return the best of what was evaluated."""
        ranked = self.ranked()
        nothing = Evaluated(self.landscape.ours, frozenset(), broken=True, generation=self.generation)
        best = ranked[0] if ranked else nothing
        return Answer(
            best,
            not best.failed and not best.broken,
            ranked=ranked,
            candidates=self.candidates,
            cost=self.cost,
            undecided=self._undecided,
        )

    def ranked(self) -> tuple[Evaluated, ...]:
        """Return everything evaluated, best first: whole over broken, fewest lost tests, then the landscape's key."""
        now = [e for e in self.evaluated.values() if e.generation == self.generation]
        return tuple(
            sorted(now, key=lambda e: (e.broken, len(e.failed), tuple(-k for k in self.landscape.key(e.genome))))
        )

    def parents(self) -> Story:
        """Ask for ours and theirs; what they cost is not counted as search."""
        queries = tuple(dict.fromkeys((Query(self.landscape.ours), Query(self.landscape.theirs))))
        before = self.cost
        verdicts = yield queries
        self.cost = before
        for query, verdict in zip(queries, verdicts, strict=True):
            self.note(query.genome, verdict)

    def evaluate(self, genome: Genome) -> Generator[tuple[Query, ...], tuple[Verdict, ...], Verdict]:
        """Ask for the whole suite on ``genome``; raises OutOfBudget when nothing is left."""
        self.spend()
        (verdict,) = yield (Query(genome, None, self.generation),)
        self.note(genome, verdict)
        return verdict

    def spend(self) -> None:
        """Count a candidate; raises OutOfBudget when there is no room for one more."""
        if self.candidates >= self.budget.evaluations or self.cost >= self.budget.suites:
            raise OutOfBudget
        self.candidates += 1

    def note(self, genome: Genome, verdict: Verdict) -> None:
        """Keep the result of a genome whose required tests are all known."""
        if verdict.status != "unverified":
            found = Evaluated(genome, verdict.failed, verdict.status == "broken", self.generation)
            self.evaluated[self.generation, genome] = found

    @abstractmethod
    def story(self) -> Story:
        """Yield questions, take verdicts, return when there is nothing more to ask."""

    def _guarded(self) -> Story:
        try:
            yield from self.story()
        except OutOfBudget:
            return
        except UndecidedError:
            self._undecided = True

    def _advance(self, verdicts: tuple[Verdict, ...] | None) -> None:
        if self._story is None:
            return
        try:
            self._asked = next(self._story) if verdicts is None else self._story.send(verdicts)
        except StopIteration:
            self._over = True
