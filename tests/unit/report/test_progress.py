from __future__ import annotations

import io

import pytest
from rich.console import Console

from forkmerge.report.events import (
    BestSoFar,
    BudgetUsed,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    PhaseStarted,
    Remark,
    TestFinished,
)
from forkmerge.report.progress import Display, State, advance, lines
from forkmerge.report.values import Verdict

STORY: list[Event] = [
    PhaseStarted("testing the parents", "seedbook"),
    EvaluationStarted("fork", 4),
    TestFinished("fork", "tests/test_a.py::test_a", good=True, done=1),
    TestFinished("fork", "tests/test_a.py::test_b", good=False, done=2),
    BudgetUsed(1, 20, 61.0),
    BestSoFar("offspring 1", 0),
]


def state_after(events: list[Event]) -> State:
    state = State()
    for event in events:
        state = advance(state, event)
    return state


def test_the_living_lines_tell_what_runs_how_far_and_the_best_so_far() -> None:
    text = lines(state_after(STORY)).plain
    assert "testing the parents: seedbook" in text
    assert "[##########..........] 2/4 1 failed" in text
    assert "test_b" in text
    assert "best so far: offspring 1, loses nothing | 1 of 20 evaluations, 1:01 left" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_finished_evaluation_leaves_the_living_lines() -> None:
    state = state_after([*STORY, EvaluationFinished("fork", Verdict.GOOD, 4, 0, 1.0)])
    assert not state.running


def test_runs_side_by_side_are_kept_apart() -> None:
    state = state_after(
        [EvaluationStarted("a", 2), EvaluationStarted("b", 3), TestFinished("a", "t", good=True, done=1)]
    )
    assert {(r.label, r.done, r.total) for r in state.running} == {("a", 1, 2), ("b", 0, 3)}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            EvaluationFinished("git's merge", Verdict.LOSES, 38, 3, 1.25),
            "lost git's merge: 38 required tests kept, 3 lost (1.2 s)",
        ),
        (
            EvaluationFinished("fork", Verdict.GOOD, 41, 0, 0.0, cached=True),
            "ok   fork: 41 required tests kept (from the ledger)",
        ),
        (EvaluationFinished("fork", Verdict.GOOD, 4, 2, 1.25, own=True), "ok   fork: 4 tests pass, 2 do not (1.2 s)"),
        (
            EvaluationFinished("fork", Verdict.GOOD, 1, 1, 1.25, own=True),
            "ok   fork: 1 test passes, 1 does not (1.2 s)",
        ),
        (Remark("no coverage", warning=True), "warning: no coverage"),
        (PhaseStarted("search"), ""),
        (STORY[2], ""),
    ],
)
def test_away_from_a_terminal_there_is_a_line_for_each_evaluation_and_remark(event: Event, line: str) -> None:
    out = io.StringIO()
    with Display(Console(file=out, force_terminal=False, width=2000)) as display:
        display.update(event)
    assert out.getvalue().strip() == line.strip()
