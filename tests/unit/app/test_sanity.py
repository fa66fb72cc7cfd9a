"""Alleles made of both sides that no program of either side looks like are taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.recombination.merges import conflict, mine, text_merge, tree_merge

from forkmerge.app.sanity import sane
from forkmerge.recombination.loci import loci
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.recombination.values import Locus


def only(*segments: object) -> tuple[Locus, Locus]:
    """Return the locus of a function before and after."""
    before = loci(tree_merge(text_merge(*segments)), profile_for=for_path)  # type: ignore[arg-type]
    (one,), (other,) = before.loci, sane(before).loci
    return one, other


def test_a_variable_that_nothing_sets_any_more_is_read_in_no_allele() -> None:
    was, now = only(
        b"def dump(x):\n",
        mine(b"    errors = {}\n", b""),
        b"    y = make(x)\n",
        conflict(
            b"    if not errors:\n        put(y)\n    errors = check(y)\n    return errors\n",
            b"    put(y)\n    return y\n",
            b"    if not errors:\n        put(y, 2)\n    errors = check(y)\n    return errors\n",
        ),
    )
    assert any(not a.contents[0] and b"not errors" in a.contents[1] for a in was.alleles)  # type: ignore[operator]
    assert not any(not a.contents[0] and b"not errors" in a.contents[1] for a in now.alleles)  # type: ignore[operator]
    assert {now.alleles[i].origin for i in (now.base, now.ours, now.theirs)} == {"base", "ours", "theirs"}


def test_what_a_module_sets_may_be_read() -> None:
    was, now = only(
        b"errors = {}\n\n\ndef dump(x):\n",
        mine(b"    y = 1\n", b"    y = 2\n"),
        b"    put(y)\n",
        conflict(b"    a(errors)\n    b()\n", b"    a(errors, 1)\n    b()\n", b"    a(errors)\n    b(1)\n"),
    )
    assert now == was


def test_lines_at_a_wrong_depth_are_no_allele() -> None:
    was, now = only(
        b"def f(x):\n",
        conflict(
            b"    if x:\n        a()\n    b()\n",
            b"    if x:\n        if y:\n            a()\n    b()\n",
            b"    a()\n    b(1)\n",
        ),
    )
    texts = [b"".join(c for c in a.contents if isinstance(c, bytes)) for a in now.alleles]
    for text in texts:
        compile(b"def f(x):\n" + text, "f.py", "exec")
    assert len(now.alleles) <= len(was.alleles)


def test_alleles_are_not_blamed_for_what_another_place_has_by_default() -> None:
    """The default of ``g`` is a mixture that does not parse; those of ``f`` are judged without it."""
    f = conflict(b"    a()\n    b()\n    c()\n", b"    a(1)\n    b()\n    c()\n", b"    a()\n    b()\n    c(2)\n")
    g = conflict(
        b"    if x:\n        a()\n    b()\n",
        b"    if x:\n        if y:\n            a()\n    b()\n",
        b"    a()\n    b(1)\n",
    )
    for hunks in ((b"def f():\n", f, b"\n\ndef g(x):\n", g), (b"def g(x):\n", g, b"\n\ndef f():\n", f)):
        now = sane(loci(tree_merge(text_merge(*hunks)), profile_for=for_path))
        (one,) = (locus for locus in now.loci if locus.unit == "f")
        assert one.alleles[one.default].contents == (b"    a(1)\n    b()\n    c(2)\n",)


def test_a_parameter_that_both_sides_added_does_not_stand_twice() -> None:
    was, now = only(
        conflict(
            b"def get(name, after=None):\n    return name, after\n",
            b"def get(name, after=None, default=None):\n    return name or default, after\n",
            b"def get(name, default=None, after=None):\n    return name, after, default\n",
        )
    )
    twice = b"(name, default=None, after=None, default=None)"
    assert any(isinstance(c, bytes) and twice in c for a in was.alleles for c in a.contents)
    assert not any(isinstance(c, bytes) and twice in c for a in now.alleles for c in a.contents)
    assert len(now.alleles) > 3
