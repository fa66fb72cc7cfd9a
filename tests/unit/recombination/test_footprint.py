"""Which places touch a locus: the body of one function, imports, or the file as it is read."""

from __future__ import annotations

import pytest
from unit.recombination.merges import conflict, mine, text_merge, tree_merge, yours

from forkmerge.model.hunk import Alternative, Hunk
from forkmerge.model.reach import EVERYTHING, IMPORTED, SOUGHT, WHOLE
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge
from forkmerge.recombination.footprint import Footprints, footprints
from forkmerge.recombination.loci import loci

PATH = "pkg/mod.py"


def places(*segments, path: str = PATH) -> frozenset[tuple[str, str]]:
    """The footprint of the one locus of a file, without what every footprint has."""
    (found,) = footprints(loci(tree_merge(text_merge(*segments, path=path))))
    assert {EVERYTHING, (path, WHOLE)} <= found
    return found - {EVERYTHING, (path, WHOLE)}


@pytest.mark.parametrize(
    ("before", "hunk", "after", "word"),
    [
        (b"def f(x):\n    a = 1\n", mine(b"    b = 2\n", b"    b = 3\n"), b"    return x\n", "f"),
        (b"def f(x):\n", yours(b"", b"    x += 1\n"), b"    return x\n", "f"),
        (b"def f(x):\n    x = 1\n", mine(b"", b"    return x\n"), b"def g():\n    pass\n", "f"),
        (b"class A:\n    def m(self):\n        x = 1\n", mine(b"        y = 1\n", b""), b"        return x\n", "A.m"),
        (b"def f():\n    def g():\n", mine(b"        return 1\n", b"        return 2\n"), b"    return g\n", "f.g"),
        (b"def f():\n    x = 1\n", mine(b"    def g():\n        return 1\n", b""), b"    return x\n", "f"),
        (b"@deco\n", mine(b"def f(x):\n", b"def f(x, y=1):\n"), b"    return x\n", IMPORTED),
        (b"", mine(b"@one\n", b"@two\n"), b"def f():\n    return 1\n", IMPORTED),
        (b"def f():\n", mine(b'    """Old."""\n', b'    """New."""\n'), b"    return 1\n", IMPORTED),
        (b"def f():\n", mine(b"", b'    """New."""\n'), b"    return 1\n", IMPORTED),
        (b"import a\n", mine(b"", b"import b\n"), b"", IMPORTED),
        (b"x = 1\n", yours(b"", b"def g():\n    return 1\n"), b"", IMPORTED),
        (b"class A:\n", mine(b"    x = 1\n", b"    x = 2\n"), b"    y = 1\n", IMPORTED),
        (b"def f():\n", mine(b"    return 1\n", b"    yield 1\n"), b"", IMPORTED),
        (b"def f():\n    x = 1\n", mine(b"    return 1\n", b"    return 2\n\n\ny = 1\n"), b"", IMPORTED),
        (b"def f():\n    x = 1\n", mine(b"    return 1\n", b"    return (\n"), b"", IMPORTED),
        (b"f = [\n    lambda: 1,\n", mine(b"    lambda: 2,\n", b"    lambda: 3,\n"), b"]\n", IMPORTED),
    ],
)
def test_only_what_lies_in_one_body_is_touched_by_running_that_function(before, hunk: Hunk, after, word) -> None:
    assert places(before, hunk, after) == {(PATH, word)}


def test_comments_and_blank_lines_are_touched_by_reading_alone() -> None:
    assert places(b"x = 1\n", mine(b"# one\n\n", b"# two\n"), b"y = 1\n") == frozenset()
    assert places(b"x = '''\n", mine(b"# one\n", b"# two\n"), b"'''\n") == {(PATH, IMPORTED)}


def test_every_allele_counts() -> None:
    hunk = conflict(b"    return 1\n", b"    return 2\n", b"    return 3\n", Alternative("r", b"    return 5\n"))
    assert places(b"def f():\n", hunk, b"") == {(PATH, "f")}
    hunk = conflict(b"    return 1\n", b"    return 2\n", b"    return 3\n", Alternative("r", b"    return 5\nz = 1\n"))
    assert places(b"def f():\n", hunk, b"") == {(PATH, IMPORTED)}


def test_other_files_are_touched_by_reading() -> None:
    assert places(b"a\n", mine(b"b\n", b"c\n"), path="docs/notes.md") == frozenset()


def test_what_pytest_reads_touches_every_test_where_it_differs() -> None:
    section, version = b"[tool.pytest.ini_options]\n", b"[project]\n"
    (found,) = footprints(
        loci(tree_merge(text_merge(version, mine(b"a = 1\n", b"a = 2\n"), section, b"b = 1\n", path="pyproject.toml")))
    )
    assert ("pyproject.toml", WHOLE) in found
    (found,) = footprints(
        loci(tree_merge(text_merge(version, section, mine(b"a = 1\n", b"a = 2\n"), path="pyproject.toml")))
    )
    assert found == frozenset()


def test_whether_a_file_is_there_shows_in_its_folder_and_its_name() -> None:
    added = PathMerge("pkg/new.py", None, None, Entry(REGULAR, "1"), Entry(REGULAR, "1"))
    (found,) = footprints(loci(tree_merge(added)))
    assert {("pkg/", WHOLE), ("new", SOUGHT), ("pkg/new.py", IMPORTED), ("pkg/new.py", WHOLE)} <= found


def test_footprints_of_unchanged_files_are_not_worked_out_again() -> None:
    found = loci(tree_merge(text_merge(b"def f():\n", mine(b"    return 1\n", b"    return 2\n"))))
    feet = Footprints()
    assert feet.of(found)[0] is feet.of(found)[0]
    assert feet.of(found, without=frozenset({0})) == (frozenset(),)
