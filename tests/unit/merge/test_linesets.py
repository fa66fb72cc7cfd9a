"""Merges of files without a grammar, line by line."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.syntax.catalogue import Catalogue, Choice

KEYS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("12")), max_size=6, unique_by=lambda kv: kv[0])
TEXTS = KEYS.map(lambda found: "".join(f"{k}={v}\n" for k, v in found).encode())


def merged(path: str, base: str, ours: str, theirs: str, languages: Catalogue | None = None) -> str | None:
    result = merge_file(
        path, base.encode(), ours.encode(), theirs.encode(), line_merge=line_merge, languages=languages or Catalogue()
    )
    return result.merged().decode() if result.clean else None


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "result"),
    [
        ("a.ini", "[a]\nx=1\n", "[a]\nx=1\ny=2\n", "[a]\nx=1\nz=3\n", "[a]\nx=1\ny=2\nz=3\n"),
        ("a.ini", "[a]\nx=1\n", "[a]\nx=1\n[b]\ny=2\n", "[a]\nx=1\n[b]\nz=3\n", "[a]\nx=1\n[b]\ny=2\nz=3\n"),
        ("a.ini", "[a]\nx=1\n", "[a]\nx=1\n[b]\ny=2\n", "[a]\nx=1\n[b]\ny=3\n", None),
        ("a.ini", "[a]\nx=1\ny=1\n", "[a]\nx=2\n", "[a]\nx=1\ny=2\n", None),
        ("a.ini", "x=1\nx=2\n", "x=1\nx=2\ny=1\n", "x=1\nx=2\nz=1\n", "x=1\nx=2\ny=1\nz=1\n"),
        ("a.ini", "x=1\nx=2\n", "x=3\nx=2\n", "x=1\nx=4\n", None),
        ("a.ini", "x=1\n", "x=1\ny=1", "x=1\nz=1", "x=1\ny=1\nz=1"),
        ("a.properties", "a=1 \\\n  2\n", "a=1 \\\n  3\n", "a=1 \\\n  2\nb=1\n", None),
        ("a.properties", "a=\\\n  1\n", "a=\\\n  1,\\\n  2\n", "a=\\\n  1,\\\n  3\n", None),
        (".gitignore", "", "b\nd\n", "a\nc\n", "a\nb\nc\nd\n"),
        (".gitignore", "b\na\n", "a\nb\n", "b\na\nc\n", "a\nb\nc\n"),
        (".gitignore", "!x\na\n", "!x\na\nb\n", "!x\na\nc\n", None),
        ("CODEOWNERS", "a @x\nb @x\n", "b @x\na @x\n", "a @x\nb @x\nc @x\n", None),
        ("requirements.txt", "a==1\n", "a==1\nb==1\n", "a==1\nB==1\n", None),
        ("requirements.txt", "a==1 \\\n  --hash=x\n", "a==1 \\\n  --hash=y\n", "a==1 \\\n  --hash=z\n", None),
        ("go.mod", "go 1.1\n", "go 1.2\n", "go 1.3\n", None),
        ("go.mod", "go 1.1\n", "go 1.1\nrequire (\n\ta v1\n)\n", "go 1.1\nrequire b v1\n", None),
    ],
)
def test_merges(path: str, base: str, ours: str, theirs: str, result: str | None) -> None:
    assert merged(path, base, ours, theirs) == result


@settings(max_examples=25, deadline=None)  # each starts git
@given(TEXTS, TEXTS, TEXTS)
@example(b"b=1\na=1\n", b"a=1\n", b"a=1\nb=1\n")  # git brings back what one side deleted and the other moved
def test_keys_are_merged_one_by_one_or_not_at_all(base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge_file("a.properties", base, ours, theirs, line_merge=line_merge)
    swapped = merge_file("a.properties", base, theirs, ours, line_merge=line_merge)
    assert result.clean == swapped.clean
    if not result.clean:
        return
    b, o, t = (dict(line.split(b"=") for line in text.splitlines()) for text in (base, ours, theirs))
    pairs = [line.split(b"=") for line in result.merged().splitlines()]
    found = dict(pairs)
    assert len(found) == len(pairs)
    assert sorted(result.merged().splitlines()) == sorted(swapped.merged().splitlines())
    for key in {*b, *o, *t}:
        allowed = {o.get(key), t.get(key)} - ({b.get(key)} if o.get(key) != t.get(key) else set())
        assert found.get(key) in allowed


@pytest.mark.parametrize("order", ["ordered", "unordered"])
def test_attributes_say_whether_lines_are_a_set(order: str) -> None:
    chosen = Catalogue(choices={"names.lst": Choice(order=order)})
    result = merged("names.lst", "z\n", "z\nx\n", "z\ny\n", chosen)
    assert result == ("z\nx\ny\n" if order == "unordered" else None)


def test_an_ordered_file_with_a_grammar_joins_no_additions() -> None:
    three = ("import a\n", "import a\nimport b\n", "import a\nimport c\n")
    assert merged("m.py", *three) == "import a\nimport b\nimport c\n"
    assert merged("m.py", *three, Catalogue(choices={"m.py": Choice(order="ordered")})) is None


def test_what_one_side_took_away_does_not_come_back_by_a_second_copy() -> None:
    base = b"*.log\n!keep.log\n/build\n"
    ours, theirs = base + b"!new.log\n/build\n*.log\n", base.replace(b"*.log", b"*.other", 1)
    for three in ((base, ours, theirs), (base, theirs, ours)):
        assert not merge_file(".gitignore", *three, line_merge=line_merge).clean


@pytest.mark.parametrize("path", ["known.txt", "notes.rst", "NAMES"])
def test_lines_of_a_text_that_each_side_took_away_are_all_gone(path: str) -> None:
    base = b"one\ntwo\nthree\nfour\nfive\n"
    ours, theirs = base.replace(b"two\n", b""), base.replace(b"three\nfour\n", b"")
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merge_file(path, base, one, other, line_merge=line_merge).merged() == b"one\nfive\n"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"one\n2\nthree\nfour\n", b"one\ntwo\nfour\n"),
        (b"one\nthree\ntwo\nfour\n", b"one\ntwo\nfour\n"),
    ],
    ids=["edited", "moved"],
)
def test_lines_taken_away_beside_anything_else_stay_a_conflict(ours: bytes, theirs: bytes) -> None:
    base = b"one\ntwo\nthree\nfour\n"
    for one, other in ((ours, theirs), (theirs, ours)):
        assert not merge_file("known.txt", base, one, other, line_merge=line_merge).clean
