"""What a side did to a test counts what the test uses of its file."""

from __future__ import annotations

import pytest

from forkmerge.app.duties import Parents, duties
from forkmerge.fitness.required import Change
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
        (b"x in OTHERS", b"x in (OTHERS)", {"test_helped"}),
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
