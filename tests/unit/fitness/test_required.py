from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.fitness.fitness import Fitness
from forkmerge.fitness.limits import limits_for
from forkmerge.fitness.required import Change, Duty, TestChanges, Verdict, changes_of, gained, required, verdict
from forkmerge.model.finding import Finding, Severity
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

P, F, S, X = Status.PASSED, Status.FAILED, Status.SKIPPED, Status.XFAILED


def test(name: str) -> TestId:
    return TestId("pytest", "test_a.py", "", name)


test.__test__ = False


def run(**statuses: Status) -> SuiteRun:
    results = tuple(TestResult(test(name), status, 0.5) for name, status in statuses.items())
    return SuiteRun(RunStatus.COMPLETED, results, 0, 4.0, "", len(results))


def names(duties):
    return {str(d).replace("test_a.py::", "") for d in duties}


def test_required_are_the_stable_of_each_parent_apart():
    found = required((run(a=P, b=F, c=P, d=S, e=X), run(a=P, b=F, c=F, d=S, e=X)), (run(a=P, b=P),))
    assert names(found.duties) == {"ours:a", "ours:e", "theirs:a", "theirs:b"}
    assert names(found.advisory) == {"ours:c"}
    assert names(found.failing) == {"ours:b", "ours:d"}


def test_test_missing_from_one_run_is_unstable():
    assert names(required((run(a=P), run()), ()).advisory) == {"ours:a"}


@pytest.mark.parametrize(
    ("ours", "theirs", "waived"),
    [
        (Change.UNCHANGED, Change.CHANGED, {"ours:a"}),
        (Change.UNCHANGED, Change.DELETED, {"ours:a"}),
        (Change.CHANGED, Change.UNCHANGED, {"theirs:a"}),
        (Change.CHANGED, Change.CHANGED, set()),
        (Change.CHANGED, Change.DELETED, set()),
        (Change.UNCHANGED, Change.UNCHANGED, set()),
        (Change.ADDED, Change.ADDED, set()),
    ],
)
def test_superseded_is_unchanged_here_and_edited_or_deleted_there(ours, theirs, waived):
    found = required((run(a=P),), (run(a=P),), TestChanges({test("a"): ours}, {test("a"): theirs}))
    assert names(w.duty for w in found.waived) == waived
    assert names(found.duties) == {"ours:a", "theirs:a"} - waived
    assert all(w.reason for w in found.waived)


def test_changes_come_from_definitions():
    texts = {("base", "a"): b"1", ("ours", "a"): b"1", ("theirs", "a"): b"2", ("base", "b"): b"1", ("ours", "c"): b"1"}
    found = changes_of(map(test, "abc"), lambda side, t: texts.get((side, t.name)), lambda owner: owner == "theirs")
    assert [found.of("ours", test(n)) for n in "abc"] == [Change.UNCHANGED, Change.DELETED, Change.ADDED]
    assert [found.of("theirs", test(n)) for n in "abc"] == [Change.CHANGED, Change.DELETED, Change.UNCHANGED]
    assert required((run(a=P),), (), found).support_changed == ("ours",)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "offspring", "expected"),
    [
        (F, P, F, F, Verdict.LOST),
        (None, F, P, None, Verdict.LOST),
        (P, P, P, F, Verdict.EMERGENT),
        (P, P, P, S, Verdict.EMERGENT),
        (P, P, P, None, Verdict.EMERGENT),
        (F, F, F, F, Verdict.NEVER),
        (F, F, F, P, Verdict.GAINED),
        (None, None, P, P, Verdict.KEPT),
    ],
)
def test_verdict_names_what_happened(base, ours, theirs, offspring, expected):
    assert verdict(base, ours, theirs, offspring) is expected


def test_gained_failed_in_every_parent_that_has_it():
    assert gained((run(a=P, b=P, new=P),), (run(a=F, b=P), run(b=F))) == (test("a"),)


DUTY = Duty("ours", test("a"))
ERROR, WARNING = Finding("x", "x"), Finding("x", "x", severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Fitness(), Fitness(kept_ours=1, kept_theirs=1, verified=False)),
        (Fitness(lost=(DUTY,)), Fitness(gates=(ERROR,), kept_ours=1, kept_theirs=1)),
        (Fitness(), Fitness(lost=(DUTY,), kept_ours=1, kept_theirs=1)),
        (Fitness(), Fitness(undecided=(DUTY,), kept_ours=1, kept_theirs=1)),
        (Fitness(kept_ours=0.5, kept_theirs=0.5), Fitness(kept_ours=1, kept_theirs=0.4)),
        (Fitness(kept_ours=0.9, kept_theirs=0.5, chimeric=9), Fitness(kept_ours=0.5, kept_theirs=0.5)),
        (Fitness(chimeric=1, distance=9), Fitness(chimeric=2)),
        (Fitness(distance=1, size=99), Fitness(distance=2)),
        (Fitness(size=1), Fitness(size=2)),
        (Fitness(gates=(WARNING,)), Fitness(size=1)),
    ],
)
def test_order_of_offspring_is_lexicographic(better, worse):
    assert better < worse
    assert not worse < better
    assert min((worse, better), key=Fitness.rank_key) == better


def test_good_needs_every_duty_and_gate():
    assert Fitness(gates=(WARNING,)).good
    assert not any(f.good for f in (Fitness(lost=(DUTY,)), Fitness(undecided=(DUTY,)), Fitness(gates=(ERROR,))))
    assert not Fitness(verified=False).good


def test_limits_are_three_times_the_slowest_and_ten_seconds():
    limits = limits_for([run(a=P), run(b=P)])
    assert limits.per_test == 3 * 0.5 + 10
    assert limits.whole is not None
    assert limits.whole > 3 * 4.0 + limits.per_test


statuses = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(Status), max_size=4)


@given(st.lists(statuses, min_size=1, max_size=3), st.lists(statuses, min_size=1, max_size=3))
def test_every_test_of_a_parent_is_in_exactly_one_class(ours, theirs):
    found = required(tuple(run(**s) for s in ours), tuple(run(**s) for s in theirs))
    classes = [*found.duties, *found.advisory, *found.failing, *(w.duty for w in found.waived)]
    assert len(classes) == len(set(classes))
    expected = {Duty("ours", test(n)) for s in ours for n in s} | {Duty("theirs", test(n)) for s in theirs for n in s}
    assert set(classes) == expected
