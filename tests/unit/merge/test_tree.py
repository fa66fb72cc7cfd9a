from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1
from typing import TYPE_CHECKING

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.tree import Inputs, merge_trees
from forkmerge.model.source import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry

if TYPE_CHECKING:
    from forkmerge.model.treemerge import PathMerge

LINES = b"1\n2\n3\n4\n5\n6\n7\n"
MINE, OTHER = LINES.replace(b"1", b"one"), LINES.replace(b"7", b"seven")
Files = Mapping[str, bytes | tuple[int, bytes]]


def merged(base: Files, ours: Files, theirs: Files, **renames: Mapping[str, str]) -> dict[str, PathMerge]:
    blobs: dict[str, bytes] = {}

    def tree(files: Files) -> dict[str, Entry]:
        out = {}
        for path, value in files.items():
            mode, data = value if isinstance(value, tuple) else (REGULAR, value)
            oid = sha1(data).hexdigest()
            blobs[oid] = data
            out[path] = Entry(mode, oid)
        return out

    result = merge_trees(Inputs(tree(base), tree(ours), tree(theirs), blobs.__getitem__, line_merge, **renames))
    assert [p.path for p in result.paths] == sorted(p.path for p in result.paths)
    return {p.path: p for p in result.paths}


def text(path: PathMerge) -> bytes | None:
    return path.file.merged() if path.file else None


def test_paths_that_nobody_changed_are_not_listed() -> None:
    assert list(merged({"a": LINES, "b": LINES}, {"a": MINE, "b": LINES}, {"a": OTHER, "b": LINES})) == ["a"]


def test_edits_of_both_sides_are_merged_inside() -> None:
    assert text(merged({"a": LINES}, {"a": MINE}, {"a": OTHER})["a"]) == MINE.replace(b"7", b"seven")


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_follows_a_rename(swapped: bool) -> None:
    sides: list[Files] = [{"b": MINE}, {"a": OTHER}]
    key = "renames_theirs" if swapped else "renames_ours"
    result = merged({"a": LINES}, *(sides[::-1] if swapped else sides), **{key: {"a": "b"}})
    assert list(result) == ["b"]
    assert text(result["b"]) == MINE.replace(b"7", b"seven")


def test_two_different_renames_of_one_file_are_a_conflict() -> None:
    renames = {"renames_ours": {"a": "b"}, "renames_theirs": {"a": "c"}}
    result = merged({"a": LINES}, {"b": LINES}, {"c": LINES}, **renames)
    assert [p.conflict for p in result.values()] == ["rename/rename"]


def test_same_rename_on_both_sides_is_clean() -> None:
    renames = {"renames_ours": {"a": "b"}, "renames_theirs": {"a": "b"}}
    result = merged({"a": LINES}, {"b": MINE}, {"b": OTHER}, **renames)
    assert text(result["b"]) == MINE.replace(b"7", b"seven")


def test_deletion_stands_where_the_other_side_left_the_file_alone() -> None:
    result = merged({"a": LINES}, {}, {"a": LINES})["a"]
    assert (result.clean, result.merged) == (True, None)


@pytest.mark.parametrize("swapped", [False, True])
def test_deletion_of_what_the_other_side_changed_is_a_conflict(swapped: bool) -> None:
    sides: list[Files] = [{}, {"a": MINE}]
    assert merged({"a": LINES}, *(sides[::-1] if swapped else sides))["a"].conflict == "delete/modify"


def test_file_added_by_both_is_merged_inside() -> None:
    assert merged({}, {"a": MINE}, {"a": MINE})["a"].clean
    assert (
        merged({}, {"a": b"x\n"}, {"a": b"y\n"})["a"].conflict
        or not merged({}, {"a": b"x\n"}, {"a": b"y\n"})["a"].clean
    )


def test_file_added_by_one_is_taken() -> None:
    result = merged({}, {"a": MINE}, {})["a"]
    assert result.clean
    assert result.merged == result.ours


def test_mode_of_the_side_that_changed_it_is_kept_beside_the_others_edit() -> None:
    result = merged({"a": LINES}, {"a": (EXECUTABLE, LINES)}, {"a": OTHER})["a"]
    assert result.clean
    assert result.file is None or result.file.mode == EXECUTABLE
    assert (result.file.merged() if result.file else None) == OTHER


@pytest.mark.parametrize(("mode", "word"), [(SYMLINK, "mode"), (SUBMODULE, "submodule")], ids=["symlink", "submodule"])
def test_links_and_submodules_are_taken_as_a_whole(mode: int, word: str) -> None:
    assert merged({"a": (mode, b"1")}, {"a": (mode, b"2")}, {"a": (mode, b"3")})["a"].conflict == word
    one = merged({"a": (mode, b"1")}, {"a": (mode, b"2")}, {"a": (mode, b"1")})["a"]
    assert (one.conflict, one.merged) == ("", one.ours)


def test_binary_files_are_taken_as_a_whole() -> None:
    assert merged({"a": b"\0"}, {"a": b"\0a"}, {"a": b"\0b"})["a"].conflict == "binary"
    one = merged({"a": b"\0"}, {"a": b"\0"}, {"a": b"\0b"})["a"]
    assert (one.conflict, one.merged) == ("", one.theirs)


def test_file_and_folder_of_one_name_are_a_conflict() -> None:
    result = merged({}, {"a": b"x\n"}, {"a/b": b"y\n"})
    assert [p.conflict for p in result.values()] == ["", "file/directory"]
