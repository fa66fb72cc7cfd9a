"""The values of recombination: alleles, loci, clauses and the map that holds them.

A locus is a place where something has to be chosen; its alleles are what can be chosen there; a genome names one allele
for each locus.  Invariants: the alleles of a locus differ in content; ``base``, ``ours`` and ``theirs`` of a locus are
the indices of the alleles that equal that version exactly, so that whole versions are genomes too; each hunk of a file
belongs to exactly one locus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from forkmerge.model.treemerge import PathMerge, TreeMerge

ENTRY_SLOT = -1
"""The slot of a locus that decides about the entry itself: where it stands, with which mode, or not at all."""

Genome: TypeAlias = tuple[int, ...]
"""One allele index for each locus."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an entry stands: its path, its mode, and the blob, None for text that is expressed from the hunks."""

    path: str
    mode: int
    oid: str | None = None


Content: TypeAlias = bytes | Placement | None


@dataclass(frozen=True, slots=True)
class Allele:
    """One choice at a locus: a content for each of its slots.

    ``origin`` is ``base``, ``ours``, ``theirs``, ``merged``, ``both``, ``mixed``, ``adapted`` or ``rule:<name>``.
    ``kept_ours`` and ``kept_theirs`` count the changed tokens of that side's edit that this allele keeps; ``chimeric``
    says that it equals neither parent; ``new_code`` that it holds code that stands in no version.
    """

    origin: str
    contents: tuple[Content, ...]
    kept_ours: int
    kept_theirs: int
    chimeric: bool
    new_code: bool = False

    @property
    def size(self) -> int:
        """Return the number of bytes of text in it."""
        return sum(len(c) for c in self.contents if isinstance(c, bytes))


@dataclass(frozen=True, slots=True)
class Locus:
    """A place where something has to be chosen.

    ``id`` is stable for the same inputs (``pkg/mod.py:Class.method``, with ``#2`` where it repeats); ``slots`` are the
    indices of the file's hunks (``ENTRY_SLOT`` for the entry itself); ``file`` is the index of its path in the tree
    merge.  ``dormant``: one side alone changed it, or both did the same, so nothing has to be decided until a failure
    blames it.  ``has_conflict``: the engine left something open here.
    """

    id: str
    path: str
    unit: str
    kind: str
    file: int
    slots: tuple[int, ...]
    alleles: tuple[Allele, ...]
    default: int
    base: int
    ours: int
    theirs: int
    dormant: bool
    has_conflict: bool

    @property
    def edit_ours(self) -> int:
        """Return how many changed tokens ours' edit has here."""
        return self.alleles[self.ours].kept_ours

    @property
    def edit_theirs(self) -> int:
        """Return how many changed tokens theirs' edit has here."""
        return self.alleles[self.theirs].kept_theirs

    @property
    def decided(self) -> bool:
        """Return whether there is nothing to choose."""
        return len(self.alleles) == 1


@dataclass(frozen=True, slots=True)
class Clause:
    """Alleles that can't stand together: violated when every cell's locus has an allele of the cell's set.

    ``name`` is what the first cell's alleles use and the others don't give, where the clause is about a name.
    """

    cells: tuple[tuple[int, frozenset[int]], ...]
    reason: str = ""
    name: str = ""

    def violated(self, genome: Genome) -> bool:
        """Return whether ``genome`` has one of the alleles of every cell."""
        return all(genome[locus] in alleles for locus, alleles in self.cells)


@dataclass(frozen=True, slots=True)
class LinkageGroup:
    """Loci that depend on each other, and why (``definition``, ``use`` of which name)."""

    loci: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LocusMap:
    """All loci of a merge with what ties them together."""

    merge: TreeMerge
    loci: tuple[Locus, ...]
    clauses: tuple[Clause, ...] = ()
    groups: tuple[LinkageGroup, ...] = ()

    @property
    def files(self) -> tuple[PathMerge, ...]:
        """Return the changed paths, in the order that ``Locus.file`` counts."""
        return self.merge.paths

    def of_file(self, file: int) -> tuple[int, ...]:
        """Return the indices of the loci of one path."""
        return tuple(i for i, locus in enumerate(self.loci) if locus.file == file)

    def with_alleles(self, index: int, extra: tuple[Allele, ...]) -> LocusMap:
        """Return the map with alleles appended to one locus; contents that it has already are left out."""
        locus = self.loci[index]
        have = {a.contents for a in locus.alleles}
        new = tuple(a for a in extra if a.contents not in have)
        loci = list(self.loci)
        loci[index] = replace(locus, alleles=locus.alleles + new)
        return replace(self, loci=tuple(loci))
