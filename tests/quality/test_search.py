"""Does the search find the known optimum, and what does it cost?  The table: docs/how-to/measure-search.md."""

from __future__ import annotations

import pytest
from quality.landscapes import Shape
from quality.search_table import measure

from forkmerge.search.protocol import Budget

FEW = Budget(60, 100.0)


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        (Shape(10, 2, 0.05), 3.0),
        (Shape(10, 2, 0.3, coverage_known=False), 3.5),
        (Shape(10, 2, 0.05, breakers=2), 4.0),
        (Shape(30, 6, 0.05), 3.7),
        (Shape(30, 6, 0.3, coverage_known=False), 4.5),
        (Shape(10, 2, 0.05, flaky=4), 3.0),
        (Shape(30, 6, 0.3, shifting=0.5), 3.7),
    ],
)
def test_conflict_driven_reaches_the_optimum_cheaply(shape: Shape, most: float) -> None:
    row = measure("conflict-driven", shape, 5, FEW)
    assert row.good == 1.0
    assert row.optimal >= 0.8
    assert row.suites <= most


def test_conflict_driven_beats_the_baselines() -> None:
    shape = Shape(10, 3, 0.2, tests=40)
    ours = measure("conflict-driven", shape, 4, FEW)
    for other in ("hill climbing", "genetic", "GOMEA", "random"):
        row = measure(other, shape, 4, FEW)
        assert ours.first <= row.first
        assert ours.optimal >= row.optimal


@pytest.mark.slow
@pytest.mark.parametrize(("loci", "planted", "most"), [(10, 2, 3.0), (30, 6, 3.7), (100, 10, 4.5)])
@pytest.mark.parametrize("breakers", [0, 2])
def test_conflict_driven_reaches_the_optimum_at_every_size(loci: int, planted: int, most: float, breakers: int) -> None:
    row = measure("conflict-driven", Shape(loci, planted, 0.05, breakers=breakers), 30)
    assert row.optimal >= (0.8 if breakers else 0.95)
    assert row.suites <= most + (1.0 if breakers else 0.0)
