"""The best genome by weighted MaxSAT (RC2), for what branch and bound can't finish.

The rank is not linear (the poorer side counts first), so the solver is asked with weights between the sides: first
evenly, then leaning towards the side that came out poorer; the best answer by the true rank is taken.  What comes out
is satisfying, but not proven best.  The solver is imported late: it takes about 40 ms.

MaxSAT has no bound of its own: among many nogoods that cross one another a single answer may take hours.  So the
solver gets a share of work, counted in steps of its own and not in seconds, which makes answers the same on every
machine.  Past it a genome is looked for allele by allele, the weightiest loci first, each a question of satisfiability
alone: what comes out breaks no clause, and is good rather than best.  The solver is MiniSat, which looks at its budget
at each conflict; Glucose does so when it restarts, which it may not do for hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from forkmerge.search.optimum import UndecidedError

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause, Genome
    from forkmerge.search.protocol import Landscape

Weigh: TypeAlias = Callable[[int, int], int]
_SCALE = 1 << 20
_ROUNDS = 6

MOST_STEPS = 6_000_000
"""Propagations of the solver in one search for the best genome, over all its rounds (about a second)."""

_STEPS_OF_CALL = 1000
"""What a question to the solver counts in any case, for the work around it."""

MOST_CONFLICTS = 20_000
"""Conflicts of all questions of satisfiability that are asked once the steps are used up (one to two seconds)."""

_FEW_CONFLICTS = 500
"""Conflicts of one of them that only makes an answer better."""


@dataclass(slots=True)
class Work:
    """What is left of the work that may be done: steps of the solver, and conflicts once these are used up."""

    left: int = MOST_STEPS
    conflicts: int = MOST_CONFLICTS

    @property
    def spent(self) -> bool:
        """Return whether nothing is left."""
        return self.left <= 0 and self.conflicts <= 0


class _SpentError(Exception):
    """The work is used up."""


def best_by_maxsat(
    landscape: Landscape, clauses: Sequence[Clause], *, rounds: int = _ROUNDS, steps: int = MOST_STEPS
) -> Genome | None:
    """Return a genome that breaks no clause and ranks high, None when every genome breaks one.

    Raises UndecidedError where that can't be told within the work that is allowed.
    """
    totals, work = landscape.totals, Work(steps)
    lean, low, high = 0.5, 0.0, 1.0
    best: Genome | None = None
    for _ in range(rounds):
        if best is not None and work.spent:
            break
        genome = maxsat(landscape, clauses, _weigher(landscape, lean), work)
        if genome is None:
            return None
        if best is None or landscape.key(genome) > landscape.key(best):
            best = genome
        ours = sum(w[a].ours for w, a in zip(landscape.worths, genome, strict=True)) * max(1, totals[1])
        theirs = sum(w[a].theirs for w, a in zip(landscape.worths, genome, strict=True)) * max(1, totals[0])
        if ours == theirs or not totals[0] or not totals[1]:
            break
        low, high = (lean, high) if ours < theirs else (low, lean)
        lean = (low + high) / 2
    return best


def maxsat(landscape: Landscape, clauses: Sequence[Clause], weigh: Weigh, work: Work | None = None) -> Genome | None:
    """Return the genome of the highest sum of ``weigh(locus, allele)`` that breaks no clause, None if there is none.

    Once ``work`` is used up it is a genome of a high sum.  Raises UndecidedError where not even that is found.
    """
    work = Work() if work is None else work
    said = _said(landscape, clauses)
    if said is None:
        return None
    model = _best(said, weigh, work)
    if model is None:
        return None
    genome = [max(range(len(w)), key=lambda a, x=x: weigh(x, a)) for x, w in enumerate(landscape.worths)]  # type: ignore[misc]
    true = set(model)
    for (locus, allele), variable in said.names.items():
        if variable in true:
            genome[locus] = allele
    return tuple(genome)


@dataclass(frozen=True, slots=True)
class _Said:
    """What has to hold, as clauses over ``names``: one allele for each of the loci that are tied, and no nogood."""

    names: dict[tuple[int, int], int]
    alleles: dict[int, int]
    hard: list[list[int]]


def _said(landscape: Landscape, clauses: Sequence[Clause]) -> _Said | None:
    """Return ``clauses`` over numbered alleles, None where one of them can't be met."""
    tied = sorted({locus for clause in clauses for locus, _ in clause.cells})
    said = _Said({}, {locus: len(landscape.worths[locus]) for locus in tied}, [])
    for locus, count in said.alleles.items():
        variables = [said.names.setdefault((locus, a), len(said.names) + 1) for a in range(count)]
        said.hard.append(variables)
        for index, variable in enumerate(variables):
            said.hard.extend([-variable, -other] for other in variables[index + 1 :])
    for clause in clauses:
        ways = [said.names[x, a] for x, inside in clause.cells for a in range(said.alleles[x]) if a not in inside]
        if not ways:
            return None
        said.hard.append(ways)
    return said


