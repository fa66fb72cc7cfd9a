"""The gates on what structure put together."""

from __future__ import annotations

import pytest

from forkmerge.merge.seams import objections
from forkmerge.syntax.profiles import for_path


def kinds(path: str, base: str, ours: str, theirs: str, result: str) -> list[str]:
    profile = for_path(path, b"")
    assert profile is not None
    inputs = [text.encode() for text in (base, ours, theirs)]
    return [found.code for found in objections(profile, path, inputs, result.encode())]


USE = "\n\ndef total():\n    return plain(1)\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "found"),
    [
        ("from a import plain\n", "from b import plain\n", "from a import plain\nfrom b import plain\n", True),
        ("from a import plain\n", "from b import other\n", "from a import plain\nfrom b import other\n", False),
        ("import os\n", "import os.path\n", "import os\nimport os.path\n", False),
        ("import os.path\n", "import os.path\n", "import os.path\nimport os.path\n", True),
        (
            "try:\n    from a import plain\nexcept ImportError:\n    plain = None\n",
            "from b import plain\n",
            "try:\n    from a import plain\nexcept ImportError:\n    plain = None\nfrom b import plain\n",
            True,
        ),
        (
            "try:\n    from a import plain\nexcept ImportError:\n    from c import plain\n",
            "from b import other\n",
            "try:\n    from a import plain\nexcept ImportError:\n    from c import plain\nfrom b import other\n",
            False,
        ),
    ],
    ids=[
        "one name twice",
        "two names",
        "a package and its module",
        "one module twice",
        "one in a branch",
        "two branches",
    ],
)
def test_a_name_that_both_import_is_imported_once(ours: str, theirs: str, result: str, found: bool) -> None:
    assert kinds("a.py", USE, ours + USE, theirs + USE, result + USE) == ["bound-twice"] * found


def test_a_constant_is_declared_once_in_a_scope() -> None:
    base = "function f() {\n  g();\n}\n"
    one = "function f() {\n  const a = h();\n  g();\n}\n"
    other = "function f() {\n  g();\n  const a = h();\n}\n"
    both = "function f() {\n  const a = h();\n  g();\n  const a = h();\n}\n"
    apart = one + other.replace("f()", "k()")
    assert kinds("a.js", base, one, other, both) == ["bound-twice"]
    assert kinds("a.js", base, one, base + other.replace("f()", "k()"), apart) == []


def test_a_name_is_bound_where_it_is_used() -> None:
    base = "def f(a):\n    return g(a)\n"
    ours = "def f(a, b):\n    return g(a, b)\n"
    theirs = "def k(a):\n    a()\n\n\ndef f(a):\n    return g(a, 1)\n"
    result = "def k(a, b):\n    a()\n\n\ndef f(a):\n    return g(a, b, 1)\n"
    assert kinds("a.py", base, ours, theirs, result) == ["dangling-name"]
    assert kinds("a.py", base, ours, theirs, result.replace("f(a)", "f(a, b)")) == []


def test_a_local_is_bound_above_its_uses() -> None:
    base = "def f(a):\n    out = {}\n    for b in a:\n        out[b] = g(b)\n    return out\n"
    ours = base.replace("    return", "    out[0] = k()\n    return").replace("g(b)", "g(b)\n        h(out)")
    theirs = (
        "def f(a):\n    rows = []\n    for b in a:\n        rows.append(g(b))\n    out = dict(rows)\n    return out\n"
    )
    result = theirs.replace("    out =", "        h(out)\n    out =")
    assert kinds("a.py", base, ours, theirs, result) == ["used-early"]
    assert kinds("a.py", base, ours, theirs, theirs.replace("    return", "    h(out)\n    return")) == []
    looped = base.replace("out[b]", "out = h(out)\n        out[b]").replace("    out = {}\n", "")
    assert kinds("a.py", looped, looped, theirs, looped.replace("g(b)", "g(b, 1)")) == []


def test_a_scope_that_got_another_name_is_the_same_scope() -> None:
    base = "package a\n\nfunc f() {\n\tg()\n}\n"
    ours = "package a\n\nfunc part() {\n\tn := size()\n\tg(n)\n}\n\nfunc f() {\n\tpart()\n}\n"
    theirs = "package a\n\nfunc f() {\n\tn := size()\n\tg()\n}\n"
    both = ours.replace("\tg(n)", "\tn := size()\n\tg(n)")
    assert kinds("a.go", base, ours, theirs, both) == ["bound-twice"]
    assert kinds("a.go", base, ours, theirs, ours) == []


LINES = "    rows = read_rows(table)\n    for row in rows:\n        write_row(target, row, header)\n"


def test_lines_that_both_put_in_stand_once_in_a_function() -> None:
    base = "def f(table):\n    start()\n    stop()\n"
    ours = f"def f(table):\n{LINES}    start()\n    stop()\n"
    theirs = f"def f(table):\n    start()\n    stop()\n{LINES}"
    both = f"def f(table):\n{LINES}    start()\n    stop()\n{LINES}"
    assert kinds("a.py", base, ours, theirs, both) == ["said-twice"]
    other = f"\n\ndef g(table):\n{LINES}"
    assert kinds("a.py", base, ours, base + other, ours + other) == []


def test_python_that_a_side_made_readable_is_read() -> None:
    old, new = "print 1\n", "print(1)\n"
    assert kinds("a.py", old, new, old + "print 2\n", new + "print 2\n") == ["does-not-parse"]
    assert kinds("a.py", old, old, old, old) == []
    assert kinds("a.py", new, old, new + "print(2)\n", old + "print(2)\n") == []


def test_of_several_lines_that_stand_twice_the_first_is_named() -> None:
    lines = [f"    record.update(field_{i}=values[{i}], other_{i}=source)\n" for i in range(6)]
    base, (one, two) = "def f(record):\n{}    begin()\n    end()\n{}", ("".join(lines), "".join(lines))
    inputs = [base.format(*x).encode() for x in (("", ""), (one, ""), ("", two))]
    profile = for_path("a.py")
    assert profile is not None
    found = objections(profile, "a.py", inputs, base.format(one, two).encode())
    assert [f.message for f in found if f.code == "said-twice"] == [
        "the lines from 'record.update(field_0=values[0], other_0=source)' on stand twice, which neither side did"
    ]
