"""What the tests that decided say nothing of: changes that none of them runs, or that none of them runs together.

It is told only where it is known which functions each required test runs; a test of which that is not known may run
everything, and then nothing is claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.behaviour import TreeBehaviour
from forkmerge.app.testpaths import is_test

if TYPE_CHECKING:
    from forkmerge.app.found import Found
    from forkmerge.app.landscape import Genotype
    from forkmerge.recombination.values import Locus

_SHOWN = 4
_MOST = 2000
"""Past so many places in code the pairs are not looked at."""


def warnings(found: Found, candidate: Genotype) -> list[str]:
    """Return what to warn of in sentences, none where it is not known what the tests run."""
    if not found.reaches.known:
        return []
    given = found.request.settings.test_paths
    loci = found.loci(candidate)
    still = frozenset(i for i, locus in enumerate(loci.loci) if is_test(locus.path, given))
    covers = found.reaches.covers(loci, without=still)
    told = [covers(str(duty)) for duty in found.required.duties]
    touched = frozenset[int]().union(*(t for t in told if t is not None))
    if None in told:
        return []
    matters = TreeBehaviour(found.materialise, given).matters
    chosen = list(zip(loci.loci, candidate.genome, strict=True))
    changed = [i for i, (x, a) in enumerate(chosen) if i not in still and a != x.base and matters(x.path)]
    missed = found.reaches.untouched(loci, without=still)
    dark = [i for i in changed if i in missed or i not in touched]
    out = []
    if dark:
        names = ", ".join(dict.fromkeys(_name(loci.loci[i]) for i in dark[:_SHOWN]))
        more = ", ..." if len(dark) > _SHOWN else ""
        out.append(f"no required test runs {len(dark)} of {len(changed)} changed places in code: {names}{more}")
    light = [i for i in changed if i not in missed and i in touched]
    apart = _apart([(i, loci.loci[i]) for i in light], [t for t in told if t is not None])
    if apart:
        one, other = apart[0]
        out.append(
            f"{len(apart)} pairs of a change of the fork's and one of upstream's are run together by no single test: "
            f"{_name(loci.loci[one])} and {_name(loci.loci[other])}{', ...' if len(apart) > 1 else ''}"
        )
    return out


def _apart(light: list[tuple[int, Locus]], told: list[frozenset[int]]) -> list[tuple[int, int]]:
    """Return the pairs of a locus that ours alone changed and one that theirs alone did of which no test has both."""
    ours = [i for i, x in light if x.edit_ours and not x.edit_theirs]
    theirs = [i for i, x in light if x.edit_theirs and not x.edit_ours]
    if len(light) > _MOST:
        return []
    distinct = set(told)
    with_it = {i: frozenset[int]().union(*(t for t in distinct if i in t)) for i in ours}
    return [(i, j) for i in ours for j in theirs if j not in with_it[i]]


def _name(locus: Locus) -> str:
    return f"{locus.path}:{locus.unit}" if locus.unit else locus.path
