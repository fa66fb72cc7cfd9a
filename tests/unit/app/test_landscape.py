"""Which static clauses no test can prove wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.app.landscape import certain, landscape
from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.recombination.values import LocusMap

NEW = b"\n\ndef url(x):\n    return text_(x)\n"


def merged(imports: bytes, left: bytes = b"") -> LocusMap:
    """Return the loci of a merge in which ours uses a name whose import theirs replaces by ``left``."""
    kept = b"\n\ndef f():\n    return 1\n"
    return loci(tree_merge(text_merge(yours(imports, left), kept, mine(b"", NEW))), profile_for=for_path)


def test_a_name_that_the_plain_merge_binds_nowhere_is_certain_to_be_missing() -> None:
    found = merged(b"from .compat import text_\n")
    (clause,) = certain(found, default(found))
    assert clause.name == "text_"
    view = landscape(found, (), frozenset({"ours:t::x"}))
    assert not view.seen(clause), "tests that pass without it say nothing of it"


def test_a_name_that_may_come_from_elsewhere_is_not() -> None:
    for left in (b"from .compat import *\n", b"text_ = str\n"):
        found = merged(b"from .compat import text_\n", left)
        assert not certain(found, default(found))
