"""Units of JavaScript and TypeScript files."""

from __future__ import annotations

from support.outline import outline, pieces

SCRIPT = """
    #!/usr/bin/env node
    // Copyright 2020 Somebody
    import fs from 'fs';
    // about path
    import path from 'path';
    const { a, b } = require("x");

    /** Adds. */
    export function add(a, b) { return a + b }

    @dec
    export class A extends B {
      static x = 1;
      // counts
      #n = 0;
      handler = (e) => { this.n++ };
      constructor(q) { super(q) }
      get v() { return 1 }
      set v(x) { }
      @log
      m(a, ...b) { function inner() {} }
    }
    export const f = async (x) => { const loc = 1; const g = () => 2; };
    const LIMIT = 10; // ten
    exports.x = function (a) { return a };
    Foo.prototype.bar = function bar() {};
    module.exports = { run() {}, stop: function (now) {}, 'odd-name': () => 1, port: 80 };
    if (x) { function cond() {} }
"""


def test_javascript_module_is_taken_apart() -> None:
    assert outline("javascript", SCRIPT) == [
        "imports",
        "function add(a, b)",
        "class A",
        "  field A.x",
        "  field A.#n",
        "  method A.handler(e)",
        "  method A.constructor(q)",
        "  method A.v()",
        "  method A.v#1(x)",
        "  method A.m(a, ...b)",
        "    function A.m.inner()",
        "function f(x)",
        "  function f.g()",
        "constant LIMIT",
        "function exports.x(a)",
        "function Foo.prototype.bar()",
        "constant module.exports",
        "  method module.exports.run()",
        "  method module.exports.stop(now)",
        "  method module.exports.odd-name()",
        "function cond()",
    ]


def test_javascript_comments_decorators_and_exports_belong_to_their_unit() -> None:
    found = pieces("javascript", SCRIPT)
    assert found["imports"].startswith("import fs")
    assert found["imports"].endswith('require("x");\n')
    assert found["add"] == "/** Adds. */\nexport function add(a, b) { return a + b }\n"
    assert found["A"].startswith("@dec\nexport class A")
    assert found["A.#n"] == "  // counts\n  #n = 0;\n"
    assert found["LIMIT"] == "const LIMIT = 10; // ten\n"


def test_javascript_default_exports_are_called_default() -> None:
    assert outline("javascript", "export default { data() { return {} } };") == [
        "constant default",
        "  method default.data()",
    ]
    assert outline("javascript", "export default function (a) {}") == ["function default(a)"]
    assert outline("javascript", "export default function named(a) {}") == ["function named(a)"]
    assert outline("javascript", "export default class extends B { m() {} }") == [
        "class default",
        "  method default.m()",
    ]
    assert outline("javascript", "export { a, b };") == []


def test_javascript_test_suites_are_units() -> None:
    text = (
        "describe('thing', () => {\n  const x = 1;\n  it('works', () => {});\n  it(\"fails\", function () { });\n});\n"
    )
    assert outline("javascript", text) == [
        "test thing",
        "  constant thing.x",
        "  test thing.works",
        "  test thing.fails",
    ]


def test_jsx_component_is_a_unit() -> None:
    assert outline("javascript", "export const App = ({ a }) => <div a={a}>{a}</div>;") == ["function App({ a })"]


def test_typescript_declarations_are_units() -> None:
    text = """
        import type { T } from './t';
        export interface Props<K> { a: string; m(p: number): void }
        type U = Props<string> | null;
        export enum Color { Red, Green }
        export function over(a: string): void;
        export function over(a: number): void;
        export function over(a: any) { }
        declare module 'x' { export function y(): void }
        namespace N { export const z = 1; export function q() {} }
        export abstract class C<T> implements I {
          private readonly x: number = 1;
          @Input() name: string;
          constructor(private a: A) {}
          abstract foo(): void;
          bar(a: string): void;
          bar(a: any) {}
          @HostListener('x')
          baz = () => { };
        }
    """
    for language in ("typescript", "tsx"):
        assert outline(language, text) == [
            "imports",
            "type Props",
            "  field Props.a",
            "  method Props.m(p: number)",
            "type U",
            "type Color",
            "function over(a: string)",
            "function over#1(a: number)",
            "function over#2(a: any)",
            "namespace x",
            "  function x.y()",
            "namespace N",
            "  constant N.z",
            "  function N.q()",
            "class C",
            "  field C.x",
            "  field C.name",
            "  method C.constructor(private a: A)",
            "  method C.foo()",
            "  method C.bar(a: string)",
            "  method C.bar#1(a: any)",
            "  method C.baz()",
        ]
    assert pieces("typescript", text)["C.baz"] == "  @HostListener('x')\n  baz = () => { };\n"


def test_tsx_component_is_a_unit() -> None:
    text = "export default function App({ a }: Props) { return <b>{a}</b> }"
    assert outline("tsx", text) == ["function App({ a }: Props)"]
