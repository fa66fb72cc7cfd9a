"""What the events of several processes add up to; whatever else the tests write there is passed over."""

from __future__ import annotations

from forkmerge.fitness.packing import pack, unpack
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.model.reach import Reach
from forkmerge.suites.pytest_runner import identity
from forkmerge.suites.reached import ReachLog, together

A, B = identity("t.py::a"), identity("t.py::b")


def log(*events: dict[str, object]) -> Reach | None:
    found = ReachLog()
    for event in events:
        found.add(event)
    return found.reach(identity)


def places(reach: Reach | None, test: TestId) -> set[tuple[str, str]]:
    assert reach is not None
    return {place for number, place in enumerate(reach.places) if reach.tests[test] >> number & 1}


def told(process: str, *paths: str) -> dict[str, object]:
    return {"e": "places", "p": process, "c": [[path, "f"] for path in paths]}


def reached(process: str, name: str, bits: str) -> dict[str, object]:
    return {"e": "reach", "p": process, "n": name, "c": bits}


def test_each_process_numbers_its_own_places():
    found = log(
        told("1", "x", "y"),
        reached("1", "t.py::a", "2"),
        told("2", "z"),
        reached("2", "t.py::b", "1"),
        told("2", "y"),
        reached("2", "", "2"),
        reached("1", "", "1"),
    )
    assert places(found, A) == {("x", "f"), ("y", "f")}
    assert places(found, B) == {("z", "f"), ("y", "f")}


def test_a_process_that_was_killed_says_nothing_of_its_tests():
    assert log(told("1", "x"), reached("1", "t.py::a", "1")) is None


def test_what_is_no_such_event_is_passed_over():
    found = log(
        {"e": "places", "p": 1, "c": []},
        {"e": "places", "p": "1", "c": [3, ["x", "f"]]},
        reached("1", "t.py::a", "zz"),
        reached("1", "t.py::a", "-1"),
        reached("1", "t.py::a", "ff"),
        reached("1", "t.py::b", "2"),
        reached("1", "", "1"),
    )
    assert found is not None
    assert set(found.tests) == {B}
    assert places(found, B) == {("", "*"), ("x", "f")}


def test_several_tools_stand_beside_each_other():
    one, two = Reach((("x", "f"),), {A: 1}), Reach((("y", "f"), ("x", "f")), {B: 3})
    both = together([one, two])
    assert places(both, A) == {("x", "f")}
    assert places(both, B) == {("x", "f"), ("y", "f")}
    assert together([]) is None


def test_a_record_keeps_what_was_touched():
    run = SuiteRun(RunStatus.COMPLETED, reach=Reach((("x", "f"), ("ü", "")), {A: 1, B: 1 << 70 | 2}))
    assert unpack(pack(run)) == run
    assert unpack(pack(SuiteRun(RunStatus.COMPLETED))).reach is None
