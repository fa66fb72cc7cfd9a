from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from unit.recombination.merges import conflict, mine, text_merge, tree_merge, tree_merges, yours

from forkmerge.recombination import genome as genomes
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import express, texts
from forkmerge.recombination.refine import refine
from forkmerge.syntax import profiles

if TYPE_CHECKING:
    from forkmerge.model.treemerge import TreeMerge


@given(tree_merges(), st.data())
def test_refine_translates_genomes_without_changing_the_offspring(merge: TreeMerge, data: st.DataObject) -> None:
    found = loci(merge)
    if not found.loci:
        return
    refined = refine(found, data.draw(st.integers(0, len(found.loci) - 1)))
    if refined is None:
        return
    fine = refined.locus_map
    assert len(fine.loci) > len(found.loci)
    whole = [genomes.all_base, genomes.all_ours, genomes.all_theirs]
    for genome in (f(found) for f in whole):
        there = refined.translate(genome)
        assert there is not None
        assert express(fine, there) == express(found, genome)
    genome = tuple(data.draw(st.integers(0, len(x.alleles) - 1)) for x in found.loci)
    there = refined.translate(genome)
    assert there is None or texts(fine, there) == texts(found, genome)
    for f in whole:
        assert refined.translate(f(found)) == f(fine)


def test_refine_splits_a_locus_of_two_hunks_into_two() -> None:
    source = (
        b"def f(a):\n",
        mine(b"    x = 1\n", b"    x = 2\n"),
        b"    y = 0\n",
        yours(b"    z = 1\n", b"    z = 3\n"),
    )
    found = loci(tree_merge(text_merge(*source)), profile_for=profiles.for_path)
    assert [x.id for x in found.loci] == ["pkg/mod.py:f"]
    assert not found.loci[0].dormant
    refined = refine(found, 0)
    assert refined is not None
    assert [x.slots for x in refined.locus_map.loci] == [(0,), (1,)]
    assert all(x.dormant for x in refined.locus_map.loci)


def test_refine_cuts_one_hunk_by_lines() -> None:
    found = loci(tree_merge(text_merge(conflict(b"a\nb\nc\nd\n", b"A\nb\nc\nD1\n", b"a\nb\nC\nD2\n"))))
    refined = refine(found, 0)
    assert refined is not None
    alleles = [{a.contents[0] for a in x.alleles} for x in refined.locus_map.loci]
    assert alleles == [{b"a\n", b"A\n"}, {b"c\n", b"C\n"}, {b"d\n", b"D1\n", b"D2\n"}]
    mixed = next(i for i, a in enumerate(found.loci[0].alleles) if a.contents == (b"A\nb\nC\nD1\n",))
    there = refined.translate((mixed,))
    assert there is not None
    assert texts(refined.locus_map, there) == {"pkg/mod.py": b"A\nb\nC\nD1\n"}
