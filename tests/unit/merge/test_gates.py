from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.merge import gates
from forkmerge.merge.gates import objections
from forkmerge.syntax.profiles import load


def codes(language: str, base: bytes, ours: bytes, theirs: bytes, result: bytes) -> list[str]:
    return [f.code for f in objections(load(language), "x", base, ours, theirs, result)]


def test_result_that_does_not_parse_is_objected_to() -> None:
    assert codes("python", b"a\n", b"b\n", b"c\n", b"a(\n") == ["does-not-parse"]


def test_result_of_inputs_that_do_not_parse_is_not_objected_to() -> None:
    assert codes("python", b"a(\n", b"b\n", b"c\n", b"a(\n") == []


def test_definition_doubled_by_the_merge_is_objected_to() -> None:
    one = b"def f():\n    return 1\n"
    assert codes("python", b"x = 1\n", one + b"x = 1\n", b"x = 1\n" + one, one + b"x = 1\n" + one) == ["duplicate-name"]


def test_import_taken_away_here_and_used_there_is_objected_to() -> None:
    base, ours, theirs = b"import os\nx = 1\n", b"x = 1\n", b"import os\nx = 1\ny = os.sep\n"
    assert codes("python", base, ours, theirs, b"x = 1\ny = os.sep\n") == ["dangling-name"]


def test_second_name_of_an_unpacking_that_is_taken_away_is_objected_to() -> None:
    base, ours, theirs = b"a, b = f()\nz = 1\n", b"z = 1\n", b"a, b = f()\nz = 1\nprint(b)\n"
    assert codes("python", base, ours, theirs, b"z = 1\nprint(b)\n") == ["dangling-name"]


def test_json_key_that_is_doubled_is_objected_to() -> None:
    assert codes("json", b"{}", b'{"a": 1}', b'{"a": 2}', b'{"a": 1, "a": 2}') == ["does-not-load"]


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_word_of_a_million_letters_takes_no_time(language: str) -> None:
    word = b"x = '" + b"a" * 1_000_000 + b"'\n"
    start = time.process_time()
    assert codes(language, word, word.replace(b"x", b"y", 1), word.replace(b"a'", b"b'"), word) == []
    assert time.process_time() - start < 5


def test_name_of_an_import_over_several_lines_that_is_taken_away_is_objected_to() -> None:
    base = b"from x import (\n    a,\n    b,\n)\n\n\ndef f():\n    return a()\n"
    ours, added = base.replace(b"    b,\n", b""), b"\n\ndef g():\n    return b()\n"
    assert codes("python", base, ours, base + added, ours + added) == ["dangling-name"]
    assert codes("python", base, base.replace(b"    b,", b"    b as b,"), base + added, base + added) == []


def test_a_merge_that_only_the_compiler_would_refuse_is_objected_to() -> None:
    base = b"x = 1\n\n\ndef f(a):\n    pass\n    return x\n"
    ours = base.replace(b"    pass\n", b"    x = 2\n")
    theirs = base.replace(b"    return x", b"    global x\n    return x")
    merged = b"x = 1\n\n\ndef f(a):\n    x = 2\n    global x\n    return x\n"
    assert codes("python", base, ours, theirs, merged) == ["does-not-parse"]


@pytest.mark.parametrize("head", [b"# coding: latin-1\nx = '\xe4'\n", b"\xef\xbb\xbfx = 1\n", "x = 'ä'\n".encode()])
def test_encodings_that_python_reads_are_no_objection(head: bytes) -> None:
    assert codes("python", head, head + b"a = 1\n", b"b = 2\n" + head, head + b"a = 1\nb = 2\n") == []


SLOTS = (
    ("value = 1", "value = 2", "value += 1", "# value = 1", "value: int = 3", "print(value)", "other = value", ""),
    ("import os", "import re", "import os, re", "import os.path", "from os import sep", "print(os.sep)", ""),
    ("from m import (\n    a,\n    b,\n)", "from m import (\n    a,\n)", "a = b = 1", "a, b = f()", "print(a, b)", ""),
    ("def f(a):\n    value = a\n    return value", "def f(a, b):\n    return b", "f(value, a)", "",
     "value = 2\ndef f(a):\n    return value", "class f:\n    value = 1",
     'f = """\ndef f(a):\n    value = a\n"""'),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=8))
def test_what_is_spared_where_a_line_goes_on_binding_its_names_changes_no_answer(
    rows: list[tuple[int, int, int, bool]],
) -> None:
    picked = [(SLOTS[s][b % len(SLOTS[s])], SLOTS[s][n % len(SLOTS[s])], first) for s, b, n, first in rows]
    base = "".join(f"{b}\n" for b, _, _ in picked).encode()
    ours = "".join(f"{n if first else b}\n" for b, n, first in picked).encode()
    theirs = "".join(f"{b if first else n}\n" for b, n, first in picked).encode()
    result = "".join(f"{n}\n" for _, n, _ in picked).encode()
    python = load("python")
    found = gates._names(python, "x", base, ours, theirs, result)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "_FEW", -1)
        assert found == gates._names(python, "x", base, ours, theirs, result)


@pytest.mark.parametrize(("tag", "found"), [("target", ["duplicate-key"]), ("macro", [])])
def test_element_of_one_name_that_both_sides_put_in_side_by_side_is_objected_to(tag: str, found: list[str]) -> None:
    one, other = b'<target name="a"/>\n', f'<{tag} name="a" if="b"/>\n'.encode()
    base, ours, theirs = b"<p>\n<x/>\n</p>\n", b"<p>\n" + one + b"<x/>\n</p>\n", b"<p>\n<x/>\n" + other + b"</p>\n"
    assert codes("xml", base, ours, theirs, b"<p>\n" + one + b"<x/>\n" + other + b"</p>\n") == found
    assert codes("xml", base, ours, ours, b'<p>\n<q>\n<target name="a"/>\n</q>\n<target name="a"/>\n</p>\n') == []
