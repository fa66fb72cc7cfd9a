"""A proposal whose own test tree can't be run is not good, whatever each side's tests say of its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import best, cheap

from forkmerge.app.summary import merged_tests
from forkmerge.fitness.required import Duty, Required
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.suites.tool import COLLECTION

if TYPE_CHECKING:
    from pathlib import Path

CODE = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
ASKS = """import os

import code_


def check_a():
    assert code_.a() == 1
    assert not os.path.exists("checks/BROKEN")
"""


@pytest.mark.sandbox
def test_tests_that_upstream_breaks_all_at_once_are_no_good_proposal(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"code_.py": CODE, "checks/base.py": ASKS},
        {"code_.py": CODE.replace("return 1", "return 2 - 1")},
        {"code_.py": CODE.replace("return 2", "return 2 + 0"), "checks/BROKEN": "all of it\n"},
    )
    done = box.check()
    first = best(done.data)
    merged = next(tests for tests in first["tests"] if tests["owner"] == "merged")
    assert (merged["required"], merged["kept"]) == (1, 0)
    assert first["verdict"] == "loses-tests"
    assert done.code == 1
    assert done.data["optimal"] == ""


A, B = (TestId("pytest", "test_x.py", "", name) for name in "ab")
OTHER = TestId("pytest", "test_y.py", "", "c")
KNOWN = Required(tuple(Duty("ours", test) for test in (A, B, OTHER)))


def run(*results: tuple[TestId, Status], status: RunStatus = RunStatus.COMPLETED) -> SuiteRun:
    return SuiteRun(status, tuple(TestResult(test, said) for test, said in results), 0)


def test_tests_of_files_that_can_not_be_collected_are_lost_in_the_merged_tree() -> None:
    unread = (TestId("pytest", "test_x.py", "", COLLECTION), Status.ERROR)
    said = merged_tests(KNOWN, run(unread, (OTHER, Status.PASSED)))
    assert (said.required, said.kept) == (3, 1)
    assert said.lost == (str(A), str(B))


def test_tests_that_the_merged_tree_has_not_are_not_asked_of_it() -> None:
    said = merged_tests(KNOWN, run((A, Status.PASSED)))
    assert (said.required, said.kept, said.lost) == (1, 1, ())


def test_a_run_that_could_not_tell_says_nothing_of_the_merged_tree() -> None:
    said = merged_tests(KNOWN, run(status=RunStatus.UNVERIFIED))
    assert (said.required, said.kept, said.lost) == (0, 0, ())
