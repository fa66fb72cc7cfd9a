"""What is required of an offspring, and what is said of a test: a case for each sentence of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.proposing import CHEAP_COMMAND, PYTEST, best, build, cheap

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
M = """def one():
    return 1


def two():
    return 2


def three():
    return 3


def four():
    return 4
"""


def edited(**values: str) -> str:
    text = M
    for number, name in enumerate(("one", "two", "three", "four"), 1):
        text = text.replace(f"return {number}\n", f"return {values.get(name, number)}\n")
    return text


def checks(**wanted: str) -> str:
    return "import m\n\n\n" + "\n\n".join(f"def check_{name}():\n    assert {text}\n" for name, text in wanted.items())


def proposed(box: Sandbox, *args: str, **more: Any) -> Done:
    return box.propose("--results", "results.xml", "--test-paths", "checks", *args, test=CHEAP_COMMAND, **more)


def of(data: dict[str, Any], owner: str) -> dict[str, Any]:
    (found,) = [t for t in best(data)["tests"] if t["owner"] == owner]
    assert isinstance(found, dict)
    return found


def short(names: list[str]) -> list[str]:
    return sorted(name.rpartition("::")[2] for name in names)


def test_each_sides_tests_run_in_their_own_complete_test_tree(tmp_path: Path) -> None:
    """A file that the tests share can be only one side's in the merge; both sides' tests are kept all the same."""
    wants = "open('checks/data.txt').read() == {0!r}"
    box = cheap(
        tmp_path,
        {"m.py": M, "checks/data.txt": "base\n", "checks/m.py": checks(two="m.two() == 2")},
        {
            "m.py": edited(one="10"),
            "checks/data.txt": "fork\n",
            "checks/fork.py": checks(fork=wants.format("fork\n") + " and m.one() == 10"),
        },
        {
            "m.py": edited(four="40"),
            "checks/data.txt": "upstream\n",
            "checks/up.py": checks(up=wants.format("upstream\n") + " and m.four() == 40"),
        },
    )
    done = proposed(box)
    assert done.code == 0, done.err
    assert [(t["owner"], len(t["lost"])) for t in best(done.data)["tests"]] == [
        ("ours", 0),
        ("theirs", 0),
        ("merged", 1),
    ]
    assert box.blob(best(done.data)["tree"], "m.py").decode() == edited(one="10", four="40")


@pytest.fixture(scope="module")
def edits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, Done]:
    """A repository where tests were left, edited by one side, deleted by one side, edited by both, and never passed."""
    box = cheap(
        tmp_path_factory.mktemp("edits"),
        {
            "m.py": M,
            "checks/m.py": checks(
                left="m.three() == 3", edited="m.one() == 1", deleted="m.two() == 2", both="m.four()",
                red="m.two() == 7",
            ),
        },
        {
            "m.py": edited(one="10", four="4 + 0"),
            "checks/m.py": checks(
                left="m.three() == 3", edited="m.one() == 10", deleted="m.two() == 2", both="m.four() > 3",
                red="m.two() == 7",
            ),
        },
        {
            "m.py": edited(two="22", three="3 + 0"),
            "checks/m.py": checks(
                left="m.three() == 3", edited="m.one() == 1", both="m.four() < 5", red="m.two() == 7"
            ),
        },
    )  # fmt: skip
    done = proposed(box)
    assert done.code == 0, done.err
    return box, done


def test_a_test_that_the_other_side_edited_or_deleted_is_superseded_and_listed(edits: tuple[Sandbox, Done]) -> None:
    box, done = edits
    waived = {(w["owner"], w["test"].rpartition("::")[2]): w["why"] for w in done.data["waivers"]}
    assert waived == {
        ("ours", "check_deleted"): "ours left it as it was in the base, theirs deleted it",
        ("theirs", "check_edited"): "theirs left it as it was in the base, ours edited it",
    }
    assert "2 tests not required: " in proposed(box, json=False).out


def test_a_test_that_both_sides_edited_is_required_in_both_versions(edits: tuple[Sandbox, Done]) -> None:
    _, done = edits
    assert [(of(done.data, side)["required"], of(done.data, side)["lost"]) for side in ("ours", "theirs")] == [
        (3, []), (2, []),
    ]  # fmt: skip
    assert box_text(edits) == edited(one="10", two="22", three="3 + 0", four="4 + 0")


def box_text(edits: tuple[Sandbox, Done]) -> str:
    return edits[0].blob(best(edits[1].data)["tree"], "m.py").decode()


def test_a_test_that_fails_on_its_own_parent_is_never_required(edits: tuple[Sandbox, Done]) -> None:
    _, done = edits
    assert {(p["revision"], p["failed"]) for p in done.data["parents"]} == {("ours", 1), ("theirs", 1)}
    assert all(not short(t["lost"]) for t in best(done.data)["tests"] if t["owner"] != "merged")


def test_two_versions_of_a_test_that_exclude_each_other_leave_the_choice_to_a_person(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"m.py": M, "checks/m.py": checks(one="m.one() == 1")},
        {"m.py": edited(one="10"), "checks/m.py": checks(one="m.one() == 10")},
        {"m.py": edited(one="11"), "checks/m.py": checks(one="m.one() == 11")},
    )
    done = proposed(box)
    assert done.code == 1
    assert done.data["optimal"] == "proven: no combination of these alleles keeps all required tests"
    assert short(best(done.data)["tests"][0]["lost"] + best(done.data)["tests"][1]["lost"]) == ["check_one"]


def test_what_failed_everywhere_and_passes_now_is_gained_and_not_scored(tmp_path: Path) -> None:
    both = checks(both="m.one() == 10 and m.four() == 40", two="m.two() == 2")
    box = cheap(
        tmp_path,
        {"m.py": M, "checks/m.py": both},
        {"m.py": edited(one="10")},
        {"m.py": edited(four="40")},
    )
    done = proposed(box)
    assert done.code == 0, done.err
    assert short(of(done.data, "ours")["gained"]) == ["check_both"]
    assert of(done.data, "ours")["required"] == 1
    assert "Passes now, failed on both sides (1):" in proposed(box, json=False).out


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A clean merge in which a test of both sides fails, and (taking one side) one of the other's alone."""
    limit = "LIMIT = 10\n\n\n" + M.replace("return 1\n", "return 1 if LIMIT else 0\n")
    box = cheap(
        tmp_path_factory.mktemp("lost"),
        {"m.py": limit, "checks/m.py": checks(one="m.one() == 1")},
        {"m.py": limit.replace("LIMIT = 10", "LIMIT = 0").replace("1 if LIMIT else 0", "1")},
        {
            "m.py": limit.replace("return 2\n", "return 1 // LIMIT and 22 or 22\n"),
            "checks/up.py": checks(up="m.two() == 22"),
        },
    )  # fmt: skip
    return proposed(box)


