from __future__ import annotations

import warnings
from _symtable import symtable
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from forkmerge.merge import pyread
from forkmerge.merge.pyread import begun_late, compiles

if TYPE_CHECKING:
    import pytest


def reads(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symtable(source, "<merge>", "exec")
        except (SyntaxError, ValueError):
            return False
    return True


LINES = (
    *(b"import a\n", b"import b, c\n", b"from d import e\n", b"from __future__ import annotations\n", b"import z"),
    *(b"from . import *\n", b"x = 1 + \\\n", b"if x: \\\n", b"'''\n", b"(\n", b"import a,\n", b"def f():\n", b"\n"),
    *(b"import a # b\n", b"import a\r\n", b"@x\n", b"import x y\n", b"import f.g as h\n", b"    pass\n"),
)


@example([b"import a\n", b"import a\n", b"import a # b\n"])
@given(st.lists(st.sampled_from(LINES), max_size=7))
def test_python_reads_a_text_whatever_the_order_of_its_imports(lines: list[bytes]) -> None:
    source = b"".join(lines)
    assert compiles(source) == reads(source)


BLOCKS = (
    *(b"def f():\n    return 1\n", b"def g(x=lambda: 1):\n    pass\n\n", b"class A:\n    def m(self): pass\n"),
    *(
        b"async def h():\n    await x\n",
        b"@x\n",
        b"@x(\n1)\n\n",
        b"if x:\n    pass\n",
        b"else:\n    pass\n",
        b"x = 1\n",
    ),
    *(
        b'"""\n',
        b"'''\n",
        b"x = (\n",
        b")\n",
        b"global x\n",
        b"def k():\n    global x\n    x = 1\n",
        b"\\\n",
        b"    y\n",
    ),
    *(
        b"def f():\r    return 1\r",
        b"def c():\r\n    return 1\r\n",
        b"# coding: latin-1\n",
        b'x = "\xe4"\n',
        b"def p():\n",
    ),
    *(b"from __future__ import annotations\n", b"def y(a: (yield) = 1):\n    pass\n", b"def z():\n    nonlocal q\n"),
    *(b'def f""", lambda: 0\n', b'x = """\n', b"def f(\n", b"def f(): \\\n", b"def d(a, a): pass\n"),
)
TEXTS = st.lists(st.sampled_from(BLOCKS), max_size=8)


@settings(max_examples=400, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
@example([BLOCKS[0]] * 4, [BLOCKS[1]], [BLOCKS[2], BLOCKS[1]], [BLOCKS[0]] * 4)
def test_what_was_read_before_changes_no_answer(head: list, one: list, other: list, tail: list) -> None:
    pyread.compiles.cache_clear()
    pyread._compiles.cache_clear()
    pyread._read_before.clear()
    for middle in (one, other, one[::-1], other + one):
        source = b"".join((*head, *middle, *tail))
        assert compiles(source) == reads(source)


def test_only_the_definitions_that_differ_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    table = pyread._table
    monkeypatch.setattr(pyread, "_table", lambda source: asked.append(source) or table(source))
    around = [b'def f%d():\n    """Say it."""\n    return %d\n\n\n' % (n, n) for n in range(20)]
    one, other = b"def one():\n    return 1\n\n\n", b"def other():\n    return 2\n\n\n"
    first = b"".join((*around[:10], one, other, *around[10:]))
    second = b"".join((*around[:10], other, one, *around[10:]))
    assert compiles(first)
    assert compiles(second)
    assert asked == [first, other + one]
    assert not compiles(second.replace(b"return 2", b"return 2 2"))


def test_what_has_to_come_first_comes_first() -> None:
    future = b"from __future__ import (annotations,\n                        division)\n"
    assert not begun_late(b'"""\nimport a\n"""\n# b\n' + future + b"import a\n")
    assert begun_late(b"import a\n\n" + future)
    assert begun_late(b"x = 1\n" + future)
    assert not begun_late(b"import a\nx = (\n" + future)  # something else is wrong with it
