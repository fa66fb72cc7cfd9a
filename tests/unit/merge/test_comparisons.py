"""Comparisons of which each side changed another part are never joined; other conditions are."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge import comparisons
from forkmerge.merge.file import merge_file


def clean(path: str, *texts: str) -> bool:
    base, ours, theirs = (text.encode() for text in texts)
    return merge_file(path, base, ours, theirs, line_merge=line_merge).clean


@pytest.mark.parametrize(
    ("path", "frame"), [("x.py", "if {}:\n    bake()\n"), ("x.c", "int f(void) {{ if ({}) return 3; return 4; }}\n")]
)
def test_parts_of_one_comparison_are_not_joined(path: str, frame: str) -> None:
    base, ours, theirs = "size(loaf, oven, 1) > least", "weight(loaf, oven, 1) > least", "size(loaf, oven, 1) > most"
    assert not clean(path, *map(frame.format, (base, ours, theirs)))
    assert clean(path, *map(frame.format, (base, theirs, theirs)))


def test_parts_of_a_condition_are_joined() -> None:
    frame = "if hot(oven, 180) and {} and {}:\n    bake()\n"
    ours, theirs = frame.format("here(flour, 2)", "left(loaf)"), frame.format("here(flour)", "left(loaf, 5)")
    assert clean("x.py", frame.format("here(flour)", "left(loaf)"), ours, theirs)


def test_what_one_side_compares_is_not_exchanged_by_the_other() -> None:
    base, ours = "if(loaf->number) {\n  bake();\n}\n", "if(loaf->oven)\n  leave(loaf->oven);\n"
    theirs = "/* below nothing it is raw */\nif(loaf->number > 0) {\n  bake();\n}\n"
    frame = "void f(struct loaf *loaf)\n{{\n  warm();\n{}\n  rest();\n}}\n"
    assert not clean("x.c", *map(frame.format, (base, ours, theirs)))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result", "found"),
    [
        (b"a.empty()", b"!a.empty()", b"a.size == 0", b"!a.size == 0", True),
        (b"a.row(1).empty()", b"!a.row(1).empty()", b"a.row(1).size > 0", b"!a.row(1).size > 0", True),
        (b"a.empty()", b"!a.empty()", b"a.none()", b"!a.none()", False),
        (b"a.b && c", b"!a.b && c", b"a.b && c == 0", b"!a.b && c == 0", False),
        (b"!a == 0", b"!a == 0", b"!a == 0", b"!a == 0", False),  # they wrote it so themselves
        (b"a.b", b"a!.b", b"a.b == 0", b"a!.b == 0", False),  # no sign of what follows
    ],
)
def test_what_is_negated_and_compared(base: bytes, ours: bytes, theirs: bytes, result: bytes, *, found: bool) -> None:
    assert comparisons.negated(base, ours, theirs, result) == found
    assert comparisons.negated(base, theirs, ours, result) == found
