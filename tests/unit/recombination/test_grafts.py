"""Edits of one side made in the other side's text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from unit.recombination.merges import conflict

from forkmerge.recombination.alleles import allele_set
from forkmerge.recombination.grafts import grafts, renamed

BASE = b"""\
def pattern(relative):
    return re.compile(r''.join((
        r'^', r'(' if relative else r'',
        r'[/?]$',
    )), re.IGNORECASE)
"""
LAID_OUT = b"""\
def pattern(relative: bool):
    return re.compile(
        r"".join(
            (
                r"^",
                r"(" if relative else r"",
                r"[/?]$",
            )
        ),
        re.IGNORECASE,
    )
"""


def best(base: bytes, onto: bytes, side: bytes) -> bytes:
    return grafts(base, onto, side, names=renamed(base, onto))[0].content


def test_a_word_is_changed_in_a_text_that_was_laid_out_anew() -> None:
    found = grafts(BASE, LAID_OUT, BASE.replace(b"$'", b"\\Z'"))
    assert [g.content for g in found] == [LAID_OUT.replace(b'$"', b'\\Z"')]


def test_that_text_is_where_the_search_begins() -> None:
    made = allele_set((conflict(BASE, LAID_OUT, BASE.replace(b"$'", b"\\Z'")),))
    chosen = made.alleles[made.default]
    assert chosen.contents == (LAID_OUT.replace(b'$"', b'\\Z"'),)
    assert chosen.chimeric
    assert not chosen.new_code


def test_a_line_is_put_before_a_statement_that_was_written_again() -> None:
    base = b"    if self.many and listed(x):\n        x = list(x)\n    ret = dump(x, many=self.many)\n    return ret\n"
    side = b"    many = schema.many or self.many\n" + base.replace(b"if self.many", b"if many").replace(
        b"=self.many", b"=many"
    )
    onto = b"    return dump(x, many=self.many or many)\n"
    found = [g.content for g in grafts(base, onto, side)]
    assert b"    many = schema.many or self.many\n    return dump(x, many=self.many or many)\n" in found
    assert found[0] == b"    many = schema.many or self.many\n    return dump(x, many=many or many)\n"


def test_words_that_are_brought_in_follow_a_new_name() -> None:
    base = b"    return strptime(datestring[:19], 'datestring')\n"
    onto = b"    return strptime(timestring[:19], 'datestring')\n"
    side = b"    if '.' in datestring:\n        return long(datestring, 'datestring', x.datestring)\n" + base
    assert renamed(base, onto) == {}, "the name stands in a text still"
    base, onto = base.replace(b"'datestring'", b"'f'"), onto.replace(b"'datestring'", b"'f'")
    side = b"    if '.' in datestring:\n        return long(datestring, 'datestring', x.datestring)\n" + base
    assert renamed(base, onto) == {b"datestring": b"timestring"}
    (graft,) = grafts(base, onto, side, names=renamed(base, onto))
    assert graft.adapted
    assert graft.content == (
        b"    if '.' in timestring:\n        return long(timestring, 'datestring', x.datestring)\n" + onto
    )
    assert graft.plain == side[: -len(base)] + onto


def test_an_allele_that_follows_a_new_name_is_marked_and_goes_first() -> None:
    head = conflict(b"def f(old):\n", b"def f(fresh):\n", b"def f(old, limit):\n")
    body = conflict(b"    return g(old)\n", b"    return h(fresh)\n", b"    check(old)\n    return g(old)\n")
    made = allele_set((head, body))
    chosen = made.alleles[made.default]
    assert chosen.contents[1] == b"    check(fresh)\n    return h(fresh)\n"
    assert chosen.new_code


def test_a_name_that_became_two_or_was_there_is_no_new_name() -> None:
    assert renamed(b"f(old)\ng(old)\n", b"f(one)\ng(two)\n") == {}
    assert renamed(b"f(old, other)\n", b"f(other, other)\n") == {}
    assert renamed(b"f(old)\n", b"f(old)\n") == {}


def test_an_edit_of_words_that_are_gone_is_left_out() -> None:
    base = b"a = one(1)\nb = two(2)\nc = three(3)\n"
    side = b"a = one(11)\nb = two(22)\nc = three(3)\n"
    onto = b"a = one(1) if x else 0\nc = three(3)\n"
    assert best(base, onto, side) == b"a = one(11) if x else 0\nc = three(3)\n"


def test_nothing_is_made_where_hardly_anything_fits() -> None:
    base = b"a = one(1)\nb = two(2)\nc = three(3)\nd = four(4)\n"
    side = b"a = one(1, x)\nb = zwei(zwo, 2, 2, 2)\nc = drei(drei, 3, 3, 3)\nd = vier(vier, 4, 4, 4)\n"
    assert grafts(base, b"a = one(1)\nreturn a\n", side) == ()


def test_indentation_follows_where_the_line_went() -> None:
    base = b"    x = 1\n    y = 2\n"
    onto = b"    if flag:\n        x = 1\n        y = 2\n"
    side = b"    x = 1\n    log(x)\n    y = 2\n"
    assert b"\n        x = 1\n        log(x)\n        y = 2\n" in best(base, onto, side)


def test_deleted_words_leave_words_apart() -> None:
    assert best(b"return not self.many\n", b"return not self.many  # new\n", b"return not many\n") == (
        b"return not many  # new\n"
    )
    assert best(b"x = await f(a, b)\n", b"x = await f(a,\n    b, c)\n", b"x = f(a, b)\n") == b"x = f(a,\n    b, c)\n"


LINES = st.lists(
    st.sampled_from([b"a = f(1)\n", b"b = g(a, 2)\n", b"\n", b"    return b\n", b"if a: b()\n"]), max_size=6
)


def test_what_begins_a_line_is_not_put_in_the_midst_of_one() -> None:
    (graft,) = grafts(b"a = f(1)\n", b"if a: b()\n", b"b = g(a, 2)\n" * 2)
    assert graft.content == b"if a: b()\nb = g(a, 2)\n"


def test_no_two_words_become_one() -> None:
    base = [b"    return b\n", b"b = g(a, 2)\n", b"if a: b()\n"]
    side = [b"b = g(a, 2)\n\n    return b\n\n", b"a = f(1)\n", b"a = f(1)\n"]
    for graft in grafts(b"".join(base), b"a = f(1)\n\n", b"".join(side)):
        assert b"11" not in graft.content


@example([b"a = f(1)\n"], [b"if a: b()\n"], [b"b = g(a, 2)\n"] * 2)
@given(LINES, LINES, LINES)
def test_a_graft_holds_what_the_text_brought_in(base: list[bytes], onto: list[bytes], side: list[bytes]) -> None:
    texts = [b"".join(x) for x in (base, onto, side)]
    for graft in grafts(*texts):
        assert graft.content != texts[1]
        fresh = [line for line in onto if line.strip() and line not in base]
        for line in fresh:
            assert line.strip() in graft.content


def test_lines_that_were_put_deeper_are_put_deeper_where_they_stand_now() -> None:
    base = b"for c in text:\n    if wide(c):\n        put(c)\n    elif spans:\n        join(c)\n        count(c)\n"
    onto = b"for g in split(text):\n    if g or spans:\n        if wide(g):\n            put(g)\n"
    onto += b"        elif spans:\n            join(c)\n            count(c)\n"
    side = b"for c in text:\n    if wide(c):\n        put(c)\n    else:\n        # nothing\n        if spans:\n"
    side += b"            join(c)\n            count(c)\n        else:\n            begin(c)\n"
    wanted = b"        else:\n            # nothing\n            if spans:\n"
    wanted += b"                join(c)\n                count(c)\n"
    wanted += b"            else:\n                begin(c)\n"
    found = best(base, onto, side)
    assert found.endswith(wanted), found.decode()
    assert found.startswith(b"for g in split(text):\n    if g or spans:\n        if wide(g):\n            put(g)\n")


def test_a_name_in_a_stretch_that_was_written_anew_is_no_new_name() -> None:
    assert renamed(b"while index < count:\n    step(index)\n", b"for grapheme in split(text):\n    go(width)\n") == {}


def test_two_additions_at_one_place_of_a_line_are_no_graft() -> None:
    base = b"def label(name):\n    return name\n\n\ndef more():\n    return 1\n"
    ours, theirs = (
        base.replace(b"return name", b'return name + "!"'),
        base.replace(b"return name", b'return name + "?"'),
    )
    assert grafts(base, ours, theirs) == grafts(base, theirs, ours) == ()
    before = base.replace(b"return name", b'return "Hello, " + name')
    assert [g.content for g in grafts(base, ours, before)] == [
        base.replace(b"return name", b'return "Hello, " + name + "!"')
    ]
    below = base.replace(b"return name\n", b"return name\n    print(name)\n")
    assert [g.content for g in grafts(base, below, ours)] == [ours.replace(b'"!"\n', b'"!"\n    print(name)\n')]


def test_blanks_inside_a_string_are_those_of_the_side_that_wrote_it() -> None:
    base = b'def label(name, amount):\n    return name + ": " + str(amount)\n'
    ours = base.replace(b"amount):", b'amount, currency=""):').replace(b"str(amount)", b"str(amount) + currency")
    theirs = b'def label(name, amount):\n    return f"{name}: {amount}"\n'
    wanted = b'def label(name, amount, currency=""):\n    return f"{name}: {amount}" + currency\n'
    assert best(base, ours, theirs) == wanted


def test_blanks_of_code_stay_as_they_stand() -> None:
    texts = b'f( a,b, "x y")\n', b'f( a,b, "x y", c)\n', b'g( a,b, "x y")\n'
    assert best(*texts) == b'g( a,b, "x y", c)\n'
