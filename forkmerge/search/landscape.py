"""The landscape of a merge: what the search has to know of its loci."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.recombination import genome as genomes
from forkmerge.recombination.refine import refine
from forkmerge.search.conflict_driven import Refined
from forkmerge.search.protocol import Covers, Landscape, Worth

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.recombination.entries import Read
    from forkmerge.recombination.values import Genome, LocusMap


def landscape_of(
    locus_map: LocusMap,
    *,
    covers: Covers | None = None,
    tests: frozenset[str] | None = None,
    gate: bool = False,
) -> Landscape:
    """Return the landscape of ``locus_map``; ``covers``, ``tests`` and ``gate`` are as in ``Landscape``."""
    worths = tuple(
        tuple(
            Worth(a.kept_ours, a.kept_theirs, a.chimeric, int(i != locus.default), a.size)
            for i, a in enumerate(locus.alleles)
        )
        for locus in locus_map.loci
    )
    return Landscape(
        worths=worths,
        default=genomes.default(locus_map),
        ours=genomes.all_ours(locus_map),
        theirs=genomes.all_theirs(locus_map),
        dormant=frozenset(i for i, locus in enumerate(locus_map.loci) if locus.dormant),
        clauses=locus_map.clauses,
        groups=tuple(group.loci for group in locus_map.groups),
        covers=covers,
        tests=tests,
        gate=gate,
    )


class Refiner:
    """The loci as they are now, split on request: pass ``Refiner(...)`` as ``refine`` of a ``ConflictDriven``.

    ``maps[query.generation]`` is the locus map that a query's genome belongs to.  Coverage is told by locus, so it is
    forgotten by a split; without ``covers`` nothing is lost.  ``view`` makes the landscape of a map.
    """

    def __init__(
        self,
        locus_map: LocusMap,
        *,
        read: Read | None = None,
        view: Callable[[LocusMap], Landscape] = landscape_of,
    ) -> None:
        self.maps = [locus_map]
        self._read = read
        self._view = view

    def __call__(self, locus: int, best: Genome | None = None) -> Refined | None:
        """Return the landscape with one locus of the newest map split; None where it can't be or ``best`` is lost."""
        split = refine(self.maps[-1], locus, read=self._read)
        if split is None or (best is not None and split.translate(best) is None):
            return None
        self.maps.append(split.locus_map)
        return Refined(self._view(split.locus_map), split.translate, split.parts)
