"""Loci of whole entries: files added, deleted, renamed, of another mode, binaries, symlinks and submodules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.source import SUBMODULE, SYMLINK, Entry
from forkmerge.recombination.alleles import best_kept
from forkmerge.recombination.comments import same_code
from forkmerge.recombination.kept import kept
from forkmerge.recombination.values import ENTRY_SLOT, Allele, Clause, Locus, Placement

if TYPE_CHECKING:
    from forkmerge.model.treemerge import PathMerge

Read: TypeAlias = Callable[[Entry], bytes]


def entry_locus(path_merge: PathMerge, file: int, read: Read | None) -> Locus | None:
    """Return the locus that decides where the entry stands and with which mode, None where all versions agree.

    With ``read`` the bytes of blobs are looked at, so that files kept whole are weighed by their tokens; without it
    each side's change weighs one token.
    """
    placements = [_placement(path_merge, side) for side in range(3)]
    merged = _merged(path_merge)
    decided = merged is not _OPEN
    if decided and all(p == placements[0] for p in placements) and merged == placements[0]:
        return None
    base, ours, theirs = placements
    contents: dict[Placement | None, str] = {}
    for origin, place in (("ours", ours), ("theirs", theirs), ("base", base)):
        contents.setdefault(place, origin)
    if isinstance(merged, Placement) or merged is None:
        contents.setdefault(merged, "merged")
    if base is not None and ours is not None and theirs is not None and path_merge.file is not None:
        for path, mode in ((ours.path, theirs.mode), (theirs.path, ours.mode)):
            contents.setdefault(Placement(path, mode), "mixed")
    alleles = tuple(
        _allele(path_merge, (base, ours, theirs), place, origin, read) for place, origin in contents.items()
    )
    where = {a.contents[0]: i for i, a in enumerate(alleles)}
    if isinstance(merged, Placement) or merged is None:
        chosen = where[merged]
    else:
        chosen = best_kept(alleles, where[ours], where[theirs])
    one_sided = base in (ours, theirs) or ours == theirs
    return Locus(
        id=f"{path_merge.path}:<entry>",
        path=path_merge.path,
        unit="",
        kind="entry",
        file=file,
        slots=(ENTRY_SLOT,),
        alleles=alleles,
        default=chosen,
        base=where[base],
        ours=where[ours],
        theirs=where[theirs],
        dormant=one_sided and decided,
        has_conflict=not decided,
    )


def collisions(loci: tuple[Locus, ...]) -> tuple[Clause, ...]:
    """Return the clauses that keep two entries from standing at one path, or one below the other.

    And a Python module from standing beside a package of its name, which hides it; unless a version has just that.
    """
    places: list[tuple[int, int, str]] = []
    for index, locus in enumerate(loci):
        if locus.slots == (ENTRY_SLOT,):
            places += [
                (index, i, a.contents[0].path)
                for i, a in enumerate(locus.alleles)
                if isinstance(a.contents[0], Placement)
            ]
    by_path: dict[str, list[tuple[int, int]]] = {}
    for index, allele, path in places:
        by_path.setdefault(path, []).append((index, allele))
    found: dict[tuple[int, int], tuple[set[int], set[int], str]] = {}
    for index, allele, path in places:
        above = path
        while above:
            for other, other_allele in by_path.get(above, ()):
                if other != index and (above != path or index < other):
                    mine, theirs, _ = found.setdefault((index, other), (set(), set(), above))
                    mine.add(allele)
                    theirs.add(other_allele)
            above = above.rpartition("/")[0]
    hidden = tuple(_hidden(loci, by_path))
    return hidden + tuple(
        Clause(((one, frozenset({a})), (two, frozenset({b}))), f"both would stand at {path}")
        for (one, two), (mine, theirs, path) in found.items()
        for a in sorted(mine)
        for b in sorted(theirs)
        if _collide(loci[one].alleles[a], loci[two].alleles[b])
    )


def _hidden(loci: tuple[Locus, ...], by_path: Mapping[str, list[tuple[int, int]]]) -> Iterator[Clause]:
    versions = [set(enumerate(side)) for side in zip(*((x.base, x.ours, x.theirs) for x in loci), strict=True)]
    for path, packages in by_path.items():
        name = path.removesuffix("/__init__.py")
        for module, a in by_path.get(f"{name}.py", ()) if name != path else ():
            for package, b in packages:
                if not any((module, a) in version and (package, b) in version for version in versions):
                    cells = ((module, frozenset({a})), (package, frozenset({b})))
                    yield Clause(cells, f"the package {name} would hide {name}.py")


class _Open:
    """Marks a decision that the engine left open."""


_OPEN = _Open()


def _collide(one: Allele, two: Allele) -> bool:
    a, b = one.contents[0], two.contents[0]
    if not isinstance(a, Placement) or not isinstance(b, Placement):
        return False
    return a.path == b.path or a.path.startswith(b.path + "/") or b.path.startswith(a.path + "/")


def _placement(path_merge: PathMerge, side: int) -> Placement | None:
    entry = (path_merge.base, path_merge.ours, path_merge.theirs)[side]
    if entry is None:
        return None
    oid = None if path_merge.file is not None else entry.oid
    return Placement(path_merge.sources[side] or path_merge.path, entry.mode, oid)


def _merged(path_merge: PathMerge) -> Placement | _Open | None:
    if path_merge.conflict and path_merge.file is None:
        return _OPEN
    if path_merge.file is not None:
        if path_merge.conflict in ("mode", "rename/rename", "file/directory"):
            return _OPEN
        return Placement(path_merge.path, path_merge.file.mode)
    if path_merge.merged is None:
        return None
    return Placement(path_merge.path, path_merge.merged.mode, path_merge.merged.oid)


def _allele(
    path_merge: PathMerge,
    versions: tuple[Placement | None, Placement | None, Placement | None],
    place: Placement | None,
    origin: str,
    read: Read | None,
) -> Allele:
    base, ours, theirs = versions
    kept_ours, kept_theirs = int(ours != base and place == ours), int(theirs != base and place == theirs)
    if path_merge.file is not None:
        kept_ours, kept_theirs = _parts(base, ours, place), _parts(base, theirs, place)
    elif read is not None:
        k = kept(*(_bytes(p, read) for p in (*versions, place)))
        kept_ours, kept_theirs = max(kept_ours, k.ours), max(kept_theirs, k.theirs)
        if place is None:
            kept_ours = max(kept_ours, k.ours_total * _comments(path_merge.path, base, ours, read))
            kept_theirs = max(kept_theirs, k.theirs_total * _comments(path_merge.path, base, theirs, read))
    return Allele(origin, (place,), kept_ours, kept_theirs, place not in (ours, theirs))


def _comments(path: str, base: Placement | None, side: Placement | None, read: Read) -> bool:
    """Return whether a side changed nothing but comments and layout of the file."""
    if base is None or side is None or base.mode != side.mode:
        return False
    return same_code(path, _bytes(base, read), _bytes(side, read))


def _parts(base: Placement | None, side: Placement | None, place: Placement | None) -> int:
    """Return how many of a side's changes of path and mode ``place`` has."""
    if side == base:
        return 0
    if side is None or base is None or place is None:
        return int(place == side)
    changed = ((base.path, side.path, place.path), (base.mode, side.mode, place.mode))
    return sum(was != now and got == now for was, now, got in changed)


def _bytes(place: Placement | None, read: Read) -> bytes:
    if place is None or place.oid is None or place.mode in (SUBMODULE, SYMLINK):
        return b"" if place is None or place.oid is None else place.oid.encode()
    data = read(Entry(place.mode, place.oid))
    return place.oid.encode() if b"\0" in data[:8000] else data
