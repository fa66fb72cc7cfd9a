from __future__ import annotations

import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from forkmerge.app.confirming import mended
from forkmerge.app.landscape import Genotype
from forkmerge.app.propose import Proposing
from forkmerge.app.runs import wished
from forkmerge.app.settings import Settings
from forkmerge.app.stopping import Limit, stopping
from forkmerge.app.testing import _Forgetful, _named
from forkmerge.fitness.evaluator import Cost, Counters, Evaluation
from forkmerge.fitness.records import Purpose
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.report.events import PhaseStarted, TestFinished
from forkmerge.report.progress import State, advance
from forkmerge.suites.runner import TestCommand, TestLimits


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_runs_before_it_raises_and_a_double_tap_changes_nothing(number: signal.Signals) -> None:
    stopped = []
    before = signal.getsignal(number)
    with stopping(lambda: stopped.append(number)):
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert stopped == [number]
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_what_only_thinks_is_ended_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forkmerge.app.stopping.GRACE", 0.05)
    said = []
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt), stopping(lambda: said.append("stop"), Limit(-3.0, lambda: True)):
        think_for_ever()
    assert said == ["stop"]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def think_for_ever() -> None:
    while True:
        pass


def test_the_end_of_the_time_changes_nothing_where_nothing_is_left_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forkmerge.app.stopping.GRACE", 0.0)
    asked: list[bool] = []

    def late() -> bool:
        asked.append(True)
        return False

    with stopping(lambda: pytest.fail("nothing runs any more"), Limit(0.01, late)):
        while not asked:
            time.sleep(0.01)
    assert asked == [True]


def test_signals_are_left_alone_outside_the_main_thread() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with stopping(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_what_single_tests_cost_is_told_when_no_whole_suite_runs_after_them() -> None:
    spent = Counters(0, Cost(partial_runs=1, seconds=2.0), 0.5)
    evaluate = SimpleNamespace(evaluate=lambda *_, again: Evaluation("ok"), counters=spent)
    found = SimpleNamespace(search_counters=Counters())
    proposing = Proposing(None, SimpleNamespace(settings=Settings()), None, 0.0)
    proposing._evaluate(found, evaluate, Genotype((0,)), frozenset({"ours:t"}), SimpleNamespace(label=""))
    assert found.search_counters == spent


def test_limits_that_the_user_set_replace_those_of_the_parents() -> None:
    found = TestLimits(per_test=30.0, whole=100.0)
    assert wished(found, Settings()) == found
    assert wished(found, Settings(test_timeout=2.0)) == TestLimits(per_test=2.0, whole=100.0)
    assert wished(found, Settings(run_timeout=9.0)) == TestLimits(per_test=30.0, whole=9.0)


def test_the_program_of_a_shell_line_is_the_one_named_by_its_path() -> None:
    assert _named(TestCommand("python3 -m pytest")) == ("python3", "-m", "pytest")
    assert _named(TestCommand("A=b cd src && /bin/sh run.sh")) == ("/bin/sh",)
    assert _named(TestCommand("A=b pytest")) == ("/bin/sh", "-c", "A=b pytest")


def test_without_the_cache_only_what_this_process_ran_is_known() -> None:
    class Kept:
        def __init__(self) -> None:
            self.rows: list[str] = []

        def put(self, tree: str, *_: object) -> None:
            self.rows.append(tree)

        def get(self, *_: object) -> SuiteRun:
            return SuiteRun(RunStatus.COMPLETED, tail="of an earlier process")

        def runs(self, *_: object) -> tuple[SuiteRun, ...]:
            return (self.get(),)

    kept = Kept()
    forgetful = _Forgetful(kept)
    assert forgetful.get("a", None, Purpose.SUITE) is None
    assert forgetful.runs("a", None, Purpose.SUITE) == ()
    mine = SuiteRun(RunStatus.COMPLETED, tail="mine")
    forgetful.put("a", None, Purpose.SUITE, mine)
    forgetful.put("b", None, Purpose.SUITE, SuiteRun(RunStatus.TIMEOUT))
    assert forgetful.get("a", None, Purpose.SUITE) == mine
    assert forgetful.get("b", None, Purpose.SUITE) is None, "a run that was cut short is no answer"
    assert kept.rows == ["a", "b"]


def test_a_new_phase_takes_the_bars_of_the_one_before_away() -> None:
    state = advance(State(), TestFinished("probe", "t", good=True, done=1, total=1))
    assert state.running
    assert not advance(state, PhaseStarted("confirming the best")).running


def test_what_passes_when_it_is_run_once_more_counts_as_passed() -> None:
    one, two, three, new = (TestId("pytest", "t.py", "", name) for name in ("one", "two", "three", "new"))
    whole = SuiteRun(
        RunStatus.COMPLETED,
        (TestResult(one, Status.FAILED), TestResult(two, Status.FAILED), TestResult(three, Status.PASSED)),
    )
    now = {one: Status.PASSED, two: Status.FAILED, three: Status.FAILED, new: Status.PASSED}
    again = SuiteRun(RunStatus.COMPLETED, tuple(TestResult(test, status) for test, status in now.items()))
    found = {r.test: r.status for r in mended(whole, again).results}
    assert found == {one: Status.PASSED, two: Status.FAILED, three: Status.PASSED, new: Status.PASSED}
