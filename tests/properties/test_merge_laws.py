"""The laws of the file merge (docs/explanation/architecture.md), on edited programs and on noise."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.programs import PATHS, versions

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.gates import objections
from forkmerge.merge.markers import render
from forkmerge.merge.tile import tile
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge

SEEDS = st.integers(0, 2**32)
LANGUAGES = sorted(PATHS)
_WORD = re.compile(rb"\w+")


def merge(language: str, base: bytes, ours: bytes, theirs: bytes, **options: bool) -> FileMerge:
    return merge_file(PATHS[language], base, ours, theirs, line_merge=line_merge, **options)


def words(text: bytes) -> Counter[bytes]:
    return Counter(_WORD.findall(text))


def one_side_changes_nothing(language: str, base: bytes, ours: bytes) -> None:
    for three in ((base, ours, base), (base, base, ours), (base, ours, ours)):
        result = merge(language, *three)
        assert result.clean
        assert result.merged() == ours
        assert render(result, line_merge) == (ours, 0)


def swapping_changes_only_order(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    here, there = merge(language, base, ours, theirs), merge(language, base, theirs, ours)
    assert here.clean == there.clean
    if here.clean:
        assert words(here.merged() or b"") == words(there.merged() or b"")


def lines(text: bytes) -> Counter[bytes]:
    return Counter(line for raw in text.split(b"\n") if (line := raw.strip()))


def nothing_is_lost(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(language, base, ours, theirs)
    text = render(result, line_merge, style="diff3")[0]
    b, o, t, r = map(words, (base, ours, theirs, text))
    for mine, other in ((o, t), (t, o)):
        for word in mine:
            if not b[word] and not other[word]:
                assert r[word] >= mine[word], f"{word!r} is lost"
    if result.clean:
        b, o, t, r = map(lines, (base, ours, theirs, text))
        for line in b:
            if b[line] == o[line] == t[line] == 1:
                assert r[line] == 1, f"{line!r} was touched by nobody"


def tiles(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    plain = merge(language, base, ours, theirs, alternatives=True)
    result = tile(plain, base, ours, theirs)
    assert (result.side("base"), result.side("ours"), result.side("theirs")) == (base, ours, theirs)
    assert result.merged() == plain.merged()
    assert result.clean == plain.clean
    resolved = [h for h in result.hunks if h.merged is not None]
    odd = [
        h
        for h in resolved
        if (h.ours == h.base and h.merged != h.theirs) or (h.theirs == h.base and h.merged != h.ours)
    ]
    assert not odd or len(resolved) == 1 or result.conflicts


def clean_results_are_sound(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    profile = for_path(PATHS[language])
    result = merge(language, base, ours, theirs)
    if profile is None or not result.clean:
        return
    inputs = (base, ours, theirs)
    if all(sound(parse(profile, x)) for x in inputs):
        assert sound(parse(profile, result.merged() or b""))


def what_git_does_is_kept(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(language, base, ours, theirs)
    text, count = line_merge(base, ours, theirs)
    profile = for_path(PATHS[language])
    if not count and (profile is None or not objections(profile, "x", base, ours, theirs, text)):
        assert result.clean
        assert result.merged() == text
    if result.as_git:
        for style in ("merge", "diff3", "zdiff3"):
            look = {"style": style, "labels": ("a b", "", "z"), "marker_size": 9}
            assert render(result, line_merge, versions=(base, ours, theirs), **look) == line_merge(
                base, ours, theirs, **look
            )


def merging_again_changes_nothing(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(language, base, ours, theirs)
    merged = result.merged()
    if merged is None or not result.clean:
        return
    for three in ((base, merged, theirs), (base, ours, merged)):
        text, count = line_merge(*three)
        if not count:
            again = merge(language, *three)
            assert not again.clean or again.merged() == text
            if text == merged:
                assert again.clean


def same_input_gives_same_output(language: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    assert merge(language, base, ours, theirs) == merge(language, base, ours, theirs)


LAWS = (
    swapping_changes_only_order,
    nothing_is_lost,
    tiles,
    clean_results_are_sound,
    what_git_does_is_kept,
    merging_again_changes_nothing,
    same_input_gives_same_output,
)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_side_that_changed_nothing_leaves_the_other_as_it_is(language: str, seed: int) -> None:
    base, ours, _ = versions(language, seed)
    one_side_changes_nothing(language, base, ours)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_edited_programs_keep_the_law(language: str, law: object, seed: int) -> None:
    assert callable(law)
    law(language, *versions(language, seed))


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=600, deadline=None)
@given(seed=SEEDS)
def test_many_edited_programs_keep_the_law(language: str, law: object, seed: int) -> None:
    assert callable(law)
    law(language, *versions(language, seed))


LINES = (b"a\n", b"b\n", b"c\r\n", b"\n", b"def f():\n", b" x\n", b"<<<<<<< a\n", b"=======\n", b"z")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(LINES), max_size=9).map(b"".join),
    st.binary(max_size=12),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_garbage_keeps_every_law(base: bytes, extra: bytes, here: int, there: int) -> None:
    extra = extra.replace(b"\0", b"0")
    ours, theirs = base[:here] + extra + base[here + 2 :], base[:there] + b"q" + base[there:]
    for law in LAWS:
        law("python", base, ours, theirs)
