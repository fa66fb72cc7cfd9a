"""Names of files in languages other than Python."""

from __future__ import annotations

import pytest

from forkmerge.syntax import profiles, references


def names(language: str, text: str) -> references.Names:
    return references.names(profiles.load(language), text.encode())


def bound(language: str, text: str) -> set[str]:
    return {n.text for n in names(language, text).definitions}


def used(language: str, text: str) -> set[str]:
    return {n.text for n in names(language, text).uses if n.kind != "attribute"}


@pytest.mark.parametrize(
    ("language", "text", "binds", "reads"),
    [
        ("javascript", "const { q, r: s = t, ...rest } = require('z');", {"q", "s", "rest"}, {"require", "t"}),
        ("javascript", "function f({x, y}, [z] = w, ...more) { g(x.p) }", {"f", "x", "y", "z", "more"}, set("wgx")),
        ("javascript", "class A extends B { m() { this.f(c) } }", {"A", "m"}, {"B", "c"}),
        ("javascript", "for (const k of ks) k()", {"k"}, {"k", "ks"}),
        ("javascript", "const h = async v => v + ns.y", {"h", "v"}, {"v", "ns"}),
        ("javascript", "try { } catch (e) { log(e) }", {"e"}, {"log", "e"}),
        ("javascript", "const a = 1; export { a as b }", {"a"}, {"a"}),
        ("javascript", "o = { short, key: val }", set(), {"o", "short", "val"}),
        ("typescript", "interface I<K> extends J { a: K; m(p: Q): void }", {"I", "K", "p"}, {"J", "K", "Q"}),
        ("typescript", "enum E { A } type T = E | I", {"E", "T"}, {"E", "I"}),
        ("tsx", "const a = (p: P) => <B c={p}>{d}</B>", {"a", "p"}, {"P", "B", "p", "d"}),
        ("java", "class A<T> { int f = g; void m(X a) { this.h(a); C.go(f); } }", set("ATfma"), set("gXaCf")),
        ("java", "class A { void m() { for (X x : xs) { x.y(); } l(z -> z); } }", set("Amxz"), {"X", "xs", "x", "z"}),
        ("go", "package p\nfunc F(x T) (z error) { a, b := x, y; for i := range q { } }", set("Fxzabi"), set("xyqT")),
        ("go", "package p\ntype S struct { f int }\nfunc (s *S) M() { s.f = 1 }", {"S", "s", "M"}, {"S", "s"}),
        ("rust", "fn f(x: T) -> R { let Some(y) = x else { return }; g(y.z) }", {"f", "x", "y"}, {*"TRxgy", "Some"}),
        ("rust", "fn f(a: A) { match a { B::C(ref s) => s, D { e: g } => g } }", set("fasg"), set("AaBDsg")),
        ("rust", "struct S<T> { x: T } impl<T> S<T> { fn n() {} }", {"S", "T", "n"}, {"T", "S"}),
        ("rust", "fn m(e: E) { match e { E::A | E::B(x) => x, _ => 0 } }", {"m", "e", "x"}, set("Ex")),
        (
            "rust",
            "fn m(n: T) { log!(n, self.k, K::J, k: n); all! { let i = n; } }",
            {"m", "n"},
            {"T", "log", "n", "K", "all"},
        ),
        ("c", "int f(int a, char *b) { int c = a, *d; return h(d->e); }", set("fabcd"), set("ahd")),
        ("c", "#define M(x) 1\nstruct s { int a; };", {"M", "x", "s"}, set()),
        ("cpp", "void n::A::b(int z) { for (auto &x : xs) use(x); }", {"b", "z", "x"}, {"n", "A", "xs", "use", "x"}),
    ],
)
def test_construct_binds_and_reads(language: str, text: str, binds: set[str], reads: set[str]) -> None:
    missing = binds - bound(language, text)
    assert missing == set()
    assert reads - used(language, text) == set()
    assert used(language, text) - bound(language, text) <= reads | {"int", "error", "auto"}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "javascript",
            "import d, {a as b, c} from 'm'; import * as ns from 'n'; import './x.css';",
            [("m", "default", "d"), ("m", "a", "b"), ("m", "c", "c"), ("n", "", "ns"), ("./x.css", "", "")],
        ),
        (
            "typescript",
            "import type { T } from 't'; import X = A.B; import y = require('z');",
            [("t", "T", "T"), ("A.B", "", "X"), ("z", "", "y")],
        ),
        (
            "java",
            "import a.b.C; import static x.Y.z; import q.*;",
            [("a.b", "C", "C"), ("x.Y", "z", "z"), ("q", "*", "")],
        ),
        (
            "go",
            'package p\nimport "fmt"\nimport (\n"k/v2"\nal "x/y"\n. "dot"\n_ "side"\n)',
            [("fmt", "", "fmt"), ("k/v2", "", "k"), ("x/y", "", "al"), ("dot", "*", ""), ("side", "", "")],
        ),
        (
            "rust",
            "use std::{fmt::{self, Display}, io as sio}; use a::b::*; use c; extern crate e;",
            [
                ("std::fmt", "", "fmt"),
                ("std::fmt", "Display", "Display"),
                ("std", "io", "sio"),
                ("a::b", "*", ""),
                ("", "c", "c"),
                ("e", "", "e"),
            ],
        ),
        ("c", '#include <a.h>\n#include "b.h"\n', [("a.h", "*", ""), ("b.h", "*", "")]),
    ],
)
def test_imports_are_read(language: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    found = names(language, text)
    assert [(i.module, i.name, i.alias) for i in found.imports] == expected
    assert {n.text for n in found.definitions} >= {alias or name for _, name, alias in expected if alias or name}


@pytest.mark.parametrize(
    ("language", "text", "signatures"),
    [
        ("java", "class A { void m(int a) {} void m(String a) {} }", ["(int a)", "(String a)"]),
        ("cpp", "void m(int a) {} void m(char a) {}", ["(int a)", "(char a)"]),
        ("javascript", "function m(a) {} function m(b) {}", ["", ""]),
        ("rust", "fn m(a: A) {} fn m(b: B) {}", ["", ""]),
    ],
)
def test_signature_is_given_only_where_functions_are_overloaded(
    language: str, text: str, signatures: list[str]
) -> None:
    assert [n.signature for n in names(language, text).definitions if n.text == "m"] == signatures


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "#ifdef A\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n"),
        ("rust", "#[cfg(unix)]\nfn f() {}\n#[cfg(windows)]\nfn f() {}"),
        ("go", "package p\nfunc init() {}\nfunc init() {}"),
        ("javascript", "class A { get f() {} set f(v) {} }"),
    ],
)
def test_definitions_that_may_stand_side_by_side_are_conditional(language: str, text: str) -> None:
    found = [n for n in names(language, text).definitions if n.kind in ("function", "method")]
    assert len(found) == 2
    assert all(n.conditional for n in found)


