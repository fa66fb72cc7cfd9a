"""What lifelike files of further languages are taken apart into: a sample beside its outline."""

from __future__ import annotations

import pytest
from support.grammars import needs_grammar
from support.outline import outline

SAMPLES = {
    "bash": (
        """\
#!/bin/bash
set -e
. ./x.sh
X=1
export Y=2
# doc
foo() {
  local a=1
  echo "$a" | grep x
  if [ -f x ]; then
    y
  fi
  case $1 in
    a) b ;;
    *) c ;;
  esac
  for i in a b; do z; done
}
function bar { :; }
arr=(a b)
cat <<EOF
hi
EOF
""",
        """\
assignment X
function foo
function bar
assignment arr
""",
    ),
    "csharp": (
        """\
using System;
using X = System.IO;
namespace N {
  /// <summary>d</summary>
  [Attr, B(1)]
  public class A<T> : B, I where T : class {
    private int a = 1;
    public int P { get; set; }
    public event H E;
    public A(int x) : base(x) { }
    public int Foo(int a, string b = "x") {
      var d = new D { A = 1, B = 2 };
      var l = new[] {1,2};
      switch (a) { case 1: break; default: break; }
      var q = a switch { 1 => 2, _ => 3 };
      return a;
    }
    ~A() {}
    public static A operator +(A a, A b) => a;
    public int this[int i] => 1;
  }
  enum E { A, B = 2 }
  interface I { void F(); }
  struct S { }
  record R(int A, string B);
  delegate void H(int a);
}
""",
        """\
imports
namespace N
  class N.A
    field N.A.a
    property N.A.P
    field N.A.E
    method N.A.A(int x)
    method N.A.Foo(int a, string b = "x")
  type N.E
  type N.I
    method N.I.F()
  class N.S
  class N.R
  type N.H(int a)
""",
    ),
    "css": (
        """\
@charset "utf-8";
@import url("a.css");
:root { --x: 1px; }
/* c */
a:hover, b > c { color: red; margin: 0 1px; }
@media (max-width: 1px) { a { b: c; } }
@keyframes k { from { a: b } to { a: c } }
@font-face { font-family: "x"; }
""",
        """\
imports
rule :root
rule a:hover, b > c
section (max-width: 1px)
  rule (max-width: 1px).a
rule k
rule @font-face
""",
    ),
    "elixir": (
        """\
defmodule A.B do
  use X
  alias Y.Z
  import W, only: [a: 1]
  @moduledoc "x"
  # c
  def foo(a, b \\\\ 1) do
    %{a: 1, b: 2}
  end
  def foo(0), do: 1
  defp bar, do: 1
  defstruct [:a, :b]
end
""",
        """\
class A.B
  imports A.B.
  method A.B.foo
  method A.B.foo#1
  method A.B.bar
""",
    ),
    "graphql": (
        '''\
# c
"""doc"""
type A implements B & C @d {
  a(x: Int = 1): String!
  b: [Int]
}
enum E { A B }
input I { a: Int }
union U = A | B
interface B { a: Int }
scalar D
schema { query: Q }
extend type A { c: Int }
query q($x: Int) { a(x: 1) { b } }
fragment f on A { a }
directive @d(a: Int) on FIELD | OBJECT
''',
        """\
class A
  key A.a
  key A.b
type E
class I
  key I.a
type U
class B
  key B.a
type D
impl A
  key A.c
function q
function f
""",
    ),
    "haskell": (
        """\
{-# LANGUAGE X #-}
module M (f, g) where
import Data.List (sort, nub)
import qualified Data.Map as M
-- | doc
f :: Int -> Int
f 0 = 1
f x = y where y = x
data D = A | B { a :: Int } deriving (Eq, Show)
class C a where
  m :: a
instance C Int where
  m = 1
type T = Int
""",
        """\
imports
type f
function f0
function f#1x
type D
type C
  type C.m
impl C Int
  method C Int.m
type T =
""",
    ),
    "hcl": (
        """\
variable "x" {
  default = 1
}
# c
resource "a" "b" {
  name = "x"
  tags = { a = 1, b = 2 }
  ingress {
    port = [1, 2]
  }
}
locals {
  a = 1
}
""",
        """\
section variable x
  key variable x.default
section resource a b
  key resource a b.name
  key resource a b.tags
  section resource a b.ingress
    key resource a b.ingress.port
section locals
  key locals.a
""",
    ),
    "html": (
        """\
<!DOCTYPE html>
<html lang="en">
<head>
<link rel="x" href="y">
<script src="a.js">var x;</script>
<style>a{}</style>
</head>
<!-- c -->
<body>
<div id="a" class="b"><p>text</p><br/></div>
</body>
</html>
""",
        """\
element html
  element html.head
    element html.head.link
    element html.head.script
    element html.head.style
  element html.body
    element html.body.div
      element html.body.div.p
      element html.body.div.br
""",
    ),
    "kotlin": (
        """\
package a.b
import a.b.C
/** doc */
@Anno
class A(val x: Int) : B(), I {
    val p: Int = 1
    companion object {
        const val Z = 1
    }
    init { x() }
    fun foo(a: Int, b: String = "x"): Int {
        when (a) {
            1 -> 2
            else -> 3
        }
        foo(a, b = 2)
        return a
    }
}
enum class E {
    A,
    B(1);
    fun f() {}
}
object O { }
typealias T = Int
fun Int.ext() = 1
val v = 1
""",
        """\
imports
class A
  field A.p
  class A.companion
    field A.companion.Z
  method A.foo(a: Int, b: String = "x")
type E
  method E.f()
class O
type T
function ext()
field v
""",
    ),
    "lua": (
        """\
local x = require("x")
local M = {}
-- doc
function M.foo(a, b)
  local t = { a = 1, "b", ["c"] = 2 }
  if a then return b end
end
local function bar() end
M.x = function() end
function M:m() end
return M
""",
        """\
imports
declaration M
function M.foo(a, b)
function bar()
function M.x()
function M:m()
""",
    ),
    "markdown": (
        """\
---
a: b
---
# T

Para one
two.

## S

- a
- b

1. x

```python
x = 1
```

> q

| a | b |
|---|---|
| 1 | 2 |

[x]: http://y

<!-- c -->
""",
        """\
section T
  section T.S
""",
    ),
    "objc": (
        """\
#import "a.h"
@import Foo;
// c
@interface A : B <P>
@property (nonatomic) int x;
- (void)foo:(int)a bar:(int)b;
+ (id)cls;
@end
@implementation A
- (void)foo:(int)a bar:(int)b {
  [self x:1 y:2];
  return;
}
@end
@protocol P
- (void)z;
@end
int f(int a) { return 1; }
""",
        """\
imports
type A
  method A.foo
  method A.cls
class A
  method A.foo#1
type P
  method P.z
function f(int a)
""",
    ),
    "php": (
        """\
<?php
namespace App;
use Foo\\Bar;
use Foo\\{A, B};
/** doc */
#[Attr]
class A extends B implements C {
    use T;
    const X = 1;
    private int $a = 1;

    public function foo(int $a, $b = 2): int {
        $x = ['a' => 1, 2];
        foo($a, name: 2);
        switch ($a) { case 1: break; default: x(); }
        $y = match($a) { 1 => 2, default => 3 };
        return $a;
    }
}
interface I { function f(); }
enum E: string { case A = 'a'; case B = 'b'; }
function top($a) { return "x"; }
?>
<p>hi</p>
""",
        """\
imports
class A
  field A.X
  field A.$a
  method A.foo(int $a, $b = 2)
type I
  method I.f()
type E
function top($a)
""",
    ),
    "ruby": (
        """\
require 'json'
require_relative "x"

# doc
class A < B
  include M
  X = 1
  attr_reader :a
  # m
  def foo(a, b = 1)
    x = {a: 1, "b" => 2}
    puts a
    if a then b else c end
    case a
    when 1 then 2
    end
    [1,2].each do |i|
      y
    end
  end
  def self.bar; end
end
module M
end
""",
        """\
imports
class A
  field A.X
  method A.foo(a, b = 1)
  method A.self.bar
namespace M
""",
    ),
    "scala": (
        """\
package a.b
import a.b.C
import a.{B, D => E}
/** doc */
@Anno
class A(val x: Int) extends B with C {
  val p: Int = 1
  var q = 2
  type T = Int
  def foo(a: Int)(b: String = "x"): Int = {
    val m = Map("a" -> 1)
    a match {
      case 1 => 2
      case _ => 3
    }
  }
}
object O { def f = 1 }
trait Tr { def g(a: Int): Int }
case class CC(a: Int, b: String)
enum E { case A, B }
""",
        """\
imports
class A
  field A.p
  field A.q
  type A.T
  method A.foo(a: Int)
class O
  method O.f
type Tr
  method Tr.g(a: Int)
class CC
type E
""",
    ),
    "solidity": (
        """\
// SPDX
pragma solidity ^0.8.0;
import "./a.sol";
import {B} from "./b.sol";
/// doc
contract A is B, C {
  uint256 public x;
  uint y = 1;
  mapping(address => uint) m;
  event E(uint a);
  error Er(uint a);
  struct S { uint a; }
  enum En { A, B }
  modifier mod() { _; }
  constructor(uint a) { x = a; }
  function foo(uint a, uint b) public returns (uint) { return a; }
}
interface I { function f() external; }
library L { }
""",
        """\
imports
class A
  declaration A.x
  declaration A.y
  declaration A.m
  type A.E
  type A.Er
  type A.S
  type A.En
  method A.mod
  method A.constructor
  method A.foo
type I
  method I.f
class L
""",
    ),
    "swift": (
        """\
import Foundation
@testable import X
/// doc
@objc
public class A: B, C {
    var a: Int = 1
    let b = 2
    init(x: Int) { self.a = x }
    func foo(_ a: Int, b c: String = "x") -> Int {
        let d = ["a": 1, "b": 2]
        switch a { case 1: return 2
        default: break }
        guard let x = y else { return 1 }
        return a
    }
    deinit {}
    subscript(i: Int) -> Int { 1 }
}
struct S {}
enum E { case a, b
 case c(Int) }
extension A: P where T: X { func ext() {} }
protocol P { func f(); var x: Int { get } }
typealias T = Int
func top() {}
""",
        """\
imports
class A
  declaration A.a
  declaration A.b
  method A.init
  method A.foo
class S
class E
class A#1
  method A.ext
type P
  method P.f
  declaration P.x
type T
function top
""",
    ),
    "zig": (
        """\
const std = @import("std");
/// doc
pub fn foo(a: u8, b: u8) u8 {
    const x = .{ .a = 1, .b = 2 };
    switch (a) { 1 => {}, else => {} }
    return a;
}
const S = struct {
    a: u8,
    b: u8 = 1,
    fn m() void {}
};
const E = enum { a, b };
test "t" { }
var g: u8 = 1;
""",
        """\
declaration std
function foo(a: u8, b: u8)
class S
  method S.m()
class E
test t
declaration g
""",
    ),
    "matlab": (
        """\
% what it costs
classdef Account < handle
    % An account
    properties (Access = private)
        Balance {mustBeNumeric} = 0
        Name
    end
    enumeration
        Low, High
    end
    methods (Static)
        % opens one
        function obj = Account(name, b)
            obj.Name = name;
            if nargin > 1
                obj.Balance = b;
            end
        end
        r = rate(obj, n)
    end
end

function [a, b] = helper(x)
    c = {1, 'x'; 2, "y"};
    g = @(x) x.^2 + c{1};
    a = g(x)';
    hold on
end
""",
        """\
class Account
  field Account.Balance
  field Account.Name
  method Account.Account(name, b)
  declaration Account.rate(obj, n)
function helper(x)
""",
    ),
    "devicetree": (
        """\
// SPDX
/dts-v1/;
#include <dt-bindings/gpio/gpio.h>
#include "a.dtsi"
/include/ "b.dtsi"
/memreserve/ 0x1000 0x2000;

/ {
	model = "Acme";
	compatible = "a,b", "c,d";
	#address-cells = <1>;
	aliases { serial0 = &uart0; };
	soc: soc@0 {
		/* a comment */
		status = "okay";
		interrupts = <GIC_SPI 1 4>, <2 3 4>;
		bootph-all;
		uart0: serial@1000 {
			reg = <0x1000 0x100>;
			data = [00 11];
		};
		/delete-property/ foo;
		/delete-node/ bar;
	};
};

&uart0 {
	status = "disabled";
#ifdef X
	a = <1>;
#endif
};
""",
        """\
imports
section /
  key /.model
  key /.compatible
  key /.#address-cells
  section /.aliases
    key /.aliases.serial0
  section /.soc@0
    key /.soc@0.status
    key /.soc@0.interrupts
    key /.soc@0.bootph-all
    section /.soc@0.serial@1000
      key /.soc@0.serial@1000.reg
      key /.soc@0.serial@1000.data
section &uart0
  key &uart0.status
  key &uart0.a
""",
    ),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_units_of_a_sample(language: str) -> None:
    needs_grammar(language)
    text, wanted = SAMPLES[language]
    assert outline(language, text) == wanted.splitlines()
