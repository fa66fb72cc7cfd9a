"""Two independent edits of one expression, whose joint result is known: a clean merge is that and nothing else.

Expressions are trees that six languages write alike, but for lists; an edit renames, puts a call around a node or
behind it, or adds or takes away an argument.  Both edits are made on the tree, so what the merge has to be does not
depend on any text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, TypeAlias

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

if TYPE_CHECKING:
    from collections.abc import Iterator

Place: TypeAlias = tuple[int, ...]
NAMES = "abcdefghijkm"
PROGRAMS = {
    "x.py": "def fun(a):\n    r = {}\n    return r\n",
    "x.js": "function fun(a) {{\n    let r = {};\n    return r;\n}}\n",
    "x.ts": "function fun(a: A): R {{\n    const r: R = {};\n    return r;\n}}\n",
    "X.java": "class X {{\n    R fun(A a) {{\n        R r = {};\n        return r;\n    }}\n}}\n",
    "x.go": "package x\n\nfunc fun(a A) R {{\n\tr := {}\n\treturn r\n}}\n",
    "x.rs": "fn fun(a: A) -> R {{\n    let r = {};\n    r\n}}\n",
}
LISTS = {"X.java": "List.of({})", "x.go": "[]R{{{}}}"}
"""How a list is written where it is not in brackets."""
ROUND = frozenset(("wrap", "chain"))


@dataclass(frozen=True)
class Node:
    """``kind`` is name, call, attribute, binary, list or subscript; ``word`` its name or operator."""

    kind: str
    parts: tuple[Node, ...] = ()
    word: str = ""

    def text(self, path: str) -> str:
        """Return the expression as the language of ``path`` writes it."""
        inner = [p.text(path) for p in self.parts]
        first = f"({inner[0]})" if inner and self.parts[0].kind == "binary" else "".join(inner[:1])
        if self.kind == "call":
            return f"{first}({', '.join(inner[1:])})"
        if self.kind == "attribute":
            return f"{first}.{self.word}"
        if self.kind == "binary":
            second = f"({inner[1]})" if self.parts[1].kind == "binary" else inner[1]
            return f"{first} {self.word} {second}"
        if self.kind == "list":
            return LISTS.get(path, "[{}]").format(", ".join(inner))
        return f"{first}[{inner[1]}]" if self.kind == "subscript" else self.word


@dataclass(frozen=True)
class Edit:
    """What is done at which place: a path of indices from the root."""

    kind: str
    place: Place
    word: str


def grown(random: Random, depth: int) -> Node:
    roll = random.random()
    if not depth or roll < 0.25:
        return Node("name", word=random.choice(NAMES))

    def part() -> Node:
        return grown(random, depth - 1)

    if roll < 0.5:
        called = part() if random.random() < 0.3 else grown(random, 0)
        return Node("call", (called, *(part() for _ in range(random.randint(0, 3)))))
    if roll < 0.65:
        return Node("attribute", (part(),), random.choice(NAMES))
    if roll < 0.8:
        return Node("binary", (part(), part()), random.choice("+*-"))
    if roll < 0.9:
        return Node("list", tuple(part() for _ in range(random.randint(1, 4))))
    return Node("subscript", (part(), part()))


def places(node: Node, at: Place = ()) -> Iterator[tuple[Place, Node]]:
    yield at, node
    for index, part in enumerate(node.parts):
        yield from places(part, (*at, index))


def edit_of(random: Random, tree: Node, side: str) -> Edit:
    while True:
        place, node = random.choice(list(places(tree)))
        kind = random.choice(("rename", "wrap", "chain", "add", "drop"))
        fits = {
            "rename": node.kind in ("name", "attribute"),
            "add": node.kind in ("call", "list"),
            "drop": node.kind in ("call", "list") and len(node.parts) > 2,
        }
        if fits.get(kind, True):
            return Edit(kind, place, f"{side}{kind[0]}")


def done(node: Node, edits: tuple[Edit, ...], at: Place = ()) -> Node:
    """Return ``node`` with all of ``edits`` made, those that put something around a node last."""
    node = replace(node, parts=tuple(done(p, edits, (*at, i)) for i, p in enumerate(node.parts)))
    for edit in sorted((e for e in edits if e.place == at), key=lambda e: e.kind in ROUND):
        if edit.kind == "rename":
            node = replace(node, word=edit.word)
        elif edit.kind == "add":
            node = replace(node, parts=(*node.parts, Node("name", word=edit.word)))
        elif edit.kind == "drop":
            node = replace(node, parts=node.parts[:-1])
        elif edit.kind == "wrap":
            node = Node("call", (Node("name", word=edit.word), node))
        else:
            node = Node("call", (Node("attribute", (node,), edit.word),))
    return node


def independent(tree: Node, one: Edit, two: Edit) -> bool:
    """Return whether there is one joint result: not two edits of one thing, none of something that is taken away."""
    if one.place == two.place and (one.kind in ROUND) == (two.kind in ROUND):
        return False
    parts = dict(places(tree))
    for edit, other in ((one, two), (two, one)):
        if edit.kind == "drop":
            gone = (*edit.place, len(parts[edit.place].parts) - 1)
            if other.place[: len(gone)] == gone:
                return False
    return True


def outcome(path: str, random: Random) -> str:
    tree = grown(random, 3)
    ours, theirs = edit_of(random, tree, "o"), edit_of(random, tree, "t")
    if not independent(tree, ours, theirs):
        return "skipped"
    base, left, right, wanted = (
        PROGRAMS[path].format(done(tree, edits).text(path)).encode()
        for edits in ((), (ours,), (theirs,), (ours, theirs))
    )
    merged = merge_file(path, base, left, right, line_merge=line_merge)
    if not merged.clean:
        return "conflict"
    assert merged.merged() == wanted, (base, left, right)
    return "merged"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_clean_merge_of_two_edits_holds_both(seed: int) -> None:
    random = Random(seed)
    found = Counter(outcome("x.py", random) for _ in range(150))
    assert found["merged"] > 2 * found["conflict"], found


@pytest.mark.parametrize("path", sorted(set(PROGRAMS) - {"x.py"}))
def test_a_clean_merge_of_two_edits_holds_both_in_other_languages(path: str) -> None:
    random = Random(path)
    found = Counter(outcome(path, random) for _ in range(60))
    assert found["merged"] > found["conflict"], found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
@pytest.mark.parametrize("path", sorted(PROGRAMS))
def test_a_clean_merge_of_two_edits_holds_both_at_length(path: str, seed: int) -> None:
    random = Random(seed)
    found = Counter(outcome(path, random) for _ in range(500))
    assert found["merged"] > found["conflict"], found
