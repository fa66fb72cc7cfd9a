from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.recombination.values import Clause, Genome
from forkmerge.search.maxsat import best_by_maxsat, maxsat
from forkmerge.search.optimum import optimum, unsatisfiable_core
from forkmerge.search.protocol import Landscape, Worth

WORTH = st.builds(Worth, st.integers(0, 4), st.integers(0, 4), st.booleans(), st.integers(0, 1), st.integers(0, 3))


@st.composite
def landscapes(draw: st.DrawFn, *, one_sided: bool = False) -> Landscape:
    worths = draw(st.lists(st.lists(WORTH, min_size=1, max_size=4).map(tuple), min_size=1, max_size=5))
    if one_sided:
        worths = [tuple(Worth(w.ours) for w in ws) for ws in worths]
    default = draw(st.tuples(*(st.integers(0, len(w) - 1) for w in worths)))
    ours = tuple(max(range(len(w)), key=lambda a: w[a].ours) for w in worths)
    theirs = tuple(max(range(len(w)), key=lambda a: w[a].theirs) for w in worths)
    return Landscape(tuple(worths), default, ours, theirs)


@st.composite
def clauses(draw: st.DrawFn, landscape: Landscape) -> tuple[Clause, ...]:
    found = []
    for _ in range(draw(st.integers(0, 8))):
        loci = draw(st.sets(st.integers(0, len(landscape.worths) - 1), min_size=1, max_size=3))
        cells = []
        for locus in sorted(loci):
            alleles = st.sets(st.integers(0, len(landscape.worths[locus]) - 1), min_size=1)
            cells.append((locus, frozenset(draw(alleles))))
        found.append(Clause(tuple(cells)))
    return tuple(found)


def brute(landscape: Landscape, forbidden: tuple[Clause, ...]) -> Genome | None:
    space = itertools.product(*(range(len(w)) for w in landscape.worths))
    allowed = [g for g in space if not any(c.violated(g) for c in forbidden)]
    return max(allowed, key=landscape.key, default=None)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_optimum_is_what_trying_everything_finds(data: st.DataObject) -> None:
    landscape = data.draw(landscapes())
    forbidden = data.draw(clauses(landscape))
    best = brute(landscape, forbidden)
    found = optimum(landscape, forbidden)
    if best is None:
        assert found is None
    else:
        assert found is not None
        assert found.exact
        assert landscape.key(found.genome) == landscape.key(best)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_maxsat_and_branching_agree_where_the_rank_is_linear(data: st.DataObject) -> None:
    landscape = data.draw(landscapes(one_sided=True))
    forbidden = data.draw(clauses(landscape))
    exact = optimum(landscape, forbidden)
    solved = maxsat(landscape, forbidden, lambda x, a: landscape.worths[x][a].ours)
    assert (exact is None) == (solved is None)
    if exact is not None and solved is not None:
        value = [sum(landscape.worths[x][a].ours for x, a in enumerate(g)) for g in (exact.genome, solved)]
        if landscape.totals[0]:
            assert value[0] == value[1]
        assert not any(c.violated(solved) for c in forbidden)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_maxsat_takes_over_past_the_bound_and_breaks_no_clause(data: st.DataObject) -> None:
    landscape = data.draw(landscapes())
    forbidden = data.draw(clauses(landscape))
    found = optimum(landscape, forbidden, most_nodes=0)
    assert (found is None) == (brute(landscape, forbidden) is None)
    if found is not None:
        assert not found.exact
        assert not any(c.violated(found.genome) for c in forbidden)
        assert found.genome == best_by_maxsat(landscape, forbidden)


def test_unsatisfiable_core_leaves_out_what_is_not_needed() -> None:
    worths = ((Worth(), Worth()), (Worth(), Worth()))
    landscape = Landscape(worths, (0, 0), (0, 0), (1, 1))
    needed = (Clause(((0, frozenset({0})),)), Clause(((0, frozenset({1})),)))
    spare = Clause(((1, frozenset({1})),))
    assert unsatisfiable_core(landscape, (spare, *needed)) == needed
