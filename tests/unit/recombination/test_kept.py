from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.recombination.kept import kept
from forkmerge.recombination.lines import pieces

LINES = st.lists(
    st.sampled_from([b"a = 1\n", b"b(c)\n", b"return x\n", b"\n", b"if a:\n", b"    pass\n"]), max_size=8
).map(b"".join)

BASE = b"def f(a):\n    x = 1\n    return x\n\ndef g(b):\n    y = 2\n    return y\n"
OURS = BASE.replace(b"x = 1", b"x = compute(a)")
THEIRS = BASE.replace(b"y = 2", b"y = other(b, 3)")
BOTH = OURS.replace(b"y = 2", b"y = other(b, 3)")


def test_kept_of_clean_independent_merge_is_everything() -> None:
    k = kept(BASE, OURS, THEIRS, BOTH)
    assert (k.share_ours, k.share_theirs) == (1.0, 1.0)
    assert k.ours_total == len([b"compute", b"(", b"a", b")"]) + 1


def test_kept_of_one_side_wholesale_loses_the_other() -> None:
    k = kept(BASE, OURS, THEIRS, OURS)
    assert k.share_ours == 1.0
    assert k.share_theirs == 0.0


def test_kept_of_half_an_edit_is_between() -> None:
    ours = BASE.replace(b"x = 1", b"x = 5").replace(b"y = 2", b"y = 7")
    k = kept(BASE, ours, BASE, BASE.replace(b"x = 1", b"x = 5"))
    assert (k.ours, k.ours_total) == (2, 4)
    assert k.share_theirs == 1.0


def test_kept_counts_an_insertion_that_was_moved_elsewhere() -> None:
    ours = BASE + b"\ndef helper(z):\n    return z * 2\n"
    moved = b"def helper(z):\n    return z * 2\n\n" + THEIRS
    k = kept(BASE, ours, THEIRS, moved)
    assert (k.share_ours, k.share_theirs) == (1.0, 1.0)


def test_kept_of_a_side_that_moves_a_function_while_the_other_edits_it() -> None:
    f, g = BASE[: BASE.index(b"\ndef g")], BASE[BASE.index(b"def g") :]
    ours = g + b"\n" + f
    theirs = BASE.replace(b"return x", b"return x + 1")
    result = ours.replace(b"return x", b"return x + 1")
    assert kept(BASE, ours, theirs, result).share_theirs == 1.0
    assert kept(BASE, ours, theirs, ours).share_theirs < 1.0


def test_kept_sees_edits_of_both_sides_inside_one_line() -> None:
    k = kept(b"f(a)\n", b"f(a, b)\n", b"g(a)\n", b"g(a, b)\n")
    assert (k.share_ours, k.share_theirs) == (1.0, 1.0)
    assert kept(b"f(a)\n", b"f(a, b)\n", b"g(a)\n", b"f(a)\n").share_ours == 0.0


def test_kept_does_not_credit_the_base_for_tokens_that_another_side_brings() -> None:
    k = kept(b"bar(self)\n", b"bar(self)\nfoo(self)\n", b"", b"bar(self)\n")
    assert k.ours == 0


def test_kept_of_reordering_alone_is_all_or_nothing() -> None:
    k = kept(b"a = 1\nb = 2\n", b"  a = 1\nb = 2\n", b"a = 1\nb = 2\n", b"  a = 1\nb = 2\n")
    assert (k.ours, k.ours_total, k.theirs_total) == (1, 1, 0)


@given(LINES, LINES, LINES)
def test_kept_of_a_side_keeps_all_of_its_own_edit(base: bytes, ours: bytes, theirs: bytes) -> None:
    assert kept(base, ours, theirs, ours).share_ours == 1.0
    assert kept(base, ours, theirs, theirs).share_theirs == 1.0
    nothing = kept(base, ours, theirs, base)
    assert (nothing.ours, nothing.theirs) == (0, 0)
    swapped = kept(base, theirs, ours, ours)
    straight = kept(base, ours, theirs, ours)
    assert (straight.ours, straight.theirs) == (swapped.theirs, swapped.ours)


@given(LINES, LINES, LINES)
def test_pieces_tile_the_versions(base: bytes, ours: bytes, theirs: bytes) -> None:
    cut = pieces(base, ours, theirs)
    for side, whole in (("base", base), ("ours", ours), ("theirs", theirs)):
        assert b"".join(getattr(p, side) for p in cut) == whole


def test_pieces_separate_edits_that_only_touch() -> None:
    cut = [p for p in pieces(b"a\nb\nc\n", b"A\nb\nc\n", b"a\nB\nc\n") if not p.stable]
    assert [(p.base, p.ours, p.theirs) for p in cut] == [(b"a\n", b"A\n", b"a\n"), (b"b\n", b"b\n", b"B\n")]
