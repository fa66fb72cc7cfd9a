from __future__ import annotations

import pytest

from forkmerge.merge.indent import indentation_of, reindent
from forkmerge.merge.items import Item, items, node_tokens, similarity
from forkmerge.merge.matching import match
from forkmerge.syntax.parsing import parse
from forkmerge.syntax.profiles import load

PYTHON = load("python")


def split(data: bytes, language: str = "python") -> list[Item]:
    profile = load(language)
    root = parse(profile, data).root_node
    return items(data, root.children, 0, len(data), profile, listlike=True, known={})


@pytest.mark.parametrize(
    ("language", "data"),
    [
        ("python", b"# a\nimport os  # b\n\n\n# c\n@d\ndef f(): pass\nx = 1; y = 2\n"),
        ("javascript", b"// a\nimport a from 'b';\n\nfunction f() {} /* c */\nlet x = 1\n"),
        ("go", b"package a\n\nimport (\n\t\"b\"\n)\n\n// c\nfunc f() {}\n"),
        ("rust", b"#[a]\n/// b\nfn f() {}\n\nuse c;\r\n"),
        ("python", b""),
    ],
)  # fmt: skip
def test_items_put_together_are_the_file(language: str, data: bytes) -> None:
    found = split(data, language)
    assert b"".join(i.lead + i.text for i in found) == data
    assert [i.end for i in found] == [False] * (len(found) - 1) + [True]


def test_comment_belongs_to_what_it_stands_at() -> None:
    found = split(b"x = 1  # one\n# two\ny = 2\n\n# alone\n\nz = 3\n")
    assert [i.text for i in found] == [b"x = 1  # one", b"# two\ny = 2", b"# alone", b"z = 3", b""]


def test_tokens_tell_nesting_but_not_layout() -> None:
    def tokens(data: bytes) -> tuple[bytes, ...]:
        return node_tokens(parse(PYTHON, data).root_node, data, PYTHON)

    assert tokens(b"f(a, b)\n") == tokens(b"f(\n    a,\n    b,\n)\n")
    assert tokens(b"if a:\n    b\n    c\n") != tokens(b"if a:\n    b\nc\n")


def test_items_are_matched_by_equality_then_by_name_then_by_likeness() -> None:
    left = split(b"import a\ndef f(x):\n    return x\ncall(one, two, three)\nold()\n")
    right = split(b"import a\nnew = 1\ndef f():\n    pass\ncall(one, two, four)\n")
    assert match(left, right) == {0: 0, 1: 2, 2: 3, 4: 4}


def test_definitions_with_other_names_are_never_one() -> None:
    left, right = split(b"def f(a, b):\n    return a + b\n"), split(b"def g(a, b):\n    return a + b\n")
    assert match(left, right) == {1: 1}


def test_similarity_counts_shared_tokens() -> None:
    assert similarity((b"a", b"b"), (b"a", b"c")) == 0.5
    assert similarity((), (b"a",)) == 0.0


def test_indentation_is_known_where_all_lines_agree() -> None:
    data = b"def f():\n    a\n    b\n"
    block = parse(PYTHON, data).root_node.children[0].child_by_field_name("body")
    assert block is not None
    inside = items(data, block.children, 8, len(data), PYTHON, listlike=True, known={})
    assert indentation_of(inside) == b"    "
    moved = reindent(inside[1], b"    ", b"\t")
    assert (moved.lead, moved.text) == (b"\n\t", b"b")
