"""What of a donor can be taken into the fork: its loci, sets of them as trees, and what a set can't do without.

Invariants: a locus that is not taken is as the fork has it; a tree that a static clause forbids is no tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app import goals
from forkmerge.errors import UnusableInput
from forkmerge.git import trees
from forkmerge.model.span import Span
from forkmerge.recombination.offspring import express, placement
from forkmerge.recombination.values import ENTRY_SLOT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from forkmerge.app.goals import Definition
    from forkmerge.app.scene import Scene
    from forkmerge.git.repository import Repository
    from forkmerge.model.hunk import FileMerge, Side
    from forkmerge.recombination.values import Genome, LocusMap

_MOST_VARIANTS = 8
"""In how many ways conflicts are resolved before a donor is given up."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The loci of a donor's merge with the fork; ``alleles`` are what is taken in place of the merge's own choice."""

    repo: Repository
    seen: Scene
    alleles: Mapping[int, int] = field(default_factory=dict)

    @property
    def loci(self) -> LocusMap:
        """Return the loci of the donor's merge with the fork."""
        return self.seen.loci

    @property
    def everything(self) -> frozenset[int]:
        """Return the loci at which something would be taken."""
        return frozenset(i for i, locus in enumerate(self.loci.loci) if self._chosen(i) != locus.ours)

    def variants(self) -> list[Offer]:
        """Return ways to resolve what the merge left open: as it keeps most, as upstream has it, one by one."""
        contested = [i for i, x in enumerate(self.loci.loci) if x.has_conflict and x.theirs != x.base]
        found: list[dict[int, int]] = [{}]
        if contested:
            found.append({i: self.loci.loci[i].theirs for i in contested})
        for index in contested:
            locus = self.loci.loci[index]
            others = [n for n in range(len(locus.alleles)) if n not in (locus.default, locus.base)]
            others.sort(key=lambda n, x=locus: (-x.alleles[n].kept_theirs, -x.alleles[n].kept_ours))  # type: ignore[misc]
            found += [{index: n} for n in others[:3]]
        return [Offer(self.repo, self.seen, alleles) for alleles in found[:_MOST_VARIANTS]]

    def closed(self, taken: frozenset[int]) -> frozenset[int]:
        """Return ``taken`` with the loci that it can't do without: definitions of names that it uses."""
        offered = self.everything
        while True:
            genome = self._genome(taken)
            more = {
                index
                for clause in self.loci.clauses
                if clause.violated(genome)
                for index, alleles in clause.cells
                if index in offered and index not in taken and self._chosen(index) not in alleles
            }
            if not more:
                return taken
            taken |= more

    def tree(self, taken: frozenset[int]) -> str | None:
        """Return the tree with ``taken``, None where it can't be (two files at one path, a name without definition)."""
        genome = self._genome(taken)
        if any(clause.violated(genome) for clause in self.loci.clauses):
            return None
        try:
            return trees.write(self.repo, self.seen.scenario.ours.tree, express(self.loci, genome))
        except (ValueError, UnusableInput):
            return None

    def groups(self) -> list[tuple[int, ...]]:
        """Return the loci that are tried together first: by names, and a new file with what is in it."""
        groups = [g.loci for g in self.loci.groups]
        groups += [self.loci.of_file(n) for n, path in enumerate(self.loci.files) if path.ours is None]
        return groups

    def place(self, path: str) -> str:
        """Return where a file of upstream's stands in an offspring that takes everything."""
        for number, merged in enumerate(self.loci.files):
            if path in (merged.sources[2], merged.path) and merged.theirs is not None:
                place = placement(self.loci, self._genome(self.everything), number)
                return place.path if place is not None else path
        return path

    def holding(self, wanted: Collection[Definition], gone: Collection[Definition]) -> frozenset[int]:
        """Return the loci that hold tests of upstream's with what these use, and tests of the fork that go."""
        found: set[int] = set()
        for number, path in enumerate(self.loci.files):
            names = path.sources[1] or path.path, path.sources[2] or path.path
            old = [at.scope for at in gone if at.path in (names[0], path.path)]
            new = [at.scope for at in wanted if at.path in (names[1], path.path)]
            slots: set[int] = set()
            if path.file is not None and new and path.theirs is not None:
                slots |= _slots(path.file, "theirs", goals.spans(names[1], path.file.side("theirs"), new))
            if path.file is not None and old and path.ours is not None:
                known = goals.unit_spans(names[0], path.file.side("ours"))
                slots |= _slots(path.file, "ours", [known[scope] for scope in old if scope in known])
            for index in self.loci.of_file(number):
                locus = self.loci.loci[index]
                whole = (new and path.ours is None) or (old and path.theirs is None)
                if (whole and locus.slots == (ENTRY_SLOT,)) or slots.intersection(locus.slots):
                    found.add(index)
        return self.everything.intersection(found)

    def _chosen(self, index: int) -> int:
        return self.alleles.get(index, self.loci.loci[index].default)

    def _genome(self, taken: frozenset[int]) -> Genome:
        return tuple(self._chosen(i) if i in taken else x.ours for i, x in enumerate(self.loci.loci))


def _slots(file: FileMerge, side: Side, inside: Sequence[Span]) -> set[int]:
    """Return the hunks of a merged file that meet spans of one side's text."""
    found = set()
    at = hunk = 0
    for segment in file.segments:
        text = segment if isinstance(segment, bytes) else getattr(segment, side)
        if not isinstance(segment, bytes):
            if any(meets(Span(at, at + len(text)), s) for s in inside):
                found.add(hunk)
            hunk += 1
        at += len(text)
    return found


def meets(one: Span, other: Span) -> bool:
    """Return whether two spans overlap; an empty one, whether it lies inside of the other."""
    if not len(one):
        return other.start < one.start < other.end
    return one.start < other.end and other.start < one.end
