"""Deleting code deletes what the other side said about it in comments."""

from __future__ import annotations

import pytest

from forkmerge.model.hunk import Hunk
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge
from forkmerge.recombination.comments import same_code
from forkmerge.recombination.entries import entry_locus
from forkmerge.recombination.loci import loci
from tests.unit.recombination.merges import text_merge, tree_merge

BASE = b"def old(a):\n    return run(a)  # type: ignore\n"
COMMENTED = b"def old(a):\n    return run(a)\n"
EDITED = b"def old(a):\n    return run(a, 2)  # type: ignore\n"


def test_same_code() -> None:
    assert same_code("a.py", BASE, COMMENTED)
    assert same_code("a.py", BASE, BASE.replace(b"run(a)", b"run( a )"))
    assert same_code("a.py", b'A = br"x"\n', b"A = rb'x'\n")
    assert not same_code("a.py", b'A = b"x"\n', b'A = "x"\n')
    assert not same_code("a.py", BASE, EDITED)
    assert not same_code("a.txt", BASE, COMMENTED), "no grammar tells what a comment is"
    assert not same_code("a.py", b"# one\n", b"# two\n"), "a file of comments is about its comments"


@pytest.mark.parametrize(("edited", "deletes"), [(COMMENTED, True), (EDITED, False)])
def test_a_deleted_file(edited: bytes, deletes: bool) -> None:
    blobs = {"1": BASE, "2": edited}
    merge = PathMerge("a.py", Entry(REGULAR, "1"), None, Entry(REGULAR, "2"), None, "delete/modify")
    locus = entry_locus(merge, 0, lambda entry: blobs[entry.oid])
    assert locus is not None
    assert (locus.default == locus.ours) is deletes
    whole = locus.alleles[locus.theirs].kept_theirs
    assert (locus.alleles[locus.ours].kept_theirs == whole) is deletes


@pytest.mark.parametrize(("edited", "deletes"), [(COMMENTED, True), (EDITED, False)])
def test_a_deleted_function(edited: bytes, deletes: bool) -> None:
    merge = text_merge(b"import run\n", Hunk(BASE, b"", edited, None, "conflict"), path="a.py")
    (locus,) = loci(tree_merge(merge)).loci
    kept = locus.alleles[locus.ours].kept_theirs
    assert (kept == locus.alleles[locus.theirs].kept_theirs) is deletes
    assert (locus.default == locus.ours) is deletes
