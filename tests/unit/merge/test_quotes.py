from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

BASE = b"""a = 'one';
b = 'two';
c = f('three', 'four');
d = 'five';
"""


def _merged(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    one, other = (merge_file(path, base, *sides, line_merge=line_merge) for sides in ((ours, theirs), (theirs, ours)))
    assert one.merged() == other.merged()
    return one.merged()


def _turned(text: bytes) -> bytes:
    return text.replace(b"'", b'"')


@pytest.mark.parametrize(
    ("edited", "merged"),
    [
        pytest.param(b"f('three', 'six')", b'f("three", "six")', id="a string"),
        pytest.param(b"f('three', 'say \"six\"')", b'f("three", \'say "six"\')', id="with other quotes in it"),
        pytest.param(b"f('three', `${'six'}`)", b"f(\"three\", `${'six'}`)", id="in another string"),
    ],
)
def test_a_string_put_in_gets_the_quotes_that_the_other_side_gave_the_file(edited: bytes, merged: bytes) -> None:
    old = b"f('three', 'four')"
    assert _merged("x.js", BASE, _turned(BASE), BASE.replace(old, edited)) == _turned(BASE).replace(
        _turned(old), merged
    )


def test_quotes_stay_where_no_side_changed_them_all() -> None:
    ours = BASE.replace(b"f('three', 'four')", b"f(\"three\", 'four')")
    theirs = BASE.replace(b"f('three', 'four')", b"f('three', 'six')")
    assert _merged("x.js", BASE, ours, theirs) == BASE.replace(b"f('three', 'four')", b"f(\"three\", 'six')")


def test_attributes_of_markup_have_quotes_of_their_own() -> None:
    base = b'a = "1";\nb = "2";\nc = "3";\nx = [<Tide name="low" at={f("4")}/>, "5"];\n'
    ours = b"a = '1';\nb = '2';\nc = '3';\nx = [<Tide name=\"low\" at={f('4')}/>, '5'];\n"
    theirs = base.replace(b'name="low"', b'name="high"')
    assert _merged("x.jsx", base, ours, theirs) == ours.replace(b'name="low"', b'name="high"')
