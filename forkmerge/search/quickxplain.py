"""QuickXplain (Junker, AAAI 2004): a minimal set of changes that makes a test fail, by few runs of that test.

The changes are loci set from a genome on which the test passes to the candidate on which it fails.  Where a static
clause forbids a set of changes, what it depends on is changed as well (``closed``); what no more changes make allowed
counts as not failing, without a run: its failure would be another one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from forkmerge.recombination.values import Clause, Genome

Check: TypeAlias = Generator[Genome, bool, tuple[int, ...]]


def mixed(passing: Genome, failing: Genome, changed: Sequence[int]) -> Genome:
    """Return ``passing`` with the loci ``changed`` as in ``failing``."""
    inside = set(changed)
    return tuple(f if i in inside else p for i, (p, f) in enumerate(zip(passing, failing, strict=True)))


def closed(clauses: Sequence[Clause], genome: Genome, toward: Genome) -> Genome | None:
    """Return ``genome`` with as few more loci as in ``toward`` as break none of ``clauses``, None where that can't be.

    Loci that a clause ties can't change alone: with each the ones that it depends on change.
    """
    now = list(genome)
    broken = [clause for clause in clauses if clause.violated(genome)]
    while broken:
        for clause in broken:
            if all(now[x] in alleles for x, alleles in clause.cells):
                ways = [x for x, alleles in clause.cells if toward[x] not in alleles]
                if not ways:
                    return None
                now[ways[0]] = toward[ways[0]]
        genome = tuple(now)
        broken = [clause for clause in clauses if clause.violated(genome)]
    return genome


def explained(passing: Genome, failing: Genome, first: Sequence[int], second: Sequence[int]) -> Check:
    """Yield genomes to be told whether the test fails there; return the loci that are to blame.

    All of ``first + second`` together are known to fail, none of them to pass.  The likely harmless ones belong into
    ``first``.  The loci are set one after the other, and the one that makes the test fail is looked for by halves; with
    that one in place the ones before it are searched again, until those found fail by themselves: each takes
    log2(n) + 1 questions, where QuickXplain asks one and a half times as many.
    """
    order = (*first, *second)
    found: tuple[int, ...] = ()
    passes, fails, middle = 0, len(order), len(first)
    while fails:
        while fails - passes > 1:
            at = middle if passes < middle < fails else (passes + fails) // 2
            if (yield mixed(passing, failing, (*found, *order[:at]))):
                fails = at
            else:
                passes = at
        found = (*found, order[fails - 1])
        passes, fails = 0, fails - 1
        if fails and (yield mixed(passing, failing, found)):
            break
    return tuple(sorted(found))


def quickxplain(passing: Genome, failing: Genome, first: Sequence[int], second: Sequence[int]) -> Check:
    """Yield genomes to be told whether the test fails there; return the loci that are to blame.

    All of ``first + second`` together are known to fail, none of them to pass.  Blame in ``second`` is looked for
    first, with all of ``first`` in place (the likely harmless ones belong there).
    """

    def explain(background: tuple[int, ...], added: bool, one: Sequence[int], two: Sequence[int]) -> Check:
        if added:
            fails = yield mixed(passing, failing, background)
            if fails:
                return ()
        if len(one) + len(two) == 1:
            return (*one, *two)
        if not one or not two:
            whole = (*one, *two)
            one, two = whole[: len(whole) // 2], whole[len(whole) // 2 :]
        in_two = yield from explain((*background, *one), bool(one), *_halves(two))
        in_one = yield from explain((*background, *in_two), bool(in_two), *_halves(one))
        return (*in_one, *in_two)

    if not first and not second:
        return ()
    found = yield from explain((), False, tuple(first), tuple(second))
    return tuple(sorted(found))


def smallest(count: int, holds: Callable[[tuple[int, ...]], bool]) -> tuple[int, ...]:
    """Return a minimal part of the numbers below ``count`` that ``holds``; all of them together are known to."""
    search = quickxplain((0,) * count, (1,) * count, (), range(count))
    try:
        probe = next(search)
        while True:
            probe = search.send(holds(tuple(i for i, inside in enumerate(probe) if inside)))
    except StopIteration as stop:
        return tuple(stop.value)


def _halves(loci: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    return loci[: len(loci) // 2], loci[len(loci) // 2 :]
