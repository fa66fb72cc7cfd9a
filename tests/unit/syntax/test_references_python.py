"""Names of Python files."""

from __future__ import annotations

import textwrap

import pytest

from forkmerge.syntax import profiles, references

PYTHON = profiles.load("python")


def names(text: str) -> references.Names:
    return references.names(PYTHON, textwrap.dedent(text).encode())


def bound(text: str) -> set[str]:
    return {n.text for n in names(text).definitions}


def used(text: str) -> set[str]:
    return {n.text for n in references.uses(PYTHON, textwrap.dedent(text).encode())}


@pytest.mark.parametrize(
    ("text", "binds", "reads"),
    [
        ("a, *b = c", {"a", "b"}, {"c"}),
        ("(a, [b, c]) = d", {"a", "b", "c"}, {"d"}),
        ("a = b = c", {"a", "b"}, {"c"}),
        ("x: T = y", {"x"}, {"T", "y"}),
        ("a.b[c] = d", set(), {"a", "c", "d"}),
        ("n += 1", set(), {"n"}),
        ("for i, (j, *k) in z: pass", {"i", "j", "k"}, {"z"}),
        ("with open(f) as g, h as (i, j): pass", {"g", "i", "j"}, {"open", "f", "h"}),
        ("try: pass\nexcept (E, F) as e: e", {"e"}, {"E", "F", "e"}),
        ("if (n := f()): n", {"n"}, {"f", "n"}),
        ("[x for x in y if z]", {"x"}, {"x", "y", "z"}),
        ("{k: v for k, v in d.items()}", {"k", "v"}, {"k", "v", "d"}),
        ("lambda p, *q, r=s, **t: u", {"p", "q", "r", "t"}, {"s", "u"}),
        ("def f(a, /, b: T = c, *args: U, d=e, **kw) -> V: pass", {"f", "a", "b", "args", "d", "kw"}, set("TcUeV")),
        ("class A(B, metaclass=M): x = y", {"A", "x"}, {"B", "M", "y"}),
        ("import a.b, c as d", {"a", "d"}, set()),
        ("from m import n, o as p", {"n", "p"}, set()),
        ("from __future__ import annotations", set(), set()),
        ("from m import *", {"*"}, set()),
        ("def f():\n    global G\n    G = 1", {"f", "G"}, set()),
        ("del a, b[c]", set(), {"a", "b", "c"}),
        ("print(f'{a!r:>{b}} c')", set(), {"print", "a", "b"}),
        ("f(key=value)", set(), {"f", "value"}),
        ("a.b.c(d)", set(), {"a", "d"}),
        ("__all__ = ['a', 'b']", {"__all__"}, {"a", "b"}),
        ("__all__ += ['a']", set(), {"__all__", "a"}),
        ("@dec(x)\ndef f(): pass", {"f"}, {"dec", "x"}),
        ("type A[T] = list[T]", {"A", "T"}, {"list", "T"}),
        ("def f[T: int](a: T): pass", {"f", "T", "a"}, {"int", "T"}),
        ("class A[T]: pass", {"A", "T"}, set()),
        (
            "async def f():\n    async with a as b: pass\n    async for c in d: await c",
            {"f", "b", "c"},
            {"a", "d", "c"},
        ),
    ],
)
def test_python_construct_binds_and_reads(text: str, binds: set[str], reads: set[str]) -> None:
    assert bound(text) == binds
    assert used(text) == reads


@pytest.mark.parametrize(
    ("pattern", "binds", "reads"),
    [
        ("X.y", set(), {"X"}),
        ("Point(x=px, y=0) as pt", {"px", "pt"}, {"Point"}),
        ("m.Point(a)", {"a"}, {"m"}),
        ("[a, *rest]", {"a", "rest"}, set()),
        ("{'k': v, **kw}", {"v", "kw"}, set()),
        ("str() | None", set(), {"str"}),
        ("-1", set(), set()),
        ("_", set(), set()),
        ("z if z > w", {"z"}, {"z", "w"}),
    ],
)
def test_python_pattern_captures_bare_names(pattern: str, binds: set[str], reads: set[str]) -> None:
    text = f"match s:\n    case {pattern}: pass\n"
    assert bound(text) == binds
    assert used(text) == reads | {"s"}


def test_python_attributes_are_uses_only_when_asked_for() -> None:
    data = b"a.b"
    assert [n.text for n in references.uses(PYTHON, data)] == ["a"]
    assert [(n.text, n.kind) for n in references.uses(PYTHON, data, attributes=True)] == [
        ("a", "name"),
        ("b", "attribute"),
    ]


def test_python_scopes_and_kinds() -> None:
    text = "class A:\n    x = 1\n    def m(self):\n        def inner(): pass\n"
    assert [(n.text, n.kind, n.scope) for n in names(text).definitions] == [
        ("A", "class", ()),
        ("x", "variable", ("A",)),
        ("m", "method", ("A",)),
        ("self", "parameter", ("A", "m")),
        ("inner", "function", ("A", "m")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "if a:\n    def f(): pass\nelse:\n    def f(): pass",
        "try:\n    def f(): pass\nexcept E:\n    def f(): pass",
        "@overload\ndef f(a): ...\n@typing.overload\ndef f(b): ...",
        "@f.register\ndef _(a): ...\n@f.register(int)\ndef _(b): ...",
    ],
)
def test_python_definitions_that_may_stand_side_by_side_are_conditional(text: str) -> None:
    assert all(n.conditional for n in names(text).definitions if n.kind == "function")


def test_python_property_may_have_a_setter_but_plain_methods_are_not_conditional() -> None:
    text = (
        "class A:\n    @property\n    def p(self): ...\n    @p.setter\n    def p(self, v): ...\n    def q(self): ...\n"
    )
    methods = [(n.text, n.conditional) for n in names(text).definitions if n.kind == "method"]
    assert methods == [("p", False), ("p", True), ("q", False)]


def test_python_twice_defined_function_is_seen_twice() -> None:
    found = [n for n in names("def f(): pass\ndef f(a): pass").definitions if n.text == "f"]
    assert len(found) == 2
    assert not any(n.conditional or n.signature for n in found)


def test_python_imports_are_exact() -> None:
    text = "import a.b, c as d\nfrom .m import (n, o as p)\nfrom .. import q\nfrom r import *\n"
    assert [(i.module, i.name, i.alias) for i in names(text).imports] == [
        ("a.b", "", "a"),
        ("c", "", "d"),
        (".m", "n", "n"),
        (".m", "o", "p"),
        ("..", "q", "q"),
        ("r", "*", ""),
    ]


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("class A:\n    x = 1\n    y = x\n", set()),
        ("class A:\n    x = 1\n    def f(self):\n        return x\n", {"x"}),
        ("class A:\n    x = 1\n    y = [x for _ in z]\n", {"z"}),
        ("def f():\n    x = 1\n    def g():\n        return x\n", set()),
        ("from m import *\nclass A:\n    x = 1\n    def f(self):\n        return x\n", set()),
    ],
)
def test_python_what_a_class_binds_is_out_of_sight_in_its_methods(text: str, loose: set[str]) -> None:
    assert {name.text for name in references.unbound(PYTHON, names(text))} == loose
