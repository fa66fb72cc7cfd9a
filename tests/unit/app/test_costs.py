"""What a question counts against the budget follows what the parents' own runs took."""

from __future__ import annotations

import pytest

from forkmerge.app.costs import Prices, cost_of, prices
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.search.protocol import Query


def run(seconds: float, *tests: float, status: RunStatus = RunStatus.COMPLETED) -> SuiteRun:
    results = (TestResult(TestId("t", f"{i}.py", "", "t"), Status.PASSED, s) for i, s in enumerate(tests))
    return SuiteRun(status, tuple(results), 0, seconds)


def duty(owner: str, number: int) -> str:
    return f"{owner}:{TestId('t', f'{number}.py', '', 't')}"


def test_a_probe_costs_its_start_and_its_tests() -> None:
    found = prices({"ours": (run(6.0, 1.0, 3.0),), "theirs": (run(4.0, 3.0),)}, 100)
    assert found.whole == 10.0
    assert found.some([duty("ours", 0)]) == pytest.approx(0.1 + 0.101), "half of what the whole takes beside its tests"
    assert found.some([duty("ours", 1)]) == pytest.approx(0.3 + 0.101)
    assert found.some([duty("ours", 0), duty("theirs", 0)]) == pytest.approx(0.4 + 0.153)
    assert found.some([]) == pytest.approx(0.3), "all are collected"


def test_the_fastest_of_several_runs_counts_and_none_that_was_cut_short() -> None:
    slow, fast, cut = run(20.0, 10.0), run(10.0, 9.0), run(9.5, 9.5, status=RunStatus.TIMEOUT)
    found = prices({"ours": (slow, fast, cut)}, 100)
    assert found.starts == {"ours": pytest.approx(1.0)}
    assert found.some([duty("ours", 0)]) == pytest.approx((9.0 + 0.505) / 9.5)


def test_a_suite_of_a_moment_and_one_that_tells_no_times_count_by_tests() -> None:
    quick = prices({"ours": (run(0.4, 0.1),), "theirs": (run(0.4, 0.1),)}, 4)
    assert quick.some([duty("ours", 0)]) == pytest.approx(0.3)
    assert Prices(100).some([duty("ours", 0), duty("theirs", 0)]) == pytest.approx(0.07)
    parallel = prices({"ours": (run(10.0, 8.0, 9.0),)}, 100)
    assert parallel.some([]) == pytest.approx(0.05), "side by side they take longer than the whole"


def test_a_whole_evaluation_is_the_unit() -> None:
    known = prices({"ours": (run(9.0, 8.0),)}, 10)
    assert cost_of(Query((0,)), known, selects=True) == 1.0
    assert cost_of(Query((0,), frozenset({duty("ours", 0)})), known, selects=False) == 0.5
    assert cost_of(Query((0,), frozenset({duty("ours", 0)})), known, selects=True) == pytest.approx(8.55 / 9)
