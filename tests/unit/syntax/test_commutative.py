"""Which children are a set."""

from __future__ import annotations

import pytest

from forkmerge.syntax import commutative, parsing, profiles


def keys(language: str, text: str) -> list[str]:
    """Return the identity of every child in ``text`` that a rule lists, in file order."""
    profile = profiles.load(language)
    found, stack = [], [parsing.parse(profile, text.encode()).root_node]
    while stack:
        node = stack.pop()
        rule = commutative.rule_for(profile, node)
        if rule is not None:
            found.append(commutative.identity(profile, rule, node))
        stack.extend(reversed(node.children))
    return found


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "from m import a, b as c\n", ["from m import a, b as c", "a", "b as c"]),
        ("python", "__all__ = ['a', 'b']\n", ["'a'", "'b'"]),
        ("python", "names = ['a', 'b']\n", []),
        ("python", "f(1, *a, k=2, **b)\n", ["k"]),
        ("python", "x = {'a': 1, **b, 'c': 2}\n", ["'a'", "'c'"]),
        ("python", "@dec\ndef f(a): pass\nclass A: pass\ncall()\n", ["f (a)", "A"]),
        (
            "javascript",
            "import {a, b as c} from 'm'; import './x.css';",
            ["import {a, b as c} from 'm';", "a", "b as c"],
        ),
        ("javascript", "export function f(a) {} export { g }; export const h = 1;", ["f (a)", "", "g", "h"]),
        ("javascript", "x = {a: 1, ...b, c() {}, d}", ["a", "c", "d"]),
        ("typescript", "interface I { a: A; m(b: B): C }", ["I", "a", "m (b: B)"]),
        ("java", "class A { int f; void m(int a) {} void m() {} }", ["A", "m (int a)", "m ()"]),
        ("go", 'package p\nimport (\n"a"\n"b"\n)\nfunc (t *T) M() {}', ['import ( "a" "b" )', '"a"', '"b"', "*T M ()"]),
        ("rust", "use a::{b, c as d};\nfn f() {}", ["use a::{b, c as d};", "b", "c as d", "f ()"]),
        ("rust", "#[derive(Debug, Clone)]\nstruct S { a: A, pub b: B }", ["Debug", "Clone", "S", "a", "b"]),
        ("java", "class A { @X(1) @Y private static int c; }", ["A", "@X", "@Y", "internal", "static"]),
        ("go", "package p\ntype T struct {\na int\nb, c int\n}\n", ["T", "a", "b"]),
        ("starlark", "lib(deps = ['a', 'b'])\n", ["deps", "'a'", "'b'"]),
        ("toml", "dependencies = ['A_b>=2', 'c']\n", ["dependencies", "a-b", "c"]),
        ("json", '{"a": 1, "b": [1, 2]}', ['"a"', '"b"']),
        ("yaml", "a: 1\nb:\n  - c\n  - d\n", ["a", "b"]),
        ("toml", "x = 1\n[a]\ny = 2\n[[b]]\n", ["x", "a", "y"]),
    ],
)
def test_members_of_sets_are_known_by_their_key(language: str, text: str, expected: list[str]) -> None:
    assert keys(language, text) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "@a\n@b\ndef f(x, y): return g(1, 2)\n"),
        ("java", "class A { int a = 1; int b = a; }"),
        ("javascript", "class A { a = 1; b = 2; static { x(); } }"),
        ("c", "enum e { A, B }; struct s { int a; int b; };"),
        ("go", "package p\nconst (\nA = iota\nB\n)\n"),
        ("rust", "#[repr(C)]\nstruct S { a: A, b: B }\n#[repr(u8)]\nenum E { A, B }"),
        ("starlark", "args = ['a', 'b']\n"),
    ],
)
def test_order_that_matters_is_kept(language: str, text: str) -> None:
    assert [k for k in keys(language, text) if k not in ("A", "T", "S", "E", "f (x, y)")] == []
