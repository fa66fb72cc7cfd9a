from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.recombination.merges import conflict, mine, text_merge, tree_merge, tree_merges, yours

from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge, TreeMerge
from forkmerge.recombination import genome as genomes
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import express, kept_of, text


def at(merge: PathMerge, side: int) -> str:
    return merge.sources[side] or merge.path


def versions(merge: TreeMerge, side: int) -> dict[str, Entry]:
    entries = ((at(p, side), (p.base, p.ours, p.theirs)[side]) for p in merge.paths)
    return {path: entry for path, entry in entries if entry is not None}


def applied(merge: TreeMerge, changes: dict[str, object]) -> dict[str, object]:
    tree: dict[str, object] = dict(versions(merge, 1))
    for path, change in changes.items():
        if change is None:
            tree.pop(path, None)
        else:
            tree[path] = change
    return tree


@given(tree_merges())
def test_express_of_whole_versions_is_exact(merge: TreeMerge) -> None:
    found = loci(merge)
    assert express(found, genomes.all_ours(found)) == {}
    for side, genome in ((0, genomes.all_base(found)), (2, genomes.all_theirs(found))):
        assert applied(merge, dict(express(found, genome))) == versions(merge, side)


@given(tree_merges(), st.data())
def test_express_gives_what_the_alleles_say(merge: TreeMerge, data: st.DataObject) -> None:
    found = loci(merge)
    genome = tuple(data.draw(st.integers(0, len(x.alleles) - 1)) for x in found.loci)
    kept = kept_of(found, genome)
    assert 0 <= kept.share_ours <= 1
    assert 0 <= kept.share_theirs <= 1
    for file, path in enumerate(merge.paths):
        slots = [s for i in found.of_file(file) for s in found.loci[i].slots if s >= 0]
        assert sorted(slots) == list(range(len(path.file.hunks) if path.file else 0))
    express(found, genome)


@given(tree_merges())
def test_loci_have_distinct_alleles_and_stable_ids(merge: TreeMerge) -> None:
    found = loci(merge)
    assert found == loci(merge)
    assert len({x.id for x in found.loci}) == len(found.loci)
    for locus in found.loci:
        contents = [a.contents for a in locus.alleles]
        assert len(set(contents)) == len(contents)
    for clause in found.clauses:
        for genome in (genomes.all_base(found), genomes.all_ours(found), genomes.all_theirs(found)):
            assert not clause.violated(genome)


@given(tree_merges())
def test_whole_versions_keep_all_of_their_own_side(merge: TreeMerge) -> None:
    found = loci(merge)
    assert kept_of(found, genomes.all_ours(found)).share_ours == 1.0
    assert kept_of(found, genomes.all_theirs(found)).share_theirs == 1.0


def test_default_is_the_structured_merge() -> None:
    merge = tree_merge(text_merge(b"start\n", mine(b"a = 1\n", b"a = 2\n"), b"mid\n", yours(b"", b"c = 3\n")))
    found = loci(merge)
    file = merge.paths[0].file
    assert file is not None
    assert text(found, genomes.default(found), 0) == file.merged()
    assert all(x.dormant for x in found.loci)


def test_express_names_existing_blobs_and_writes_new_ones() -> None:
    merge = tree_merge(text_merge(mine(b"a = 1\n", b"a = 2\n"), b"mid\n", yours(b"c = 1\n", b"c = 3\n")))
    found = loci(merge)
    assert express(found, genomes.default(found)) == {"pkg/mod.py": (REGULAR, b"a = 2\nmid\nc = 3\n")}
    theirs = merge.paths[0].theirs
    assert express(found, genomes.all_theirs(found)) == {"pkg/mod.py": theirs}


def test_entries_that_would_collide_are_forbidden_and_refused() -> None:
    file = PathMerge("a", None, Entry(REGULAR, "1"), None, Entry(REGULAR, "1"))
    folder = PathMerge("a/b", None, None, Entry(REGULAR, "2"), None, "file/directory")
    found = loci(tree_merge(file, folder))
    both = tuple(next(i for i, a in enumerate(x.alleles) if a.contents[0] is not None) for x in found.loci)
    assert genomes.violated(found, both)
    with pytest.raises(ValueError, match="file and a folder"):
        express(found, both)


def test_renamed_text_stands_at_its_new_path_with_both_edits() -> None:
    merge = text_merge(mine(b"a = 1\n", b"a = 2\n"), b"#\n", yours(b"c\n", b"d\n"), path="new.py")
    renamed = PathMerge(
        "new.py", merge.base, merge.ours, merge.theirs, file=merge.file, sources=("old.py", "old.py", "new.py")
    )
    found = loci(tree_merge(renamed))
    assert express(found, genomes.default(found)) == {"old.py": None, "new.py": (REGULAR, b"a = 2\n#\nd\n")}


def test_conflict_default_keeps_most() -> None:
    merge = tree_merge(text_merge(conflict(b"", b"def a():\n    pass\n", b"def b():\n    pass\n")))
    found = loci(merge)
    assert text(found, genomes.default(found), 0) == b"def a():\n    pass\ndef b():\n    pass\n"
    assert found.loci[0].has_conflict
    assert not found.loci[0].dormant
