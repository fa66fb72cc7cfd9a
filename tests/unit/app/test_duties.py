"""What a side did to a test counts what the test uses of its file; what is waived, and what never is."""

from __future__ import annotations

import pytest

from forkmerge.app.duties import Parents, duties, in_merged, outdated
from forkmerge.fitness.observed import COLLECTION
from forkmerge.fitness.required import Change, Duty, Required, TestChanges
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.model.source import REGULAR, Entry

FILE = "tests/test_cases.py"
TEXT = b"""import pytest

CASES = [1, 2]
OTHERS = [3]


def helper(x):
    return x in OTHERS


@pytest.mark.parametrize("case", CASES)
def test_cases(case):
    assert case


def test_helped():
    assert helper(3)


def test_alone():
    assert True
"""


def run(*names: str) -> tuple[SuiteRun, ...]:
    results = tuple(TestResult(TestId("pytest", FILE, "", n), Status.PASSED, 0.1) for n in names)
    return (SuiteRun(RunStatus.COMPLETED, results, 0, 1.0),)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (b"CASES = [1, 2]", b"CASES = [1, 3]", {"test_cases[2]"}),
        (b"OTHERS = [3]", b"OTHERS = [3, 4]", {"test_helped"}),
        (b"x in OTHERS", b"x in list(OTHERS)", {"test_helped"}),
        (b"x in OTHERS", b"x in (  # theirs\n        OTHERS\n    )", set()),
        (b"[1, 2]", b"[\n    1,\n    2,\n]", set()),
        (b"assert True", b"assert not False", {"test_alone"}),
        (b"import pytest\n", b"import os\nimport pytest\n", set()),
    ],
)
def test_an_edit_of_what_a_test_uses_supersedes_it(old: bytes, new: bytes, changed: set[str]) -> None:
    blobs = {"1": TEXT, "2": TEXT.replace(old, new)}
    assert blobs["2"] != TEXT
    names = ("test_cases[2]", "test_helped", "test_alone")
    base, other = {FILE: Entry(REGULAR, "1")}, {FILE: Entry(REGULAR, "2")}
    known, changes = duties(Parents(base, base, other, run(*names), run("test_alone")), blobs.__getitem__, ())
    assert {t.name for t, c in changes.theirs.items() if c is Change.CHANGED} == changed
    assert set(changes.ours.values()) == {Change.UNCHANGED}
    assert {w.duty.test.name for w in known.waived if w.duty.owner == "ours"} == changed


def required_of(*duties: Duty) -> Required:
    return Required(tuple(duties))


OURS, THEIRS = (Duty(owner, TestId("go", "a_test.go", "", "TestA")) for owner in ("ours", "theirs"))
BOTH = {owner: frozenset({str(OURS), str(THEIRS)}) for owner in ("ours", "theirs")}
EDITED = TestChanges(support_changed=frozenset({"ours", "theirs"}))


def test_a_test_that_fails_both_ways_is_not_waived_on_both_sides_where_it_is_asked_as_merged() -> None:
    known = required_of(OURS, THEIRS)
    assert outdated(known, EDITED, BOTH).duties == ()
    merged = frozenset({("ours", ""), ("theirs", "a_test.go")})
    assert outdated(known, EDITED, BOTH, merged).duties == (OURS, THEIRS)


@pytest.mark.parametrize(
    ("merged", "kept"),
    [
        (SuiteRun(RunStatus.COMPLETED, (TestResult(OURS.test, Status.FAILED),)), True),
        (SuiteRun(RunStatus.COMPLETED, (TestResult(TestId("go", "b_test.go", "", "TestB"), Status.PASSED),)), False),
        (SuiteRun(RunStatus.COMPLETED, (TestResult(TestId("go", "a_test.go", "", COLLECTION), Status.ERROR),)), True),
        (SuiteRun(RunStatus.UNCOLLECTED), True),
    ],
    ids=["fails", "is gone", "does not build", "nothing builds"],
)
def test_a_test_asked_as_merged_is_waived_only_if_it_is_gone(merged: SuiteRun, kept: bool) -> None:
    left = in_merged(required_of(OURS), frozenset({("ours", "")}), merged)
    assert (left.duties, len(left.waived)) == (((OURS,), 0) if kept else ((), 1))
