"""The evaluator over a world where a tree is a mapping of tests to what they do, and runs are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from forkmerge.fitness.evaluator import Evaluator
from forkmerge.fitness.ledger import Ledger
from forkmerge.fitness.parents import measure, suite_seconds
from forkmerge.fitness.records import Purpose, Records
from forkmerge.fitness.required import required
from forkmerge.fitness.score import Makeup, score
from forkmerge.fitness.verdicts import search_verdict
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult


def tid(name: str) -> TestId:
    return TestId("pytest", f"test_{name[0]}.py", "", name)


class World:
    """``trees[id]`` maps a test to "pass", "fail", "flaky" (fails the first time), "suite-only" or "hang"."""

    def __init__(self, ledger, trees):
        self.trees = trees
        self.runs = Counter()
        self.log = []
        self.seen = Counter()
        self.records = Records(ledger, "pytest", "env", "policy")
        self.status = {}

    def run(self, tree, tests, purpose):
        self.runs[purpose] += 1
        self.log.append((tree, tests, purpose))
        forced = self.status.get((tree, purpose)) or self.status.get(tree)
        if forced is not None:
            forced = forced.pop(0) if isinstance(forced, list) else forced
        if forced in (RunStatus.UNVERIFIED, RunStatus.UNCOLLECTED):
            return SuiteRun(forced, seconds=1.0, tail="no module named x")
        behaviour = self.trees[tree]
        broken = {name[0] for name, what in behaviour.items() if what == "uncollected"}
        out = [
            TestResult(TestId("pytest", f"test_{f}.py", "", "(collection)"), Status.ERROR, 0, "boom") for f in broken
        ]
        chosen = [n for n in behaviour if n[0] not in broken and (tests is None or tid(n) in tests)]
        if purpose is Purpose.REVERSE:
            chosen.reverse()
        for name in () if purpose is Purpose.GATE else chosen:
            what = behaviour[name]
            self.seen[tree, name] += 1
            if what == "hang":
                return SuiteRun(RunStatus.TIMEOUT, (*out, TestResult(tid(name), Status.TIMEOUT)), None, 9.0, "", 9)
            bad = (
                what == "fail"
                or (what == "flaky" and self.seen[tree, name] == 1)
                or (what == "suite-only" and tests is not None)
            )
            out.append(TestResult(tid(name), Status.FAILED if bad else Status.PASSED, 0.1, "assert 0" if bad else ""))
        return SuiteRun(RunStatus.COMPLETED, tuple(out), 0, 2.0, "", len(chosen))


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.open(str(tmp_path / "ledger.sqlite3"))
    yield ledger
    ledger.close()


def scenario(ledger, trees, *, theirs=None, **options):
    """Ours has tests a*, theirs b*; the candidate "x" is the trees "x@ours" and "x@theirs"."""
    world = World(ledger, {"ours": {"a1": "pass", "a2": "pass"}, "theirs": {"b1": "pass", "b2": "pass"}, **trees})
    parents = {o: measure(o, run=world.run, recall=world.records, times=1) for o in ("ours", "theirs")}
    duties = required(parents["ours"], parents["theirs"])
    world.runs.clear()
    world.log.clear()

    def materialise(candidate, owner):
        return candidate if candidate in ("ours", "theirs", "same") else f"{candidate}@{owner}"

    evaluator = Evaluator(
        materialise,
        world.run,
        world.records,
        duties,
        {"ours": "ours", "theirs": "theirs"},
        suite_seconds(*parents.values()),
        **options,
    )
    return world, evaluator, [r for runs in parents.values() for r in runs]


def key(name):
    return f"{'ours' if name[0] == 'a' else 'theirs'}:{tid(name)}"


GOOD = {"x@ours": {"a1": "pass", "a2": "pass"}, "x@theirs": {"b1": "pass", "b2": "pass"}}


def test_offspring_that_keeps_everything_costs_one_evaluation(ledger):
    world, evaluator, parents = scenario(ledger, GOOD)
    found = evaluator.evaluate("x")
    assert found.good
    assert found.passed == {key(n) for n in ("a1", "a2", "b1", "b2")}
    assert world.runs == {Purpose.SUITE: 2}
    assert evaluator.counters.evaluations == 1
    assert found.equivalents == pytest.approx(1.0)
    fitness = score(found, evaluator.required, Makeup(kept_ours=1, kept_theirs=1), parents)
    assert fitness.good
    assert fitness.kept == 4


def test_same_tree_for_both_owners_is_run_once(ledger):
    world, evaluator, _ = scenario(ledger, {"same": dict.fromkeys(("a1", "a2", "b1", "b2"), "pass")})
    assert evaluator.evaluate("same").good
    assert world.runs == {Purpose.SUITE: 1}


def named_anew(world, name):
    """Have a test of ours that is called otherwise in each run: nobody finds it by the name that it had before."""
    run = world.run

    def named(tree, tests, purpose):
        found = run(tree, tests, purpose)
        return replace(found, results=tuple(r for r in found.results if r.test != tid(name)))

    world.run = named
    return named


def test_a_test_that_is_called_otherwise_in_each_run_is_no_evidence(ledger):
    world, evaluator, _ = scenario(ledger, GOOD)
    evaluator.run = named_anew(world, "a1")
    found = evaluator.evaluate("x")
    assert found.good
    assert found.flaky == {key("a1")}
    assert ("ours", (tid("a1"),), Purpose.SELECTION) in world.log
    assert "called otherwise" in dict(evaluator.flaky.items())[next(iter(evaluator.flaky))]


def test_a_probe_of_such_a_test_says_nothing_and_asks_its_owner_once(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "y@ours": dict(GOOD["x@ours"]), "y@theirs": dict(GOOD["x@theirs"])})
    evaluator.run = named_anew(world, "a1")
    assert evaluator.evaluate("x", {key("a1")}).flaky == {key("a1")}
    runs = len(world.log)
    assert evaluator.evaluate("y", {key("a1")}).flaky == {key("a1")}
    assert len(world.log) == runs


def test_a_test_that_an_offspring_lacks_and_its_owner_has_is_lost(ledger):
    trees = {**GOOD, "x@ours": {"a2": "pass"}}
    world, evaluator, _ = scenario(ledger, trees)
    for asked in ({key("a1")}, None):
        found = evaluator.evaluate("x", asked)
        assert found.failed == {key("a1")}
        assert not found.flaky
    assert world.log.count(("ours", (tid("a1"),), Purpose.SELECTION)) == 1


def test_second_evaluation_and_next_process_run_nothing(ledger):
    trees = {"x@ours": {"a1": "pass", "a2": "pass"}, "x@theirs": {"b1": "pass", "b2": "pass"}}
    _, evaluator, _ = scenario(ledger, trees)
    first = evaluator.evaluate("x")
    assert evaluator.evaluate("x").cost.runs == 0
    world, later, _ = scenario(ledger, trees)
    again = later.evaluate("x")
    assert world.log == []
    assert (again.passed, again.failed) == (first.passed, first.failed)
    assert later.counters.evaluations == 0
    assert again.cost.cache_hits == 2


def test_failure_counts_when_it_repeats_alone(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "fail", "a2": "pass"}})
    found = evaluator.evaluate("x")
    assert found.failed == {key("a1")}
    assert dict(found.messages) == {key("a1"): "assert 0"}
    assert ("x@ours", (tid("a1"),), Purpose.RERUN) in world.log
    assert ("ours", (tid("a1"),), Purpose.SELECTION) in world.log
    assert search_verdict(found).failed == {key("a1")}
    runs = len(world.log)
    evaluator.evaluate("x")
    assert len(world.log) == runs


def test_failure_that_does_not_repeat_is_flaky_and_decides_nothing(ledger):
    _, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "flaky", "a2": "pass"}})
    found = evaluator.evaluate("x")
    assert found.good
    assert found.flaky == {key("a1")}
    assert list(evaluator.flaky.values()) == ["failed and then passed on the same tree"]


def test_test_that_fails_alone_on_its_owner_is_no_evidence(ledger):
    trees = {**GOOD, "ours": {"a1": "pass", "a2": "suite-only"}, "x@ours": {"a1": "pass", "a2": "fail"}}
    _, evaluator, _ = scenario(ledger, trees)
    assert evaluator.evaluate("x").flaky == {key("a2")}


@pytest.mark.parametrize("ours", [{"a1": "pass"}, {"a1": "pass", "a2": "uncollected"}])
def test_missing_and_uncollected_count_as_failed(ledger, ours):
    _, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": ours})
    found = evaluator.evaluate("x")
    assert key("a2") in found.failed
    assert (key("a1") in found.failed) is (len(ours) == 2)


def test_broken_collection_is_broken_and_is_not_asked_again(ledger):
    world, evaluator, _ = scenario(ledger, GOOD)
    world.status["x@ours"] = RunStatus.UNCOLLECTED
    found = evaluator.evaluate("x")
    assert found.status == "broken"
    assert {key("a1"), key("a2")} == found.failed
    assert world.runs == {Purpose.SUITE: 2}
    assert "no module" in dict(found.messages)[key("a1")]


def test_sandbox_that_does_not_start_is_unverified_never_failed(ledger):
    world, evaluator, parents = scenario(ledger, GOOD)
    world.status["x@ours"] = RunStatus.UNVERIFIED
    found = evaluator.evaluate("x")
    assert (found.status, found.failed, found.undecided) == ("unverified", frozenset(), {key("a1"), key("a2")})
    assert world.runs[Purpose.SUITE] == 3
    assert not score(found, evaluator.required, Makeup(), parents).verified
    del world.status["x@ours"]
    assert evaluator.evaluate("x").good


def test_single_hiccup_of_the_sandbox_is_tried_again(ledger):
    world, evaluator, _ = scenario(ledger, GOOD)
    world.status["x@ours", Purpose.SUITE] = [RunStatus.UNVERIFIED, RunStatus.COMPLETED]
    assert evaluator.evaluate("x").good


def test_tests_after_a_hang_are_asked_on_their_own(ledger):
    _, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "hang", "a2": "pass"}})
    found = evaluator.evaluate("x")
    assert found.failed == {key("a1")}
    assert key("a2") in found.passed


def test_asking_some_duties_runs_only_them_and_only_once(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "fail", "a2": "pass"}})
    found = evaluator.evaluate("x", {key("a1")})
    assert (found.failed, found.passed) == ({key("a1")}, frozenset())
    assert [(tree, tests) for tree, tests, _ in world.log] == [("x@ours", (tid("a1"),))]
    runs = len(world.log)
    assert evaluator.evaluate("x", {key("a1")}).failed == {key("a1")}
    assert len(world.log) == runs
    assert evaluator.counters.evaluations == 0


def test_selection_on_an_evaluated_tree_is_known(ledger):
    world, evaluator, _ = scenario(ledger, GOOD)
    evaluator.evaluate("x")
    world.log.clear()
    assert evaluator.evaluate("x", {key("b1")}).passed == {key("b1")}
    assert world.log == []


def test_gate_collects_only_and_names_what_it_rules_out(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "uncollected", "a2": "pass"}})
    found = evaluator.evaluate("x", ())
    assert world.runs == {Purpose.GATE: 2}
    assert found.failed == {key("a1"), key("a2")}
    assert found.status == "broken"
    assert found.passed == frozenset()


def test_gate_of_a_sound_tree_says_nothing_against_it(ledger):
    _, evaluator, _ = scenario(ledger, GOOD)
    found = evaluator.evaluate("x", ())
    assert (found.status, found.failed, found.passed) == ("ok", frozenset(), frozenset())


def test_runner_without_selection_runs_the_whole_suite_and_answers_what_was_asked(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "fail", "a2": "fail"}}, selects=False)
    found = evaluator.evaluate("x", {key("a1")})
    assert found.failed == {key("a1")}
    assert world.runs == {Purpose.SUITE: 1}
    assert evaluator.evaluate("x", ()).status == "ok"


def test_many_failures_are_not_asked_again(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "fail", "a2": "fail"}}, rerun_at_most=1)
    assert len(evaluator.evaluate("x").failed) == 2
    assert world.runs == {Purpose.SUITE: 2}


def test_parents_as_candidates_cost_nothing(ledger):
    world, evaluator, _ = scenario(ledger, {})
    found = evaluator.evaluate("ours", {key("a1"), key("a2")})
    assert found.good
    assert world.log == []


def test_parents_are_measured_in_both_orders_and_not_again(ledger):
    world = World(ledger, {"ours": {"a1": "pass", "a2": "flaky"}})
    runs = measure("ours", run=world.run, recall=world.records, times=3)
    assert world.runs == {Purpose.SUITE: 2, Purpose.REVERSE: 1}
    assert [str(d) for d in required(runs, ()).advisory] == [key("a2")]
    assert measure("ours", run=world.run, recall=world.records, times=3) == runs
    assert world.runs == {Purpose.SUITE: 2, Purpose.REVERSE: 1}


def test_parent_that_cannot_be_collected_is_run_once(ledger):
    world = World(ledger, {})
    world.status["ours"] = RunStatus.UNCOLLECTED
    (run,) = measure("ours", run=world.run, recall=world.records, times=3)
    assert run.status is RunStatus.UNCOLLECTED


@pytest.mark.parametrize("tests", [None, ["ours:a1", "theirs:b2"], []])
def test_what_is_foreseen_is_what_is_run_first_and_nothing_is_learnt_by_it(ledger, tests):
    trees = {"x@ours": {"a1": "pass", "a2": "pass"}, "x@theirs": {"b1": "pass", "b2": "pass"}}
    world, evaluator = scenario(ledger, trees, jobs=1)[:2]
    if tests:
        tests = [str(d) for d in evaluator.required.duties if d.test.name in ("a1", "b2")]
    foreseen = evaluator.foresee("x", tests)
    assert world.log == []
    evaluator.evaluate("x", tests)
    assert sorted(map(str, foreseen)) == sorted(map(str, world.log))
    assert len(foreseen) == 2
    assert evaluator.foresee("x", tests) == ()


def test_failing_test_that_is_asked_again_and_passes_is_flaky(ledger):
    world, evaluator, _ = scenario(ledger, {**GOOD, "x@ours": {"a1": "flaky", "a2": "fail"}})
    assert evaluator.evaluate("x", [key("a1"), key("a2")]).failed == {key("a1"), key("a2")}
    again = evaluator.evaluate("x", [key("a1"), key("a2")], again=True)
    assert again.flaky == {key("a1")}
    assert again.failed == {key("a2")}
    assert ("x@ours", (tid("a1"), tid("a2")), Purpose.RERUN) in world.log
