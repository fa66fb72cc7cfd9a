from __future__ import annotations

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.renamed_locals import renamed
from forkmerge.syntax import profiles

PYTHON = profiles.load("python")
BASE = b"def f(n):\n    x = n + 1\n    return x * n\n\n\ndef g(n):\n    return n\n"
OURS = BASE.replace(
    b"def f(n):\n    x = n + 1\n    return x * n", b"def f(count):\n    x = count + 1\n    return x * count"
)
THEIRS = BASE.replace(b"return x * n", b"return [x * n, h(n)]")


def test_the_new_name_is_given_in_its_function_alone() -> None:
    base, ours, theirs = renamed(PYTHON, (BASE, OURS, THEIRS)) or (b"", b"", b"")
    assert base == OURS
    assert ours == OURS
    assert theirs == OURS.replace(b"return x * count", b"return [x * count, h(count)]")
    assert renamed(PYTHON, (BASE, THEIRS, OURS)) == (base, theirs, ours)


def test_the_merge_has_both_edits_whichever_side_renamed() -> None:
    for sides in ((OURS, THEIRS), (THEIRS, OURS)):
        merged = merge_file("a.py", BASE, *sides, line_merge=line_merge)
        assert merged.merged() == OURS.replace(b"return x * count", b"return [x * count, h(count)]")
        assert any("renamed" in hunk.rule for hunk in merged.hunks)


def test_a_name_that_the_other_side_has_already_is_another_one() -> None:
    assert renamed(PYTHON, (BASE, OURS, THEIRS.replace(b"h(n)", b"h(count)"))) is None


def test_a_side_that_still_says_the_old_name_did_not_rename_it() -> None:
    assert renamed(PYTHON, (BASE, OURS.replace(b"x * count", b"x * n"), THEIRS)) is None


def test_two_new_names_are_for_people_to_choose_from() -> None:
    assert renamed(PYTHON, (BASE, OURS, OURS.replace(b"count", b"number"))) is None


def test_a_line_that_binds_another_way_is_no_renaming() -> None:
    assert renamed(PYTHON, (BASE, OURS.replace(b"def f(count)", b"def f(count=1)"), THEIRS)) is None


def test_a_function_that_is_there_twice_is_left_alone() -> None:
    assert renamed(PYTHON, tuple(text + b"\n\ndef f(m):\n    pass\n" for text in (BASE, OURS, THEIRS))) is None


def test_locals_that_are_looked_up_by_name_keep_theirs() -> None:
    assert renamed(PYTHON, (BASE, OURS, THEIRS.replace(b"h(n)", b"h(**locals())"))) is None


def test_attributes_and_keywords_of_the_name_stay() -> None:
    theirs = BASE.replace(b"return x * n", b"return x.n * h(n=n)")
    given = renamed(PYTHON, (BASE, OURS, theirs))
    assert given is not None
    assert b"return x.n * h(n=count)" in given[2]


def test_go_is_read_the_same_way() -> None:
    base = b"package a\n\nfunc f(n int) int {\n\tx := n + 1\n\treturn x * n\n}\n"
    ours = base.replace(b"n int", b"count int").replace(b"n + 1", b"count + 1").replace(b"x * n", b"x * count")
    theirs = base.replace(b"\treturn", b"\tif x > n {\n\t\treturn n\n\t}\n\treturn")
    merged = merge_file("a.go", base, ours, theirs, line_merge=line_merge)
    assert merged.merged() == ours.replace(b"\treturn", b"\tif x > count {\n\t\treturn count\n\t}\n\treturn")
