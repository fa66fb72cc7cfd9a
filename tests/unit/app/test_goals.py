"""Which tests a name means, where they are defined, and what of their file comes along."""

from __future__ import annotations

import pytest

from forkmerge.app import goals
from forkmerge.errors import UsageError
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.span import Span

NAMES = (
    TestId("pytest", "tests/test_a.py", "", "test_one"),
    TestId("pytest", "tests/test_a.py", "", "test_two[x-1]"),
    TestId("pytest", "tests/test_a.py", "", "test_two[y]"),
    TestId("pytest", "tests/test_b.py", "TestB", "test_one"),
    TestId("junit", "", "checks::checks/up.py", "check_up"),
)
RUN = SuiteRun(RunStatus.COMPLETED, tuple(TestResult(t, Status.PASSED) for t in NAMES))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tests/test_a.py::test_one", [0]),
        ("tests/test_a.py::test_two", [1, 2]),
        ("tests/test_a.py::test_two[y]", [2]),
        ("tests/test_a.py", [0, 1, 2]),
        ("test_one", [0, 3]),
        ("TestB", [3]),
        ("TestB::test_one", [3]),
        ("TestB.test_one", [3]),
        ("tests/test_b.py::TestB", [3]),
        ("tests/test_*.py::test_t*", [1, 2]),
        ("checks/up.py", [4]),
        ("check_up", [4]),
    ],
)
def test_a_name_means_tests(name: str, meant: list[int]) -> None:
    assert goals.named([name], RUN) == tuple(NAMES[i] for i in meant)


@pytest.mark.parametrize(("name", "near"), [("tests/test_a.py::test_onne", "test_one"), ("", ""), ("zzz", "")])
def test_a_name_that_means_nothing_is_an_error_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UsageError) as raised:
        goals.named([name], RUN)
    assert near in raised.value.hint


def test_a_name_whose_file_is_not_there_is_refused_before_anything_runs() -> None:
    tree = {"tests/test_a.py": Entry(REGULAR, "0")}
    goals.refuse_missing(["tests/test_a.py::test_x", "test_y", "tests/*.py"], tree)
    with pytest.raises(UsageError) as raised:
        goals.refuse_missing(["tests/test_b.py::test_x"], tree)
    assert "tests/test_a.py" in raised.value.hint


FILE = b"""import pytest

CASES = [1, 2]
OTHER = [3]


def helper():
    return CASES


class TestC:
    def test_a(self):
        assert helper()

    def test_b(self):
        assert OTHER


def test_c():
    pass
"""


def test_a_test_comes_with_what_it_uses_of_its_file() -> None:
    found = goals.spans("tests/test_c.py", FILE, [("TestC", "test_a")])
    texts = [span.of(FILE).split(b"\n")[0].strip() for span in found]
    assert texts == [b"CASES = [1, 2]", b"def helper():", b"def test_a(self):"]


def test_a_test_that_is_not_found_is_the_whole_file() -> None:
    assert goals.spans("tests/test_c.py", FILE, [("test_zzz",)]) == (Span(0, len(FILE)),)
    assert goals.spans("notes.unknown", b"text", [("x",)]) == (Span(0, 4),)
