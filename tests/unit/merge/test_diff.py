from __future__ import annotations

import random
from itertools import pairwise

import pytest

from forkmerge.merge.diff import common, longest_increasing


def longest(a: str, b: str) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            table[i][j] = table[i + 1][j + 1] + 1 if a[i] == b[j] else max(table[i + 1][j], table[i][j + 1])
    return table[0][0]


@pytest.mark.parametrize(
    ("a", "b"), [("", ""), ("a", ""), ("", "b"), ("ab", "ba"), ("abcabba", "cbabac"), ("aaa", "aa")]
)
def test_common_is_longest_where_nothing_is_unique(a: str, b: str) -> None:
    assert all(a[i] == b[j] for i, j in common(a, b))
    assert len(common(a, b)) == longest(a, b)


def test_common_is_increasing_and_equal_for_random_sequences() -> None:
    rng = random.Random(7)
    for _ in range(300):
        a, b = ("".join(rng.choice("abcdef") for _ in range(rng.randrange(15))) for _ in range(2))
        pairs = common(a, b)
        assert all(a[i] == b[j] for i, j in pairs)
        assert all(x[0] < y[0] and x[1] < y[1] for x, y in pairwise(pairs))


def test_element_that_stands_once_on_both_sides_anchors_the_rest() -> None:
    assert common("q}}x}r", "}x}}s") == [(2, 0), (3, 1), (4, 2)]


def test_thousands_of_different_lines_are_compared_at_once() -> None:
    a, b = [f"a{i // 2}" for i in range(20000)], [f"b{i // 2}" for i in range(20000)]
    assert common([*a, "x", "x"], [*b, "x", "x"]) == [(20000, 20000), (20001, 20001)]
    assert common(["y", *a, "x", "x", "q"], [*b, "x", "x", "r"]) == [(20001, 20000), (20002, 20001)]


def test_longest_increasing_keeps_the_longest_run() -> None:
    assert longest_increasing([(0, 4), (1, 1), (2, 2), (3, 0), (4, 3)]) == [(1, 1), (2, 2), (4, 3)]
    assert longest_increasing([]) == []
