"""What a transplant works with: goals, how tests are asked, and what came of a donor."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forkmerge.app.costs import Prices
    from forkmerge.app.goals import Definition
    from forkmerge.app.workbench import Workbench
    from forkmerge.fitness.evaluator import Evaluation, Evaluator
    from forkmerge.fitness.required import Duty, Waiver
    from forkmerge.model.outcome import TestId
    from forkmerge.recombination.patch import Patch


class Spent(Exception):  # noqa: N818 - a way out as much as an error
    """The budget is used up."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A test of upstream, where it is defined there (None: not found), and what it did there."""

    test: TestId
    at: Definition | None
    status: str


@dataclass(frozen=True, slots=True)
class Graft:
    """What was taken: the tree, its parts against the fork, and the parts that are taken of them (all)."""

    tree: str
    patch: Patch
    goals: tuple[TestId, ...]
    evaluation: Evaluation
    waived: tuple[Waiver, ...] = ()
    minimal: bool = True
    offered: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a donor does not do: ``how`` is ``passes`` (the goal passes without it), ``goal`` or ``lost``."""

    how: Literal["passes", "goal", "lost", "absent"]
    why: str
    offered: int = 0
    lost: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Asking:
    """The tests, as the search asks them: budgeted, and counted.

    While it is ``shrinking`` something holds already, and time is left to run the whole suites on it and to confirm it.
    """

    bench: Workbench
    evaluator: Evaluator[str]
    prices: Prices
    spent: float = 0.0
    probes: int = 0
    labels: int = 0
    shrinking: bool = False

    def whole(self, tree: str, label: str = "") -> Evaluation:
        """Return what every duty says of ``tree``; may be asked when the budget is used up."""
        self.labels += 1
        label = label or f"offspring {self.labels}"
        self.bench.runs.label = label
        began = time.monotonic()
        found = self.evaluator.evaluate(tree)
        self.spent += 1.0 if found.cost.runs else 0.0
        if found.cost.suite_runs:
            self.bench.clock.suites = time.monotonic() - began
        self.bench.tell(label, found, time.monotonic() - began)
        self.bench.used(self.evaluator.counters.evaluations)
        return found

    @property
    def idle(self) -> bool:
        """Return whether workers have nothing to do beside what is asked now."""
        return self.bench.runs.idle > 1

    def begin(self, asked: Iterable[tuple[str, Sequence[Duty]]]) -> None:
        """Begin with what is likely to be asked next, where workers have nothing to do: it changes no answer."""
        foresee = self.evaluator.foresee
        self.bench.runs.begin(run for tree, duties in asked for run in foresee(tree, [str(d) for d in duties]))

    def some(self, tree: str, duties: Sequence[Duty]) -> Evaluation:
        """Return what ``duties`` say of ``tree``; raises Spent when the budget is used up."""
        if self.spent >= self.bench.settings.budget or (self.shrinking and not self.bench.clock.leaves(whole=True)):
            raise Spent
        self.bench.runs.label = "probe"
        found = self.evaluator.evaluate(tree, [str(d) for d in duties])
        if found.cost.runs:
            self.probes += bool(found.cost.partial_runs)
            self.spent += self.prices.some([str(d) for d in duties]) if self.bench.selects else 0.5
        return found
