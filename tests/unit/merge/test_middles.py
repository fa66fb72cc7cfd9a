from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.merge.diff import common, hunks
from forkmerge.merge.pieces import lines_of, middles

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"  \n", b"c d\n"]), max_size=8)
TEXTS = st.builds(lambda lines, end: b"".join(lines) + end, LINES, st.sampled_from([b"", b"a", b"c d"]))
AROUND = st.integers(0, 2)


@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3), AROUND)
def test_middles_are_what_is_left_between_the_same_whole_lines(head, tail, parts, around) -> None:
    texts = [head + part + tail for part in parts]
    cut = middles(*texts, around=around)
    for text, part in zip(texts, cut, strict=True):
        assert part in text
        assert len(text) - len(part) == len(texts[0]) - len(cut[0])
    for one, other in itertools.pairwise(texts):
        a, b = (Counter(lines_of(x)) for x in (one, other))
        c, d = (Counter(lines_of(x)) for x in middles(one, other, around=around))
        assert (a - b, b - a) == (c - d, d - c)


def test_middles_keep_some_lines_with_something_on_them_around() -> None:
    one, other = b"a\nb\n\nc\nx\nd\n\ne\nf\n", b"a\nb\n\nc\ny\nd\n\ne\nf\n"
    assert middles(one, other) == (b"x\n", b"y\n")
    assert middles(one, other, around=1) == (b"c\nx\nd\n", b"c\ny\nd\n")
    assert middles(one, other, around=2) == (b"b\n\nc\nx\nd\n\ne\n", b"b\n\nc\ny\nd\n\ne\n")
    assert middles(one, other, around=9) == (one, other)


@given(LINES, LINES)
def test_hunks_are_the_gaps_between_what_is_common(before, after) -> None:
    gaps, i, j = [], 0, 0
    for x, y in [*common(before, after), (len(before), len(after))]:
        if (i, j) != (x, y):
            gaps.append((i, x, j, y))
        i, j = x + 1, y + 1
    assert hunks(before, after) == gaps
    assert hunks(tuple(before), after) == gaps
