"""What the laws found on generated programs, each kept as the smallest case of it."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

FIRST = "// one\nfunction one(a) {\n    load(a, 1);\n    save(a);\n}\n\n"
LATER = "function {0}(a) {{\n    {0}(a, 2);\n    keep({0});\n    stay({0});\n}}\n\n"
REST = "".join(map(LATER.format, ("two", "three", "four")))
TWO, THREE, FOUR = REST.split("\n\n")[:3]


def test_a_function_that_both_sides_moved_to_two_places_is_a_conflict() -> None:
    base = FIRST + REST
    ours = f"{TWO}\n\n{FIRST}{THREE}\n\n{FOUR}\n\n"
    theirs = f"{TWO}\n\n{THREE}\n\n{FOUR}\n\n{FIRST}"
    text, count = line_merge(base.encode(), ours.encode(), theirs.encode())
    assert not count
    assert text.count(b"function one") == 2
    found = merge_file("x.js", base.encode(), ours.encode(), theirs.encode(), line_merge=line_merge)
    assert not found.clean
    assert "one is defined twice" in found.findings[0].message


@pytest.mark.parametrize(("path", "opened", "closed"), [("x.js", "const all = [", "];"), ("x.js", "call(", ");")])
def test_a_list_that_both_sides_emptied_leaves_no_separator_behind(path: str, opened: str, closed: str) -> None:
    base, ours, theirs = (
        f"{opened}\n{''.join(rows)}{closed}\n".encode() for rows in (("  a,\n", "  b,\n"), ("  a,\n",), ("  b,\n",))
    )
    found = merge_file(path, base, ours, theirs, line_merge=line_merge)
    assert not found.clean or b"," not in (found.merged() or b"")


def test_entries_of_a_sequence_stay_on_lines_of_their_own() -> None:
    base, ours, theirs = (
        ("all:\n" + "".join(f"- {name}\n" for name in names) + "rest:\n  k0: 'a'\n").encode()
        for names in (("total", "node"), ("node",), ("total", "node928", "node"))
    )
    found = merge_file("x.yaml", base, ours, theirs, line_merge=line_merge)
    assert not found.clean or found.merged() == b"all:\n- node928\n- node\nrest:\n  k0: 'a'\n"


def test_keys_that_fit_in_one_order_of_the_sides_alone_are_a_conflict() -> None:
    base = b"[server]\nport = 80\n# how many\nworkers = 2\n"
    ours = b"# how many\n# how many\nport = 2\n"
    theirs = b"[server]\nport = 80\n[one]\n# how many\nworkers = 2\n[two]\nport = 80\nworkers = 2\n"
    for mine, other in ((ours, theirs), (theirs, ours)):
        assert not merge_file("x.ini", base, mine, other, line_merge=line_merge).clean


@pytest.mark.parametrize(
    ("path", "first"), [("x.c", "enum kind {\n    one,\n};\n"), ("x.cpp", "class Shop {\n    int size;\n};\n")]
)
def test_the_semicolon_of_what_stands_above_is_not_put_behind_a_function(path: str, first: str) -> None:
    one, two = ("void {0}(int a) {{\n    {0}_all(a, {1});\n}}\n".format(*x) for x in (("load", 1), ("save", 2)))
    last = "int last(void) {\n    return 3;\n}\n"
    base, ours, theirs, both = (
        "\n".join(("", first, *added, last)).encode() for added in ((), (one,), (two,), (one, two))
    )
    assert line_merge(base, ours, theirs)[1]
    assert merge_file(path, base, ours, theirs, line_merge=line_merge).merged() == both


def test_the_semicolon_goes_with_its_statement() -> None:
    base = b"package Shop;\nuse strict;\nour $size = 2;\n\n1;\n"
    ours = b"package Shop;\nuse Carp;\nuse strict;\nour $size = 2;\n\n\n"
    theirs = b"package Shop;\nuse strict;\n\nour $size = 2;\n"
    for mine, other in ((ours, theirs), (theirs, ours)):
        found = merge_file("Shop.pm", base, mine, other, line_merge=line_merge)
        assert not found.clean or (found.merged() or b"").count(b"our $size = 2;\n") == 1


def test_a_line_that_both_sides_moved_does_not_stand_twice() -> None:
    base, ours, theirs = (
        "".join(f"<%= {x} %>\n" for x in names).encode()
        for names in (
            ("@name", "@size", "money(@price)"),
            ("@size", "money(@price)", "@name"),
            ("@size", "money(@cost)", "@name"),
        )
    )
    for mine, other in ((ours, theirs), (theirs, ours)):
        found = merge_file("x.erb", base, mine, other, line_merge=line_merge)
        assert not found.clean or (found.merged() or b"").count(b"@name") == 1


@pytest.mark.parametrize(
    ("path", "base", "cut", "moved"),
    [
        ("x.v", b"module m;\n  assign b = a;\nendmodule\n", b"module m;\n  assign b = a;\nnone\n", b"  "),
        ("x.m", b'#import "Box.h"\nint a;\n', b'#named "Box.h"\nint a;\n', b"    "),
    ],
)
def test_a_side_that_lost_the_mark_of_its_language_is_merged_the_same_both_ways(
    path: str, base: bytes, cut: bytes, moved: bytes
) -> None:
    laid = b"".join(moved + line for line in base.splitlines(keepends=True))
    here, there = (merge_file(path, base, *sides, line_merge=line_merge) for sides in ((cut, laid), (laid, cut)))
    assert (here.clean, here.merged()) == (there.clean, there.merged())


def test_blanks_alone_do_not_bring_back_a_key_that_a_side_took_away() -> None:
    base, ours, theirs = b"name=Shop\nsize=3\n", b"\n\nname=Shop\nsize=3\nname=Shop\n", b"title=Shop\nsize=3\n"
    for mine, other in ((ours, theirs), (theirs, ours)):
        assert not merge_file("x.properties", base, mine, other, line_merge=line_merge).clean


def test_a_table_that_both_sides_moved_in_a_file_that_does_not_load_is_a_conflict() -> None:
    one, two, three, four = (f'[{name}]\nk0 = "{name} of all"\nk1 = 3\n\n' for name in ("one", "two", "three", "four"))
    base, ours = (one + two + three + four).encode(), (two + one + three + four).encode()
    theirs = (two + three + one.replace("k1 =", "= k1") + four).encode()
    for mine, other in ((ours, theirs), (theirs, ours)):
        found = merge_file("x.toml", base, mine, other, line_merge=line_merge)
        assert not found.clean or (found.merged() or b"").count(b"[one]") == 1


def test_of_what_git_puts_in_twice_not_only_what_has_a_name_is_taken_out() -> None:
    base = b"# what one is\ndef one():\n    load(1)\n\n\ndef two():\n    save(2)\n"
    listed, defined = b'__all__ = [\n    "two",\n]\n\n\n', b"def three():\n    keep(3)\n\n\n"
    merged = b'import time\n\n\n__all__ = [\n    "one",\n]\n\n\n' + listed + defined + base
    for mine, other in ((listed + defined + base, merged), (merged, listed + defined + base)):
        found = merge_file("x.py", b"\n\n" + base, b"\n\n" + mine, other, line_merge=line_merge)
        text = found.merged() or b""
        assert not found.clean or (text.count(listed), text.count(defined)) in ((1, 1), (2, 2))
