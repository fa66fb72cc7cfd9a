"""A line that one side put in has the columns that the other side gave to its neighbours."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

FRAME = "package a\n\nvar t = map[string]int{{\n{}}}\n"


def merged(base: str, ours: str, theirs: str) -> str:
    texts = (FRAME.format(x).encode() for x in (base, ours, theirs))
    found = merge_file("a.go", *texts, line_merge=line_merge).merged()
    assert found is not None
    return found.decode().removeprefix(FRAME.partition("{{\n")[0] + "{\n").removesuffix("}\n")


BASE = '\t"rye":  1,\n\t"corn": 2,\n'
WIDER = '\t"rye":      1,\n\t"corn":     2,\n\t"buckwht":  3,\n'


@pytest.mark.parametrize("swapped", [False, True])
def test_a_line_put_in_is_lined_up_with_the_others(swapped: bool) -> None:
    narrow = '\t"rye":  1,\n\t"oat":  7,\n\t"corn": 2,\n'
    sides = (WIDER, narrow) if swapped else (narrow, WIDER)
    assert '\t"oat":      7,\n' in merged(BASE, *sides)


def test_what_stands_in_a_string_is_no_column() -> None:
    spaced = '\t"rye":  1,\n\t"a  b": 7,\n\t"corn": 2,\n'
    assert '\t"a  b":     7,\n' in merged(BASE, spaced, WIDER)


def test_a_name_too_long_for_the_column_keeps_its_blank() -> None:
    long = '\t"rye":  1,\n\t"pumpernickel": 7,\n\t"corn": 2,\n'
    assert '\t"pumpernickel": 7,\n' in merged(BASE, long, WIDER)
