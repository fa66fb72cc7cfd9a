from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

LOST = [
    pytest.param("a.py", "return f(x)", "return g(x)", "return f(x, y)", id="another function"),
    pytest.param("a.py", "return f(x.y().z)", "return g(x.y().z)", "return f(x.y().z, more=1)", id="words far apart"),
    pytest.param("a.py", "t = c.utc()", "t = app.now()", "t = c.now(zone)", id="two other functions"),
    pytest.param("a.js", "go(f(x, 1));", "go(g(x, 1));", "go(f(x, y, 1));", id="inside of another call"),
    pytest.param("a.js", "shelf.open();", "shelf.take();", "shelf.lock.open();", id="of a part of it"),
    pytest.param("a.py", "use(shelf.size + 1)", "use(shelf.width + 1)", "use(shelf.board.size + 1)", id="attribute"),
]
KEPT = [
    pytest.param("a.js", "shelf.open();", "shelf.take();", "rack.open();", "rack.take();", id="another owner"),
    pytest.param("a.js", "shelf.open(x);", "shelf.lock.open(x);", "shelf.open(y);", "shelf.lock.open(y);", id="a part"),
    pytest.param("a.py", "return f(x)", "return m.f(x)", "return f(x, y)", "return m.f(x, y)", id="the same name"),
    pytest.param(
        "a.py", "return g(f(x))", "return h(f(x))", "return g(f(x, y))", "return h(f(x, y))", id="another call"
    ),
]


@pytest.mark.parametrize(("path", "base", "ours", "theirs"), LOST)
def test_an_argument_is_not_given_to_another_function(path: str, base: str, ours: str, theirs: str) -> None:
    three = [f"f(0);\nc.utc();\n{x}\n".encode() for x in (base, ours, theirs)]
    for one, other in ((1, 2), (2, 1)):
        assert not merge_file(path, three[0], three[one], three[other], line_merge=line_merge).clean


@pytest.mark.parametrize(("path", "base", "ours", "theirs", "merged"), KEPT)
def test_an_argument_follows_the_function(path: str, base: str, ours: str, theirs: str, merged: str) -> None:
    three = [f"f(0);\nc.utc();\n{x}\n".encode() for x in (base, ours, theirs)]
    for one, other in ((1, 2), (2, 1)):
        found = merge_file(path, three[0], three[one], three[other], line_merge=line_merge)
        assert (found.merged() or b"").decode() == f"f(0);\nc.utc();\n{merged}\n"
