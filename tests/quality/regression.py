"""Logistic regression with a ridge, by Newton's method: few features, a few thousand cases, no dependency."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS = 30
_CLOSE = 1e-9


def fitted(rows: Sequence[Sequence[float]], right: Sequence[bool], *, ridge: float) -> tuple[float, list[float]]:
    """Return (intercept, weights) that make ``right`` likeliest given ``rows``.

    ``ridge`` is the penalty on the squares of the weights of features scaled to a deviation of one; the intercept has
    none.  A feature that never varies weighs nothing.
    """
    count, width = len(rows), len(rows[0])
    means = [sum(row[j] for row in rows) / count for j in range(width)]
    spread = [math.sqrt(sum((row[j] - means[j]) ** 2 for row in rows) / count) or math.inf for j in range(width)]
    scaled = [[1.0, *((row[j] - means[j]) / spread[j] for j in range(width))] for row in rows]
    weights = [0.0] * (width + 1)
    for _ in range(_STEPS):
        chances = [1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, row, strict=True)))) for row in scaled]
        penalty = [0.0] + [ridge] * width
        slope = [-penalty[j] * weights[j] for j in range(width + 1)]
        bend = [[penalty[j] if i == j else 0.0 for i in range(width + 1)] for j in range(width + 1)]
        for row, chance, good in zip(scaled, chances, right, strict=True):
            for j, x in enumerate(row):
                if not x:
                    continue
                slope[j] += x * (good - chance)
                for i, y in enumerate(row):
                    bend[j][i] += chance * (1 - chance) * x * y
        step = _solved(bend, slope)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _CLOSE:
            break
    plain = [w / s for w, s in zip(weights[1:], spread, strict=True)]
    return weights[0] - sum(w * m for w, m in zip(plain, means, strict=True)), plain


def _solved(matrix: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """Return x with ``matrix`` x = ``values``, by elimination with pivots; a row without one gives 0."""
    rows = [[*row, value] for row, value in zip(matrix, values, strict=True)]
    size = len(rows)
    for j in range(size):
        pivot = max(range(j, size), key=lambda i: abs(rows[i][j]))
        rows[j], rows[pivot] = rows[pivot], rows[j]
        if abs(rows[j][j]) < _CLOSE:
            rows[j][j] = math.inf
            continue
        for i in range(j + 1, size):
            factor = rows[i][j] / rows[j][j]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[j], strict=True)]
    out = [0.0] * size
    for j in reversed(range(size)):
        known = sum(rows[j][i] * out[i] for i in range(j + 1, size))
        out[j] = 0.0 if math.isinf(rows[j][j]) else (rows[j][size] - known) / rows[j][j]
    return out