def test_a_lost_test_that_passes_on_both_sides_is_called_emergent(lost: Done) -> None:
    told = {p["origin"]: p for p in lost.data["proposals"]}
    git = lost.data["git"]
    assert git["verdict"] == "loses-tests"
    assert short([n for t in git["tests"] for n in t["lost"]]) == ["check_up"]
    assert [t["emergent"] for t in git["tests"]] == [[], []]
    assert [short(t["lost"]) for t in told["ours"]["tests"]] == [[], ["check_up"]], "a lost change of upstream's"


def test_an_interference_that_neither_side_has_is_told_as_one(tmp_path: Path) -> None:
    base = "LIMIT = 10\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
    box = cheap(
        tmp_path,
        {"m.py": base, "checks/m.py": checks(one="m.one() == 1")},
        {"m.py": base.replace("LIMIT = 10", "LIMIT = 0")},
        {"m.py": base.replace("return 1\n", "return 1 if LIMIT else 9\n")},
    )
    done = proposed(box)
    assert done.data["git"]["clean"]
    assert [short(t["emergent"]) for t in done.data["git"]["tests"]] == [["check_one"], ["check_one"]]
    (git,) = [p["number"] for p in done.data["proposals"] if p["origin"] == "git"]
    assert "passes on both sides: emergent interference" in box.run("show", str(git)).out
    assert best(done.data)["verdict"] == "good"


def test_what_is_left_out_is_told_with_side_commit_and_author(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"m.py": M, "checks/m.py": checks(two="m.two() == 2")},
        {"m.py": edited(one="10"), "checks/fork.py": checks(fork="m.one() == 10")},
        {"m.py": edited(one="11", four="40")},
    )
    done = proposed(box)
    assert done.code == 0, done.err
    dropped = [d for locus in best(done.data)["loci"] for d in locus["dropped"]]
    assert [(d["side"], d["path"], d["author"]) for d in dropped] == [("theirs", "m.py", "Maintainer")]
    assert box.git("rev-parse", "upstream").startswith(dropped[0]["commit"])
    assert "upstream's edit at m.py" in box.run("show").out
    decided = {locus["unit"]: locus["decided_by"] for locus in best(done.data)["loci"] if locus["path"] == "m.py"}
    assert decided["one"] in ("tests", "untried"), "that another allele passes too was not seen"


