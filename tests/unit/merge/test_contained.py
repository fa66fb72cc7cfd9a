from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.contained import larger
from forkmerge.merge.file import merge_file
from forkmerge.merge.pieces import Conflict
from forkmerge.merge.rules import ALL, CONTAINED, Allowed

HELD = [
    pytest.param(b"f(a)\n", b"return f(name=a)\n", b"f(name=a)\n", id="in one piece"),
    pytest.param(b"", b"import a\nimport b\n", b"import a\n", id="an addition"),
    pytest.param(b"", b"/**\n * Waters.\n *\n * All.\n */\n", b"/**\n * Waters.\n */\n", id="its lines in order"),
    pytest.param(b"a = 1\n", b"if ready:\n    first(a)\n    last(a)\n", b"first(a)\nlast(a)\n", id="all deeper"),
    pytest.param(b"", b"# all\n# of it\n#include <a.h>\n", b"# all\n#include <a.h>\n", id="comments and directives"),
    pytest.param(b"old(x)\nold(y)\n", b"new(x)\n", b"new(x)\nold(y)\n", id="and took away"),
]
OPEN = [
    pytest.param(b"x\n", b"y\n", b"z\n", id="two changes"),
    pytest.param(b'v = "1.0"\n', b'v = "2.0.dev"\n', b'v = "1.1.dev"\n', id="numbers"),
    pytest.param(b"use: cache@v2\n", b"use: cache@v3.2.2\n", b"use: cache@v3\n", id="a longer number"),
    pytest.param(b"f(a)\ng(b)\n", b"f(a, c)\n", b"g(b)\n", id="taken away here, changed there"),
    pytest.param(b"", b"if a:\n    f()\ng()\n", b"if a:\n    f()\n    g()\n", id="layout alone"),
    pytest.param(b"", b"if a:\n    f()\ng()\nh(i)\n", b"if a:\n    f()\n    g()\n", id="other nesting"),
    pytest.param(b"a\n", b"a + b\n", b"a +\n", id="no word in it"),
    pytest.param(
        b'shelf = tray.Shelf("rye")\n',
        b"shelf.Put([]byte(name(i)), loaf)\n",
        b'shelf = tray.Shelf([]byte("rye"))\n',
        id="words found by chance where the place is gone",
    ),
    pytest.param(b"of this\n", b"of river-core\n", b"of river\n", id="part of a longer name"),
    pytest.param(
        b"at <http://a.example/rye>\n",
        b"at <https://rye.example/all/>\n",
        b"at <https://rye.example/>\n",
        id="part of a longer address",
    ),
    pytest.param(b't("a", ["b"])\n', b't("a", ["b", "c""])\n', b't("a", ["b", "c"])\n', id="a quote too many"),
    pytest.param(b"f(a)\n", b"f(a, b))\n", b"f(a, b)\n", id="a bracket too many"),
    pytest.param(b"", b"#  only at night\n#  if: dark\n", b"if: dark\n", id="as a comment"),
    pytest.param(b"", b"// first(a);\nlast(a);\n", b"first(a);\n", id="as a comment of another language"),
]


@pytest.mark.parametrize(("base", "large", "small"), HELD)
def test_the_side_that_holds_the_other_stands_whichever_side_it_is(base: bytes, large: bytes, small: bytes) -> None:
    assert larger(Conflict(base, large, small)) == large
    assert larger(Conflict(base, small, large)) == large


def test_of_data_that_both_put_in_a_line_between_may_have_come_or_gone() -> None:
    one, more = b"- oats\n- rice\n- wheat\n", b"- oats\n- rice\n- rye\n- wheat\n"
    assert larger(Conflict(b"", one, more), code=False) is None
    assert larger(Conflict(b"", one, more)) == more
    assert larger(Conflict(b"", one, one + b"- rye\n"), code=False) == one + b"- rye\n"


@pytest.mark.parametrize(("base", "ours", "theirs"), OPEN)
def test_what_is_more_than_one_change_stays_in_conflict(base: bytes, ours: bytes, theirs: bytes) -> None:
    assert larger(Conflict(base, ours, theirs)) is None
    assert larger(Conflict(base, theirs, ours)) is None


@pytest.mark.parametrize(("path", "mark"), [("CHANGES", b""), ("notes.rst", b""), ("a.yaml", b"- ")])
def test_texts_and_data_are_asked_too(path: str, mark: bytes) -> None:
    base = mark + (b"\n" + mark).join((b"first: one", b"last: two\n"))
    ours = mark + (b"\n" + mark).join((b"first: one", b"middle: of_the_road", b"last: two\n"))
    theirs = mark + (b"\n" + mark).join((b"first: one", b"middle: of_the_road", b"other: side", b"last: two\n"))
    found = merge_file(path, base, ours, theirs, line_merge=line_merge)
    assert (found.merged(), {h.rule for h in found.hunks if h.rule}) == (theirs, {CONTAINED})
    without = merge_file(path, base, ours, theirs, line_merge=line_merge, allowed=Allowed(ALL - {CONTAINED}))
    assert not without.clean
