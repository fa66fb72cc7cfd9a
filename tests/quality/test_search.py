"""Does the search find the known optimum, and what does it cost?  The table: docs/how-to/measure-search.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from quality.landscapes import Shape
from quality.planted_search import measured, merge_of
from quality.search_table import measure
from support.proposing import build

from forkmerge.search.protocol import Budget

if TYPE_CHECKING:
    from pathlib import Path

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


def test_planted_interferences_in_real_code_are_found(tmp_path: Path) -> None:
    """Loci of a merge of real text, as ``quality.planted_search`` has them of real repositories."""

    def module(name: str, *edits: str) -> str:
        lines = {"first": "    total = 0\n", "second": "    rest = 1\n", "third": "    return total + rest\n"}
        for edit in edits:
            lines[edit] = lines[edit].replace("\n", f" + {len(name)}\n")
        return "".join(f"def {name}_{n}(values):\n{''.join(lines.values())}\n\n" for n in range(3))

    names = [f"module{n}" for n in range(6)]
    base = {f"{name}.py": module(name) for name in names}
    box = build(
        tmp_path,
        base,
        {f"{name}.py": module(name, "first") for name in names[:4]},
        {f"{name}.py": module(name, "third") for name in names[2:]},
    )
    merge = merge_of(str(box.folder), "fork", "upstream")
    assert len(merge.pool) >= 12
    for known in (True, False):
        outcomes = measured(merge, Shape(planted=3, coverage=0.2, coverage_known=known), 4, seed=1)
        assert all(o.good for o in outcomes)
        assert sum(o.optimal for o in outcomes) >= 3
        assert max(o.suites for o in outcomes) <= 6