def test_a_place_that_no_test_decides_is_called_undetermined(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"m.py": M, "checks/m.py": checks(two="m.two() == 2")},
        {"m.py": edited(one="10")},
        {"m.py": edited(one="11", four="40")},
    )
    done = proposed(box)
    decided = {locus["unit"]: locus["decided_by"] for locus in best(done.data)["loci"] if locus["path"] == "m.py"}
    assert decided["one"] == "undetermined"
    assert "no test tells" in proposed(box, json=False).out


LIB = "def name():\n    return 'lib'\n\n\ndef size():\n    return 3\n\n\nSEEN = []\n"


@pytest.mark.slow
def test_a_test_that_depends_on_the_order_is_advisory(tmp_path: Path) -> None:
    """The parents run once in the opposite order: what passes in one order alone decides nothing."""
    ordered = "import lib\n\n\ndef test_first():\n    lib.SEEN.append(1)\n\n\ndef test_second():\n    assert lib.SEEN\n"
    box = build(
        tmp_path,
        {"pytest.ini": "[pytest]\npythonpath = .\n", "lib.py": LIB, "tests/test_lib.py": ordered},
        {"lib.py": LIB.replace("'lib'", "'fork'")},
        {"lib.py": LIB.replace("return 3", "return 33")},
    )
    done = box.run("propose", "upstream", "--test", PYTEST, "--json", "--runs", "2")
    assert done.code == 0, done.err
    assert sorted(name.rpartition("::")[2] for name in done.data["flaky"]) == ["test_second", "test_second"]
    assert [(t["owner"], t["required"]) for t in best(done.data)["tests"]][:2] == [("ours", 1), ("theirs", 1)]


@pytest.mark.slow
def test_a_test_that_is_skipped_now_counts_as_failed(tmp_path: Path) -> None:
    skip = "    if lib.LIMIT == 0 and lib.size() > 3:\n        pytest.skip()\n"
    skips = f"import lib\nimport pytest\n\n\ndef test_size():\n{skip}"
    base = "LIMIT = 1\n\n\n" + LIB
    box = build(
        tmp_path,
        {"pytest.ini": "[pytest]\npythonpath = .\n", "lib.py": base, "tests/test_lib.py": skips},
        {"lib.py": base.replace("LIMIT = 1", "LIMIT = 0")},
        {"lib.py": base.replace("return 3", "return 33")},
    )
    done = box.propose()
    assert done.data["git"]["verdict"] == "loses-tests"
    assert short([n for t in done.data["git"]["tests"] for n in t["lost"]]) == ["test_size", "test_size"]


@pytest.mark.slow
def test_a_hang_is_a_failure_of_its_own_kind(tmp_path: Path) -> None:
    test = "import lib\n\n\ndef test_size():\n    while lib.LIMIT == 0 and lib.size() > 3:\n        pass\n"
    base = "LIMIT = 1\n\n\n" + LIB
    box = build(
        tmp_path,
        {"pytest.ini": "[pytest]\npythonpath = .\n", "lib.py": base, "tests/test_lib.py": test},
        {"lib.py": base.replace("LIMIT = 1", "LIMIT = 0")},
        {"lib.py": base.replace("return 3", "return 33")},
    )
    done = box.propose("--test-timeout", "3s")
    assert done.data["git"]["verdict"] == "loses-tests"
    (git,) = [p for p in done.data["proposals"] if p["origin"] == "git"]
    assert any("limit" in finding or "time" in finding for finding in git["findings"]), git["findings"]


@pytest.mark.slow
def test_a_side_whose_own_tests_can_not_be_collected_asks_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    base = {
        "pytest.ini": "[pytest]\npythonpath = .\n",
        "lib.py": LIB,
        "conftest.py": "",
        "tests/test_lib.py": "import lib\n\n\ndef test_size():\n    assert lib.size()\n",
    }
    box = build(
        tmp_path, base, {"lib.py": LIB.replace("'lib'", "'fork'")},
        {"lib.py": LIB.replace("return 3", "return 33"), "conftest.py": "import nowhere_to_be_found\n"},
    )  # fmt: skip
    done = box.propose()
    assert best(done.data)["tree"]
    said = "no test of the upstream passes on itself (ModuleNotFoundError: No module named 'nowhere_to_be_found')"
    assert any(warning.startswith(said) for warning in done.data["warnings"])
    assert [(t["owner"], t["kept"], t["required"]) for t in best(done.data)["tests"]][:2] == [
        ("ours", 1, 1),
        ("theirs", 0, 0),
    ]
    assert best(done.data)["verdict"] == "good"
