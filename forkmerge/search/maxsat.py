"""The best genome by weighted MaxSAT (RC2), for what branch and bound can't finish.

The rank is not linear (the poorer side counts first), so the solver is asked with weights between the sides: first
evenly, then leaning towards the side that came out poorer; the best answer by the true rank is taken.  What comes out
is satisfying, but not proven best.  The solver is imported late: it takes about 40 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause, Genome
    from forkmerge.search.protocol import Landscape

Weigh: TypeAlias = Callable[[int, int], int]
_SCALE = 1 << 20
_ROUNDS = 6


def best_by_maxsat(landscape: Landscape, clauses: Sequence[Clause], *, rounds: int = _ROUNDS) -> Genome | None:
    """Return a genome that breaks no clause and ranks high, None when every genome breaks one."""
    totals = landscape.totals
    lean, low, high = 0.5, 0.0, 1.0
    best: Genome | None = None
    for _ in range(rounds):
        genome = maxsat(landscape, clauses, _weigher(landscape, lean))
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


def maxsat(landscape: Landscape, clauses: Sequence[Clause], weigh: Weigh) -> Genome | None:
    """Return the genome of the highest sum of ``weigh(locus, allele)`` that breaks no clause, None if there is none."""
    from pysat.examples.rc2 import RC2  # noqa: PLC0415 - see the module's docstring
    from pysat.formula import WCNF  # noqa: PLC0415

    tied = sorted({locus for clause in clauses for locus, _ in clause.cells})
    genome = [max(range(len(w)), key=lambda a, x=x: weigh(x, a)) for x, w in enumerate(landscape.worths)]  # type: ignore[misc]
    names: dict[tuple[int, int], int] = {}
    formula = WCNF()
    for locus in tied:
        alleles = range(len(landscape.worths[locus]))
        variables = [names.setdefault((locus, a), len(names) + 1) for a in alleles]
        formula.append(variables)
        for index, variable in enumerate(variables):
            for other in variables[index + 1 :]:
                formula.append([-variable, -other])
        least = min(weigh(locus, a) for a in alleles)
        for a, variable in zip(alleles, variables, strict=True):
            if weigh(locus, a) > least:
                formula.append([variable], weight=weigh(locus, a) - least)
    for clause in clauses:
        ways = [names[x, a] for x, inside in clause.cells for a in range(len(landscape.worths[x])) if a not in inside]
        if not ways:
            return None
        formula.append(ways)
    with RC2(formula) as solver:
        model = solver.compute()
    if model is None:
        return None
    true = set(model)
    for (locus, allele), variable in names.items():
        if variable in true:
            genome[locus] = allele
    return tuple(genome)


def _weigher(landscape: Landscape, lean: float) -> Weigh:
    ours, theirs = (max(1, total) for total in landscape.totals)
    loci = len(landscape.worths) + 1

    def weigh(locus: int, allele: int) -> int:
        worth = landscape.worths[locus][allele]
        kept = (1 - lean) * worth.theirs / theirs + lean * worth.ours / ours
        against = (worth.chimeric * 2 + bool(worth.distance)) / (8 * loci)
        return round(_SCALE * (kept + 1) * loci) - round(against * loci)

    return weigh
