"""Splitting a locus, so that the search can cross over inside it.

A locus of several hunks becomes one locus for each hunk; a locus of one hunk is cut by lines into smaller hunks, where
the sides' edits lie apart.  Invariants: the refined map expresses base, ours, theirs and the default exactly as before;
``translate`` gives for a genome of the coarse map the genome with the same text, None where the finer alleles lack it;
``parts`` does so for one allele of one locus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.hunk import FileMerge, Hunk, Segment
from forkmerge.recombination.alleles import allele_of, best_kept
from forkmerge.recombination.lines import pieces
from forkmerge.recombination.loci import linked, locus_of
from forkmerge.recombination.values import ENTRY_SLOT, Allele, Content, Genome, Locus, LocusMap

if TYPE_CHECKING:
    from forkmerge.recombination.entries import Read

Cut: TypeAlias = Mapping[int, tuple[int, ...]]
"""Old hunk number -> the numbers of the hunks that it became."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """The finer map, and where the genomes of the coarse one, and the alleles of its loci, went."""

    locus_map: LocusMap
    translate: Callable[[Genome], Genome | None]
    parts: Callable[[int, int], tuple[tuple[int, int], ...] | None]


def refine(locus_map: LocusMap, index: int, *, read: Read | None = None) -> Refinement | None:
    """Return the map with one locus split, None where there is nothing to split.

    The new loci stand at the place of the old one, so that the loci after it move up.  ``read`` is what the map was
    made with.
    """
    locus = locus_map.loci[index]
    if locus.slots == (ENTRY_SLOT,) or locus.decided:
        return None
    if len(locus.slots) > 1:
        parts = tuple(_single(locus_map, locus, place) for place in range(len(locus.slots)))
        return _refinement(linked(_with(locus_map, index, parts), read), index, parts, locus, _by_slot)
    return _cut(locus_map, index, read)


def _single(locus_map: LocusMap, locus: Locus, place: int) -> Locus:
    """Return the locus of one hunk of ``locus``, with every content that the hunk had in it."""
    file = locus_map.files[locus.file].file
    if file is None:
        raise ValueError(f"{locus.id} has hunks but no text")
    slot = locus.slots[place]
    made = locus_of((file.hunks[slot],), (slot,), at=locus)
    known = {a.contents[0] for a in made.alleles}
    extra = {a.contents[place]: a for a in locus.alleles if a.contents[place] not in known}
    more = tuple(
        replace(allele_of((file.hunks[slot],), (content,), a.origin), new_code=a.new_code)
        for content, a in extra.items()
        if isinstance(content, bytes)
    )
    whole = replace(made, id=f"{locus.id}/{place + 1}", alleles=made.alleles + more)
    wanted = locus.alleles[locus.default].contents[place]
    return replace(whole, default=_position(whole, (wanted,)))


def _by_slot(allele: Allele) -> tuple[tuple[Content, ...], ...]:
    return tuple((content,) for content in allele.contents)


def _cut(locus_map: LocusMap, index: int, read: Read | None) -> Refinement | None:
    """Cut the one hunk of a locus by lines."""
    locus = locus_map.loci[index]
    path_merge = locus_map.files[locus.file]
    if path_merge.file is None:
        return None
    slot = locus.slots[0]
    hunk = path_merge.file.hunks[slot]
    cut = pieces(hunk.base, hunk.ours, hunk.theirs)
    fresh: list[Segment] = [p.base if p.stable else _hunk(p.base, p.ours, p.theirs) for p in cut]
    small = [s for s in fresh if isinstance(s, Hunk)]
    if len(small) < 2:
        return None
    file = _with_segments(path_merge.file, slot, fresh)
    paths = list(locus_map.merge.paths)
    paths[locus.file] = replace(path_merge, file=file)
    extra = len(small) - 1
    moved = [
        replace(x, slots=tuple(s + extra if s > slot else s for s in x.slots)) if x.file == locus.file else x
        for x in locus_map.loci
    ]
    finer = replace(locus_map, merge=replace(locus_map.merge, paths=tuple(paths)), loci=tuple(moved))
    parts = tuple(replace(locus_of((h,), (slot + n,), at=locus), id=f"{locus.id}/{n + 1}") for n, h in enumerate(small))
    stable = [s if isinstance(s, bytes) else None for s in fresh]
    after = linked(_with(finer, index, parts), read)
    return _refinement(after, index, parts, locus, lambda allele: _parsed(allele, parts, stable))


def _with(locus_map: LocusMap, index: int, parts: tuple[Locus, ...]) -> LocusMap:
    return replace(locus_map, loci=(*locus_map.loci[:index], *parts, *locus_map.loci[index + 1 :]))


def _hunk(base: bytes, ours: bytes, theirs: bytes) -> Hunk:
    if ours == base:
        return Hunk(base, ours, theirs, theirs, "theirs")
    if theirs in (base, ours):
        return Hunk(base, ours, theirs, ours, "ours" if theirs == base else "same")
    return Hunk(base, ours, theirs, None, "conflict")


def _with_segments(file: FileMerge, slot: int, fresh: list[Segment]) -> FileMerge:
    segments: list[Segment] = []
    number = 0
    for segment in file.segments:
        if isinstance(segment, Hunk):
            segments += fresh if number == slot else [segment]
            number += 1
        else:
            segments.append(segment)
    return replace(file, segments=tuple(segments))


def _parsed(
    allele: Allele, parts: tuple[Locus, ...], stable: list[bytes | None]
) -> tuple[tuple[Content, ...], ...] | None:
    """Return the contents of the small hunks that together give the text of ``allele``, None where there are none."""
    text = allele.contents[0]
    if not isinstance(text, bytes):
        return None
    states: dict[int, tuple[tuple[Content, ...], ...]] = {0: ()}
    waiting = iter(parts)
    for fixed in stable:
        options = [fixed] if fixed is not None else [a.contents[0] for a in next(waiting).alleles]
        following: dict[int, tuple[tuple[Content, ...], ...]] = {}
        for at, chosen in states.items():
            for option in options:
                if isinstance(option, bytes) and text.startswith(option, at):
                    after = chosen if fixed is not None else (*chosen, (option,))
                    following.setdefault(at + len(option), after)
        states = following
    return states.get(len(text))


def _refinement(
    finer: LocusMap,
    index: int,
    parts: tuple[Locus, ...],
    locus: Locus,
    contents_of: Callable[[Allele], tuple[tuple[Content, ...], ...] | None],
) -> Refinement:
    table: dict[int, tuple[int, ...]] = {}
    for number, allele in enumerate(locus.alleles):
        contents = contents_of(allele)
        if contents is not None:
            places = [_find(part, wanted) for part, wanted in zip(parts, contents, strict=True)]
            if all(p is not None for p in places):
                table[number] = tuple(p for p in places if p is not None)
    for number, name in ((locus.base, "base"), (locus.ours, "ours"), (locus.theirs, "theirs")):
        table[number] = tuple(getattr(part, name) for part in parts)

    def translate(genome: Genome) -> Genome | None:
        inside = table.get(genome[index])
        return None if inside is None else (*genome[:index], *inside, *genome[index + 1 :])

    def parts_of(coarse: int, allele: int) -> tuple[tuple[int, int], ...] | None:
        if coarse != index:
            return ((coarse if coarse < index else coarse + len(parts) - 1, allele),)
        inside = table.get(allele)
        return None if inside is None else tuple((index + k, a) for k, a in enumerate(inside))

    return Refinement(finer, translate, parts_of)


def _find(locus: Locus, contents: tuple[Content, ...]) -> int | None:
    return next((i for i, a in enumerate(locus.alleles) if a.contents == contents), None)


def _position(locus: Locus, contents: tuple[Content, ...]) -> int:
    found = _find(locus, contents)
    return best_kept(locus.alleles, locus.ours, locus.theirs) if found is None else found
