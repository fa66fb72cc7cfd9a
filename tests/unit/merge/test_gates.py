from __future__ import annotations

import time

import pytest

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
