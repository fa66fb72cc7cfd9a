"""Genomes that mean something by themselves, and what a genome says about its loci."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause, Genome, LocusMap


def all_base(locus_map: LocusMap) -> Genome:
    """Return the genome of the merge base."""
    return tuple(locus.base for locus in locus_map.loci)


def all_ours(locus_map: LocusMap) -> Genome:
    """Return the genome of ours."""
    return tuple(locus.ours for locus in locus_map.loci)


def all_theirs(locus_map: LocusMap) -> Genome:
    """Return the genome of theirs."""
    return tuple(locus.theirs for locus in locus_map.loci)


def default(locus_map: LocusMap) -> Genome:
    """Return the structured merge, with each conflict resolved by the allele that keeps most."""
    return tuple(locus.default for locus in locus_map.loci)


def violated(locus_map: LocusMap, genome: Genome) -> tuple[Clause, ...]:
    """Return the static clauses that ``genome`` breaks."""
    return tuple(clause for clause in locus_map.clauses if clause.violated(genome))


def chimeric(locus_map: LocusMap, genome: Genome) -> tuple[int, ...]:
    """Return the loci where ``genome`` equals neither parent."""
    return tuple(
        i for i, (locus, a) in enumerate(zip(locus_map.loci, genome, strict=True)) if locus.alleles[a].chimeric
    )


def distance(locus_map: LocusMap, genome: Genome) -> int:
    """Return at how many loci ``genome`` differs from the plain structured merge."""
    return sum(locus.default != allele for locus, allele in zip(locus_map.loci, genome, strict=True))


def origins(locus_map: LocusMap, genome: Genome) -> tuple[tuple[str, str], ...]:
    """Return for each locus its id and the origin of the allele chosen there."""
    return tuple((locus.id, locus.alleles[a].origin) for locus, a in zip(locus_map.loci, genome, strict=True))