def test_go_methods_of_two_types_are_in_two_scopes() -> None:
    text = "package p\nfunc (t *T) M() {}\nfunc (u U) M() {}"
    assert [n.scope for n in names("go", text).definitions if n.text == "M"] == [("T",), ("U",)]


def test_cpp_methods_of_two_classes_are_in_two_scopes() -> None:
    assert [n.scope for n in names("cpp", "void A::m() {} void B::m() {}").definitions if n.text == "m"] == [
        ("A",),
        ("B",),
    ]


def test_typescript_overloads_and_merged_interfaces_are_declarations() -> None:
    text = "function f(a: A): void; function f(a: any) {} interface I {} interface I {}"
    assert [(n.text, n.kind) for n in names("typescript", text).definitions if n.text in "fI"] == [
        ("f", "declaration"),
        ("f", "function"),
        ("I", "declaration"),
        ("I", "declaration"),
    ]


def test_data_formats_have_no_names() -> None:
    assert names("json", '{"a": 1}') == references.Names((), (), ())


def test_what_a_pattern_is_of_and_a_path_are_not_bound() -> None:
    text = "fn f(a: A) { match a { Kind::One(ref s) => s, Some(t) => t, n @ 1..=2 => n } let Pair { q, r: u } = v; }"
    assert bound("rust", text) == set("fastnqu")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("rust", "fn f(a: A) { match a { B(x) => x, C(x) => x } for x in y {} for x in z {} }"),
        ("java", "class A { void m() { for (X x : y) { } for (X x : z) { } } }"),
    ],
)
def test_what_a_branch_or_a_loop_binds_is_bound_in_it(language: str, text: str) -> None:
    scopes = [n.scope for n in names(language, text).definitions if n.text == "x"]
    assert len(scopes) == len(set(scopes)) > 1