def _best(said: _Said, weigh: Weigh, work: Work) -> list[int] | None:
    """Return the model of the highest weight, or one of a high weight; None where there is none."""
    from pysat.examples.rc2 import RC2  # noqa: PLC0415 - see the module's docstring

    if work.left <= 0:
        return _satisfied(said, weigh, work)
    with RC2(_weighted(said, weigh), solver="m22") as solver:
        oracle = solver.oracle
        solver.oracle = _Limited(oracle, work)
        try:
            model: list[int] | None = solver.compute()
        except _SpentError:
            return _satisfied(said, weigh, work)
        finally:
            solver.oracle = oracle
        return model


def _weighted(said: _Said, weigh: Weigh) -> Any:
    from pysat.formula import WCNF  # noqa: PLC0415 - see the module's docstring

    formula = WCNF()
    formula.extend(said.hard)
    for locus, count in said.alleles.items():
        least = min(weigh(locus, a) for a in range(count))
        for a in range(count):
            if weigh(locus, a) > least:
                formula.append([said.names[locus, a]], weight=weigh(locus, a) - least)
    return formula


class _Limited:
    """A SAT solver that gives up when the work is used up; all else is the solver's own."""

    def __init__(self, oracle: Any, work: Work) -> None:
        self._oracle = oracle
        self._work = work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oracle, name)

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        """Return whether it is satisfiable; raises _SpentError where that takes too much."""
        return self.solve_limited(assumptions)

    def solve_limited(self, assumptions: Sequence[int] = (), *, expect_interrupt: bool = False) -> bool:
        """Return the same; nobody interrupts it but the end of the work."""
        if self._work.left <= 0:
            raise _SpentError
        before = self._oracle.accum_stats()["propagations"]
        self._oracle.prop_budget(self._work.left)
        found = self._oracle.solve_limited(assumptions=list(assumptions), expect_interrupt=expect_interrupt)
        self._work.left -= _STEPS_OF_CALL + self._oracle.accum_stats()["propagations"] - before
        if found is None:
            self._work.left = 0
            raise _SpentError
        return bool(found)


def _satisfied(said: _Said, weigh: Weigh, work: Work) -> list[int] | None:
    """Return a model of a high weight, found allele by allele, None where there is none; raises UndecidedError."""
    from pysat.solvers import Minisat22  # noqa: PLC0415 - see the module's docstring

    ranked = {x: sorted(range(n), key=lambda a, x=x: -weigh(x, a)) for x, n in said.alleles.items()}  # type: ignore[misc]
    stakes = {x: weigh(x, order[0]) - weigh(x, order[-1]) for x, order in ranked.items()}
    with Minisat22(bootstrap_with=said.hard) as solver:

        def holds(assumed: list[int], most: int) -> bool | None:
            before = solver.accum_stats()["conflicts"]
            solver.conf_budget(max(1, most))
            answer: bool | None = solver.solve_limited(assumptions=assumed)
            work.conflicts -= solver.accum_stats()["conflicts"] - before
            return answer

        solver.set_phases([said.names[x, order[0]] for x, order in ranked.items()])
        found = holds([], MOST_CONFLICTS)
        if found is None:
            raise UndecidedError
        if not found:
            return None
        model: list[int] = solver.get_model()
        fixed: list[int] = []
        for locus in sorted(ranked, key=lambda x: (-stakes[x], x)):
            for allele in ranked[locus]:
                variable = said.names[locus, allele]
                if model[variable - 1] < 0:
                    if work.conflicts <= 0 or not holds([*fixed, variable], _FEW_CONFLICTS):
                        continue
                    model = solver.get_model()
                fixed.append(variable)
                break
        return model


def _weigher(landscape: Landscape, lean: float) -> Weigh:
    ours, theirs = (max(1, total) for total in landscape.totals)
    loci = len(landscape.worths) + 1

    def weigh(locus: int, allele: int) -> int:
        worth = landscape.worths[locus][allele]
        kept = (1 - lean) * worth.theirs / theirs + lean * worth.ours / ours
        against = (worth.chimeric * 2 + bool(worth.distance)) / (8 * loci)
        return round(_SCALE * (kept + 1) * loci) - round(against * loci)

    return weigh
