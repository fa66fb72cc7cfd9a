"""From a merge of trees to its loci: every place where a side changed something, with all that can be chosen there.

Hunks of one file that fall into the same unit (a method, an import block, ...) are one locus; where the language is
unknown every hunk is a locus of its own; what concerns an entry as a whole is a locus too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.recombination.alleles import allele_set
from forkmerge.recombination.brought_back import brought_back
from forkmerge.recombination.comments import credited
from forkmerge.recombination.entries import Read, collisions, entry_locus
from forkmerge.recombination.linkage import linkage
from forkmerge.recombination.regions import ProfileFor, Region, UnitsOf, regions_of_hunks
from forkmerge.recombination.values import Locus, LocusMap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.model.hunk import Hunk
    from forkmerge.model.treemerge import PathMerge, TreeMerge


def loci(
    tree_merge: TreeMerge,
    *,
    profile_for: ProfileFor | None = None,
    read: Read | None = None,
    units_of: UnitsOf | None = None,
) -> LocusMap:
    """Return the loci of a merge, with alleles, linkage groups and static clauses.

    ``profile_for`` (``syntax.profiles.for_path``) makes units known; ``read`` gives the bytes of an entry, so that
    files added or deleted as a whole are weighed and linked by what is in them; ``units_of`` takes files apart in
    place of ``syntax.units``, for callers that have done so already.
    """
    found: list[Locus] = []
    for file, path_merge in enumerate(tree_merge.paths):
        entry = entry_locus(path_merge, file, read)
        if entry is not None:
            found.append(entry)
        if path_merge.file is not None:
            found += _file_loci(path_merge, file, profile_for, units_of)
    return linked(LocusMap(tree_merge, tuple(_distinct(found))), read)


def linked(locus_map: LocusMap, read: Read | None) -> LocusMap:
    """Return the map with the clauses and linkage groups that follow from its loci alone."""
    tied = linkage(locus_map.merge, locus_map.loci, read)
    return replace(locus_map, clauses=(*collisions(locus_map.loci), *tied.clauses), groups=tied.groups)


def locus_of(hunks: tuple[Hunk, ...], slots: tuple[int, ...], *, at: Locus) -> Locus:
    """Return ``at`` with the given hunks of its file as its slots, and alleles made for them."""
    made = allele_set(hunks)
    return replace(
        at,
        slots=slots,
        alleles=made.alleles,
        default=made.default,
        base=made.base,
        ours=made.ours,
        theirs=made.theirs,
        dormant=_dormant(hunks),
        has_conflict=any(h.merged is None for h in hunks),
    )


def _file_loci(
    path_merge: PathMerge, file: int, profile_for: ProfileFor | None, units_of: UnitsOf | None
) -> list[Locus]:
    if path_merge.file is None:
        return []
    hunks = path_merge.file.hunks
    groups: list[tuple[Region | None, list[int]]] = []
    group_of: dict[Region, list[int]] = {}
    for index, region in enumerate(regions_of_hunks(path_merge.file, profile_for, units_of)):
        same = group_of.get(region) if region is not None else None
        if same is not None:
            same.append(index)
        elif region is not None and region.kind == "imports" and groups and _imports(groups[-1][0]):
            groups[-1][1].append(index)
        else:
            groups.append((region, [index]))
            if region is not None:
                group_of[region] = groups[-1][1]
    found = []
    for known, slots in groups:
        name, kind = (known.name, known.kind) if known else ("", "hunk")
        empty = Locus(
            id=f"{path_merge.path}:{name}",
            path=path_merge.path,
            unit=name,
            kind=kind,
            file=file,
            slots=(),
            alleles=(),
            default=0,
            base=0,
            ours=0,
            theirs=0,
            dormant=False,
            has_conflict=False,
        )
        inside = tuple(hunks[i] for i in slots)
        found.append(brought_back(credited(locus_of(inside, tuple(slots), at=empty), inside), inside))
    return found


def _imports(region: Region | None) -> bool:
    return region is not None and region.kind == "imports"


def _dormant(hunks: tuple[Hunk, ...]) -> bool:
    ours = any(h.ours not in (h.base, h.theirs) for h in hunks)
    theirs = any(h.theirs not in (h.base, h.ours) for h in hunks)
    return not (ours and theirs) and all(h.merged is not None for h in hunks)


def _distinct(found: Iterable[Locus]) -> Iterable[Locus]:
    seen: dict[str, int] = {}
    for locus in found:
        count = seen.get(locus.id, 0) + 1
        seen[locus.id] = count
        yield locus if count == 1 else replace(locus, id=f"{locus.id}#{count}")
