"""Which edits of a side go together: renames with their users, imports with what they bring, files with their names."""

from __future__ import annotations

from forkmerge.app.check_ties import Edit, Names, left_alone, names_of, together
from forkmerge.recombination.values import Allele, Locus, Placement


def locus(base: object, ours: object, *, kind: str = "function", unit: str = "f") -> Locus:
    """Return a locus that ours alone changed."""
    alleles = tuple(Allele(o, (c,), 1, 1, chimeric=False) for o, c in (("base", base), ("ours", ours)))  # type: ignore[arg-type]
    return Locus(
        id="x", path="m.py", unit=unit, kind=kind, file=0, slots=(0,), alleles=alleles, default=1, base=0, ours=1,
        theirs=0, dormant=True, has_conflict=False,
    )  # fmt: skip


LOCI = {
    0: locus(b"def price(x):\n    return x\n", b"def cost(x):\n    return x\n"),
    1: locus(b"def total(x):\n    return price(x)\n", b"def total(x):\n    return cost(x)\n"),
    2: locus(b"from shop import price\n", b"from shop import cost\n", kind="imports"),
    3: locus(b"def other(x):\n    return 1\n", b"def other(x):\n    return 2\n"),
    4: locus(Placement("pkg/table.py", 0o100644, "0" * 40), None, kind="entry", unit=""),
    5: locus(b"from pkg import table\nA = table.A\n", b"A = 3\n"),
}
EDITS = {n: Edit("ours", n) for n in LOCI}


def names(edit: Edit) -> Names:
    return names_of(LOCI[edit.index], edit.side)


def test_a_renamed_function_goes_with_its_users_and_their_imports() -> None:
    found = together([EDITS[0]], EDITS.values(), names)
    assert found == {EDITS[1], EDITS[2]}


def test_a_user_goes_with_the_definition_that_it_uses_now() -> None:
    assert EDITS[0] in together([EDITS[1]], EDITS.values(), names)
    assert together([EDITS[3]], EDITS.values(), names) == frozenset()


def test_a_definition_that_is_taken_back_takes_its_users_along() -> None:
    rest = [e for n, e in EDITS.items() if n != 0]
    assert left_alone([EDITS[0]], rest, names) == {EDITS[1], EDITS[2]}


def test_a_file_that_is_gone_goes_with_what_named_it() -> None:
    assert together([EDITS[4]], EDITS.values(), names) == {EDITS[5]}
    assert left_alone([EDITS[5]], [EDITS[4], EDITS[3]], names) == {EDITS[4]}


def test_edits_of_the_other_side_are_let_be() -> None:
    assert together([Edit("theirs", 3)], [EDITS[1]], names) == frozenset()
