"""An import that one side took away can come back beside what the other side put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import text
from forkmerge.search.landscape import landscape_of
from forkmerge.search.optimum import optimum
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.model.hunk import Hunk
    from forkmerge.recombination.values import LocusMap

KEPT = b"import sys\n"
OTHER = b"\n\ndef f():\n    return sys\n"


def merged(gone: Hunk, *, around: tuple[bytes, bytes] = (b"", b""), elsewhere: bytes = b"") -> LocusMap:
    """Return the loci of a file in which ours uses ``path`` anew and adds an import, and theirs takes one away."""
    use = mine(b"", b"\n\ndef url(x):\n    return path.join(x)\n")
    file = text_merge(mine(b"", b"import re\n"), KEPT + around[0], gone, around[1] + OTHER, use)
    more = (text_merge(elsewhere, mine(b"", b"x = 1\n"), path="pkg/other.py"),) if elsewhere else ()
    return loci(tree_merge(file, *more), profile_for=for_path)


def best(found: LocusMap) -> bytes:
    """Return the file under the best genome that breaks no clause."""
    view = landscape_of(found)
    answer = optimum(view, view.clauses)
    assert answer is not None
    return text(found, answer.genome, 0)


def test_an_import_comes_back_where_the_other_side_uses_it_anew() -> None:
    found = merged(yours(b"from os import path\n", b"from os import sep\n"))
    assert b"from os import path" not in text(found, default(found), 0)
    lines = best(found).splitlines()
    assert {b"import re", b"import sys", b"from os import path", b"from os import sep"} <= set(lines)
    assert b"    return path.join(x)" in lines


def test_a_name_that_another_file_has_all_along_is_no_less_missing() -> None:
    found = merged(yours(b"from os import path\n", b"from os import sep\n"), elsewhere=b"from os import path\n")
    assert any(clause.name == "path" for clause in found.clauses)
    assert b"from os import path" in best(found)


def test_a_line_within_a_statement_does_not_come_back() -> None:
    found = merged(yours(b"    path,\n", b"    sep,\n"), around=(b"from os import (\n", b")\n"))
    (imports,) = (locus for locus in found.loci if locus.kind == "imports")
    assert {a.origin for a in imports.alleles} == {"base", "ours", "theirs", "merged"}
