"""From a genome to an offspring: what differs from ours' tree.

Invariants: the genome of all ours gives no changes; the genomes of all theirs and all base give exactly those versions
at every changed path; a content that stands in a version is named by that version's blob instead of being written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.source import Entry
from forkmerge.recombination.kept import Kept
from forkmerge.recombination.values import ENTRY_SLOT, Genome, LocusMap, Placement

if TYPE_CHECKING:
    from forkmerge.model.treemerge import PathMerge

Change: TypeAlias = "Entry | tuple[int, bytes] | None"
Changes: TypeAlias = Mapping[str, Change]
"""Path -> what stands there instead of ours' entry: a blob that exists, a mode and bytes, or no file at all."""


def express(locus_map: LocusMap, genome: Genome) -> Changes:
    """Return what turns ours' tree into the offspring that ``genome`` describes.

    Raises ValueError when two entries would stand at the same path, or one below another (a clause forbids it).
    """
    changes: dict[str, Change] = {}
    placed: dict[str, str] = {}
    ours: dict[str, Entry] = {}
    for file, path_merge in enumerate(locus_map.files):
        if path_merge.ours is not None:
            ours[_at(path_merge, 1)] = path_merge.ours
        where, change = _expressed(locus_map, genome, file)
        if change is None:
            continue
        if where in placed:
            raise ValueError(f"two entries would stand at {where}: {placed[where]} and {path_merge.path}")
        placed[where] = path_merge.path
        changes[where] = change
    for where in placed:
        above = where
        while "/" in above:
            above = above.rpartition("/")[0]
            if above in placed:
                raise ValueError(f"{above} would be a file and a folder")
    for path, entry in ours.items():
        if path not in changes:
            changes[path] = None
        elif changes[path] == entry:
            del changes[path]
    return changes


def texts(locus_map: LocusMap, genome: Genome) -> Mapping[str, bytes]:
    """Return the bytes of every text file with hunks that stands in the offspring, by its path there."""
    found = {}
    for file, path_merge in enumerate(locus_map.files):
        place = placement(locus_map, genome, file)
        if path_merge.file is not None and place is not None:
            found[place.path] = text(locus_map, genome, file)
    return found


def text(locus_map: LocusMap, genome: Genome, file: int) -> bytes:
    """Return the text of one changed path with the contents that ``genome`` chooses for its hunks."""
    return b"".join(s if isinstance(s, bytes) else s[1] for s in segments(locus_map, genome, file))


def segments(locus_map: LocusMap, genome: Genome, file: int) -> Iterator[bytes | tuple[int, bytes]]:
    """Yield the file's stable bytes, and for each hunk its index and the content chosen for it, in file order."""
    path_merge = locus_map.files[file]
    if path_merge.file is None:
        return
    chosen: dict[int, bytes] = {}
    for index in locus_map.of_file(file):
        locus = locus_map.loci[index]
        contents = locus.alleles[genome[index]].contents
        chosen |= {s: c for s, c in zip(locus.slots, contents, strict=True) if isinstance(c, bytes)}
    number = 0
    for segment in path_merge.file.segments:
        if isinstance(segment, bytes):
            yield segment
        else:
            yield number, chosen[number]
            number += 1


def placement(locus_map: LocusMap, genome: Genome, file: int) -> Placement | None:
    """Return where one changed path stands in the offspring, None when it has no file."""
    for index in locus_map.of_file(file):
        locus = locus_map.loci[index]
        if locus.slots == (ENTRY_SLOT,):
            content = locus.alleles[genome[index]].contents[0]
            return content if isinstance(content, Placement) else None
    path_merge = locus_map.files[file]
    entry = path_merge.ours
    if entry is None:
        return None
    return Placement(_at(path_merge, 1), entry.mode, None if path_merge.file is not None else entry.oid)


def kept_of(locus_map: LocusMap, genome: Genome) -> Kept:
    """Return what the offspring keeps of both sides' edits, in tokens, over all loci."""
    kept_ours = kept_theirs = all_ours = all_theirs = 0
    for locus, index in zip(locus_map.loci, genome, strict=True):
        kept_ours += locus.alleles[index].kept_ours
        kept_theirs += locus.alleles[index].kept_theirs
        all_ours += locus.edit_ours
        all_theirs += locus.edit_theirs
    return Kept(kept_ours, all_ours, kept_theirs, all_theirs)


def _expressed(locus_map: LocusMap, genome: Genome, file: int) -> tuple[str, Change]:
    path_merge = locus_map.files[file]
    place = placement(locus_map, genome, file)
    if place is None:
        return path_merge.path, None
    if place.oid is not None:
        return place.path, Entry(place.mode, place.oid)
    data = text(locus_map, genome, file)
    if path_merge.file is not None:
        versions = (("ours", path_merge.ours), ("theirs", path_merge.theirs), ("base", path_merge.base))
        for side, entry in versions:
            if entry is not None and path_merge.file.side(side) == data:  # type: ignore[arg-type]
                return place.path, Entry(place.mode, entry.oid)
    return place.path, (place.mode, data)


def _at(path_merge: PathMerge, side: int) -> str:
    return path_merge.sources[side] or path_merge.path
