"""What one side adds to a folder that the other side renamed can stand in the renamed folder, too.

As in git's own merge a folder counts as renamed where nothing is left of it; git asks where a new file belongs then.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.recombination.values import ENTRY_SLOT, Locus, LocusMap, Placement

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping


def renamed_folders(paths: Iterable[str], renames: Mapping[str, str]) -> dict[str, str]:
    """Return the folders that a side renamed: it has ``paths``, and renamed files as ``renames`` says.

    Where its files went to several folders it is the one that most of them went to, if there is one.
    """
    moved = [(posixpath.dirname(old), posixpath.dirname(new)) for old, new in renames.items()]
    moved = [(was, now) for was, now in moved if was and was != now]
    left = {above for path in paths for above in _above(path)} if moved else set()
    votes: dict[str, Counter[str]] = {}
    for was, now in moved:
        if was not in left:
            votes.setdefault(was, Counter())[now] += 1
    most = {was: targets.most_common(2) for was, targets in votes.items()}
    return {was: top[0][0] for was, top in most.items() if len(top) == 1 or top[0][1] > top[1][1]}


def following_folders(
    found: LocusMap, ours: Mapping[str, str], theirs: Mapping[str, str], taken: Container[str]
) -> LocusMap:
    """Return the loci with new files of one side in the folder as the other side (``ours``, ``theirs``) named it.

    ``taken`` are the paths at which a version has a file: nothing is put there, nor below.
    """
    loci = tuple(_followed(found, locus, ours, theirs, taken) for locus in found.loci)
    return found if loci == found.loci else replace(found, loci=loci)


def _followed(
    found: LocusMap, locus: Locus, ours: Mapping[str, str], theirs: Mapping[str, str], taken: Container[str]
) -> Locus:
    path_merge = found.files[locus.file]
    if locus.slots != (ENTRY_SLOT,) or path_merge.base is not None or not (path_merge.ours is None) ^ (
        path_merge.theirs is None
    ):  # fmt: skip
        return locus
    mine, folders = (locus.theirs, ours) if path_merge.ours is None else (locus.ours, theirs)
    there = locus.alleles[mine].contents[0]
    path = _in_folder(there.path, folders) if isinstance(there, Placement) else None
    if path is None or not isinstance(there, Placement) or any(place in taken for place in (path, *_above(path))):
        return locus
    moved = replace(locus.alleles[mine], origin="mixed", contents=(replace(there, path=path),), chimeric=True)
    alleles = (*locus.alleles, moved)
    return replace(locus, alleles=alleles, default=len(alleles) - 1, dormant=False, has_conflict=True)


def _in_folder(path: str, folders: Mapping[str, str]) -> str | None:
    for above in _above(path):
        if above in folders:
            return posixpath.join(folders[above], path[len(above) + 1 :])
    return None


def _above(path: str) -> list[str]:
    """Return the folders that a path lies in, the nearest first."""
    found = []
    while path := posixpath.dirname(path):
        found.append(path)
    return found
