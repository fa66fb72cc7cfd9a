from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

import pytest

from forkmerge.alignment.align import align
from forkmerge.git.linemerge import line_merge
from forkmerge.merge.moves import moved_units
from forkmerge.merge.tree import Inputs, merge_trees
from forkmerge.model.source import REGULAR, Entry, SourceFile

if TYPE_CHECKING:
    from forkmerge.model.treemerge import PathMerge

HELPER = b"""\
def helper(rows, limit):
    total = 0
    for row in rows:
        total += row.size
    return min(total, limit)
"""
EDITED = HELPER.replace(b"row.size", b"row.size * row.count")
OTHER = b"def other(path):\n    with open(path) as file:\n        return file.read().splitlines()\n"
THIRD = b"class Third:\n    def run(self):\n        return self.name.upper()\n"
Files = dict[str, bytes]


def merged(base: Files, ours: Files, theirs: Files) -> dict[str, PathMerge]:
    blobs = {sha1(data).hexdigest(): data for files in (base, ours, theirs) for data in files.values()}
    trees = [{p: Entry(REGULAR, sha1(d).hexdigest()) for p, d in files.items()} for files in (base, ours, theirs)]
    sources = [tuple(SourceFile(p, d) for p, d in files.items()) for files in (base, ours, theirs)]
    moved = moved_units(align(*sources))
    assert moved
    return {p.path: p for p in merge_trees(Inputs(*trees, blobs.__getitem__, line_merge, moved=moved)).paths}


def everything(paths: dict[str, PathMerge]) -> bytes:
    """Return all that the result holds, in its texts and in its conflicts."""
    out = []
    for path in paths.values():
        for segment in path.file.segments if path.file else ():
            if isinstance(segment, bytes):
                out.append(segment)
            else:
                out.append(segment.ours + segment.theirs if segment.merged is None else segment.merged)
    return b"".join(out)


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_carried_to_where_the_other_side_moved_the_unit_in_another_file(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER, "b.py": THIRD}
    sides = [{"a.py": OTHER, "b.py": THIRD + b"\n\n" + HELPER}, {"a.py": EDITED + b"\n\n" + OTHER, "b.py": THIRD}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    assert all(p.clean for p in result.values())
    assert result["b.py"].file is not None
    assert result["b.py"].file.merged() == THIRD + b"\n\n" + EDITED
    assert b"helper" not in (result["a.py"].file.merged() or b"") if result["a.py"].file else True


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_carried_to_a_file_that_is_new(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER}
    sides = [{"a.py": OTHER, "new.py": HELPER}, {"a.py": EDITED + b"\n\n" + OTHER}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    assert result["new.py"].file is not None
    assert result["new.py"].file.merged() == EDITED


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_carried_within_one_file(swapped: bool) -> None:
    base = {"a.py": b"\n\n".join((HELPER, OTHER, THIRD))}
    sides = [{"a.py": b"\n\n".join((OTHER, THIRD, HELPER))}, {"a.py": b"\n\n".join((EDITED, OTHER, THIRD))}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    text = everything(result)
    assert result["a.py"].clean
    assert text.count(b"def helper") == 1
    assert b"row.count" in text


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_not_lost_where_the_file_it_is_carried_to_is_in_conflict(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER, "b.py": b"x = 1\n\n\n" + THIRD}
    sides = [
        {"a.py": OTHER, "b.py": b"x = 2\n\n\n" + THIRD + b"\n\n" + HELPER},
        {"a.py": EDITED + b"\n\n" + OTHER, "b.py": b"x = 3\n\n\n" + THIRD},
    ]
    result = merged(base, *(sides[::-1] if swapped else sides))
    assert not result["b.py"].clean
    assert b"row.count" in everything(result)


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_not_lost_where_the_file_it_would_be_carried_to_is_deleted(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER, "b.py": THIRD}
    sides = [{"a.py": OTHER, "b.py": THIRD + b"\n\n" + HELPER}, {"a.py": EDITED + b"\n\n" + OTHER}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    assert result["b.py"].conflict == "delete/modify"
    assert b"row.count" in everything(result)


@pytest.mark.parametrize("swapped", [False, True])
def test_edit_is_carried_into_a_unit_that_has_another_name_now(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER, "b.py": THIRD}
    renamed = HELPER.replace(b"helper", b"summed")
    sides = [{"a.py": OTHER, "b.py": THIRD + b"\n\n" + renamed}, {"a.py": EDITED + b"\n\n" + OTHER, "b.py": THIRD}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    text = everything(result)
    assert b"def summed" in text
    assert b"row.count" in text


@pytest.mark.parametrize("swapped", [False, True])
def test_conflicting_edits_of_a_moved_unit_are_left_as_git_has_them(swapped: bool) -> None:
    base = {"a.py": HELPER + b"\n\n" + OTHER, "b.py": THIRD}
    mine, other = (HELPER.replace(b"total = 0", b"total = %d" % n) for n in (1, 20))
    sides = [{"a.py": OTHER, "b.py": THIRD + b"\n\n" + mine}, {"a.py": other + b"\n\n" + OTHER, "b.py": THIRD}]
    result = merged(base, *(sides[::-1] if swapped else sides))
    assert not result["a.py"].clean
    assert b"total = 20" in everything(result)
