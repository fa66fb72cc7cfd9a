"""Units of Java, Go, Rust, C and C++ files."""

from __future__ import annotations

from support.outline import outline, pieces

JAVA = """
    /* Copyright X */
    package p;

    import a.B;
    import static c.D.*;

    /** Doc. */
    @Entity
    public class A<T> extends B implements C {
        private static final int X = 1, Y = 2; // trailing
        /** makes */
        public A(int x) { }
        @Override
        public <R> R m(int a, String... b) throws E { class Local { void z() {} } return null; }
        void m() {}
        static class Inner { int q; }
        enum E { ONE { void f() {} }, TWO; void g() {} }
        record P(int x, int y) { P { } }
        interface I { void h(); int K = 3; }
        @interface Ann { String value() default ""; }
        static { init(); }
    }
"""

RUST = """
    //! crate doc
    #![allow(x)]
    use std::fmt;
    use a::{b, c};

    /// Doc one
    /// Doc two
    #[derive(Debug)]
    pub struct S<T> { pub x: T }
    pub(crate) enum E { A, B(u8) }
    impl S {
        const K: u8 = 1;
        /// new
        #[inline]
        pub fn new(x: T) -> Self { fn helper() {} S { x } }
    }
    impl fmt::Display for S { fn fmt(&self, f: &mut F) -> R { } }
    trait Tr { type Item; fn a(&self); fn b(&self) {} }
    macro_rules! m { () => {} }
    const C: u8 = 1;
    static ST: u8 = 2;
    type Al = u8;
    #[cfg(test)]
    mod tests {
        use super::*;
        #[test]
        fn works() { }
    }
"""

CPP = """
    #pragma once
    #include <vector>
    using namespace std;
    namespace a { namespace b {
    // boxes
    template <typename T>
    class Box : public Base {
    public:
      Box(int x) : x_(x) {}
      ~Box();
      // gets
      T get() const { return x_; }
      virtual void over(int) = 0;
      int operator+(const Box &o) const;
      T& ref() { return x_; }
    private:
      T x_;
      struct In { int q; };
    };
    } }
    void A::b(int x) { }
    A::~A() {}
    int A::B::c() const { return 1; }
    template <class T> T id(T a) { return a; }
    using Al = vector<int>;
    namespace { int hidden() { return 1; } }
    enum class E { A, B };
    int A::count = 0;
    bool operator==(const A &a, const A &b) { return true; }
    A &A::operator=(const A &o) { return *this; }
"""


def test_java_members_are_nested_and_overloads_told_apart() -> None:
    assert outline("java", JAVA) == [
        "imports",
        "class A",
        "  field A.X",
        "  method A.A(int x)",
        "  method A.m(int a, String... b)",
        "    class A.m.Local",
        "      method A.m.Local.z()",
        "  method A.m#1()",
        "  class A.Inner",
        "    field A.Inner.q",
        "  type A.E",
        "    method A.E.g()",
        "  class A.P(int x, int y)",
        "    method A.P.P",
        "  type A.I",
        "    method A.I.h()",
        "    field A.I.K",
        "  type A.Ann",
        "    method A.Ann.value",
    ]
    found = pieces("java", JAVA)
    assert found["A"].startswith("/** Doc. */\n@Entity\npublic class A")
    assert found["A.X"].endswith("// trailing\n")
    assert found["A.m"].startswith("    @Override\n")


def test_go_methods_belong_to_their_receiver() -> None:
    text = """
        // Package p does.
        package p

        import "fmt"
        import (
        \t"a"
        \tb "c"
        )

        const (
        \tA = iota
        \tB
        )
        var v, w = 1, 2

        // T is.
        type T[K any] struct { a int }
        type I interface { M(x int) error; N() }

        // M does.
        func (t *T[K]) M(x int) error { return nil }
        func (T) N() {}
        func F(a, b int) (c int) { return }
        func init() {}
        func init() {}
    """
    assert outline("go", text) == [
        "imports",
        "constant A",
        "variable v",
        "type T",
        "type I",
        "  method I.M(x int)",
        "  method I.N()",
        "method T.M(x int)",
        "method T.N()",
        "function F(a, b int)",
        "function init()",
        "function init#1()",
    ]
    assert pieces("go", text)["T.M"].startswith("// M does.\nfunc")


def test_rust_impl_blocks_are_scopes() -> None:
    assert outline("rust", RUST) == [
        "imports",
        "class S",
        "type E",
        "impl S",
        "  field S.K",
        "  method S.new(x: T)",
        "    function S.new.helper()",
        "impl fmt::Display for S",
        "  method fmt::Display for S.fmt(&self, f: &mut F)",
        "type Tr",
        "  type Tr.Item",
        "  method Tr.a(&self)",
        "  method Tr.b(&self)",
        "macro m",
        "constant C",
        "constant ST",
        "type Al",
        "namespace tests",
        "  imports tests.",
        "  function tests.works()",
    ]
    found = pieces("rust", RUST)
    assert found["S"].startswith("/// Doc one\n/// Doc two\n#[derive(Debug)]\npub struct")
    assert found["S.new"].startswith("    /// new\n    #[inline]\n    pub fn")
    assert found["tests"].startswith("#[cfg(test)]\nmod")


def test_c_header_is_looked_through() -> None:
    text = """
        /* SPDX-License-Identifier: MIT */
        #ifndef H_H
        #define H_H
        #include <stdio.h>
        #include "a.h"

        #define MAX(a, b) ((a) > (b) ? (a) : (b))
        struct point { int x; int y; };
        typedef struct { int a; } anon_t;
        typedef int (*cb_t)(int);
        enum col { RED, GREEN };
        static const char *names[] = { "a", "b" };
        int proto(int a, char *b);

        /* adds */
        static inline int add(int a, int b) { return a + b; }
        char *dup(const char *s) { return 0; }
        #ifdef X
        int w(void) { return 1; }
        #else
        int w(void) { return 2; }
        #endif
        #endif
    """
    assert outline("c", text) == [
        "macro H_H",
        "imports",
        "macro MAX(a, b)",
        "class point",
        "type anon_t",
        "type cb_t",
        "type col",
        "variable names",
        "declaration proto",
        "function add(int a, int b)",
        "function dup(const char *s)",
        "function w(void)",
        "function w#1(void)",
    ]
    assert pieces("c", text)["add"].startswith("/* adds */\nstatic inline")


def test_cpp_names_written_with_their_scope_belong_to_it() -> None:
    assert outline("cpp", CPP) == [
        "imports",
        "namespace a",
        "  namespace a.b",
        "    class a.b.Box",
        "      method a.b.Box.Box(int x)",
        "      declaration a.b.Box.~Box()",
        "      method a.b.Box.get()",
        "      declaration a.b.Box.over(int)",
        "      declaration a.b.Box.operator+(const Box &o)",
        "      method a.b.Box.ref()",
        "      field a.b.Box.x_",
        "      class a.b.Box.In",
        "        field a.b.Box.In.q",
        "function A.b(int x)",
        "function A.~A()",
        "function A.B.c()",
        "function id(T a)",
        "type Al",
        "namespace (anonymous)",
        "  function (anonymous).hidden()",
        "type E",
        "variable A.count",
        "function operator==(const A &a, const A &b)",
        "function A.operator=(const A &o)",
    ]
    found = pieces("cpp", CPP)
    assert found["a.b.Box"].startswith("// boxes\ntemplate <typename T>\nclass Box")
    assert found["a.b.Box.get"] == "  // gets\n  T get() const { return x_; }\n"
