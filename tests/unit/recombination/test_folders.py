"""New files of one side stand in the folder as the other side named it."""

from __future__ import annotations

import pytest
from unit.recombination.merges import tree_merge

from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge
from forkmerge.recombination.folders import following_folders, renamed_folders
from forkmerge.recombination.loci import loci
from forkmerge.recombination.values import Placement

NEW = Entry(REGULAR, "a" * 40)


def test_a_folder_is_renamed_where_nothing_is_left_of_it() -> None:
    renames = {"pkg/a.py": "lib/a.py", "pkg/b.py": "lib/b.py", "pkg/c.py": "other/c.py", "x/y.py": "z/y.py"}
    assert renamed_folders([*renames.values(), "x/stays.py"], renames) == {"pkg": "lib"}
    assert renamed_folders([*renames.values(), "pkg/deep/stays.py"], renames) == {"x": "z"}


def test_where_its_files_went_to_two_folders_alike_nobody_knows() -> None:
    assert renamed_folders(["a/x.py", "b/y.py"], {"pkg/x.py": "a/x.py", "pkg/y.py": "b/y.py"}) == {}


def placed(path: str, taken: frozenset[str] = frozenset(), *, ours: bool = False) -> tuple[Placement | None, int]:
    merge = PathMerge(
        path,
        None,
        NEW if ours else None,
        None if ours else NEW,
        merged=NEW,
        sources=("", path if ours else "", "" if ours else path),
    )
    folders = ({}, {"pkg": "lib"}) if ours else ({"pkg": "lib"}, {})
    (locus,) = following_folders(loci(tree_merge(merge)), *folders, taken).loci
    content = locus.alleles[locus.default].contents[0]
    assert isinstance(content, Placement)
    return content, len(locus.alleles)


@pytest.mark.parametrize("ours", [False, True])
def test_a_new_file_goes_with_its_folder_and_may_stay_where_it_was_put(*, ours: bool) -> None:
    stays, count = placed("elsewhere/new.py", ours=ours)
    assert stays.path == "elsewhere/new.py"
    assert placed("pkg/new.py", ours=ours) == (Placement("lib/new.py", REGULAR, NEW.oid), count + 1)
    assert placed("pkg/deep/new.py", ours=ours)[0].path == "lib/deep/new.py"


@pytest.mark.parametrize("taken", ["lib/new.py", "lib"])
def test_nothing_is_put_where_a_version_has_a_file(taken: str) -> None:
    assert placed("pkg/new.py", frozenset({taken}))[0].path == "pkg/new.py"
