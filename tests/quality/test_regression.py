"""The regression that weighs the rules: it finds odds that are known."""

from __future__ import annotations

import math

import pytest
from quality.regression import fitted


def _cases(right: int, wrong: int, row: tuple[float, ...]) -> list[tuple[tuple[float, ...], bool]]:
    return [(row, True)] * right + [(row, False)] * wrong


def test_the_odds_of_two_groups_are_found() -> None:
    data = _cases(30, 10, (0.0, 7.0)) + _cases(20, 40, (1.0, 7.0))
    always, weights = fitted([row for row, _ in data], [good for _, good in data], ridge=1e-9)
    assert always == pytest.approx(math.log(3), abs=1e-6)
    assert weights == [pytest.approx(math.log(1 / 2) - math.log(3), abs=1e-6), 0.0]


def test_a_feature_that_was_seldom_seen_weighs_little_with_a_ridge() -> None:
    data = _cases(50, 50, (0.0,)) + _cases(0, 2, (1.0,))
    rows, right = [row for row, _ in data], [good for _, good in data]
    weights = [fitted(rows, right, ridge=ridge)[1][0] for ridge in (10.0, 1.0)]
    assert weights[1] < weights[0] < 0
