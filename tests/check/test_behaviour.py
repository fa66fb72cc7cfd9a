"""``check --test``: what breaks in a merge that is clean, which edits of which side do it, and what stays open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.killing import Killer
from support.proposing import CHEAP_COMMAND, CHECK, cheap
from support.thinking import thinking

from forkmerge.sandbox.probe import choose

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done, Sandbox

LIB = """def rate():
    return 2


def price(x):
    return x * rate()


def noise():
    return 0
"""
TESTS = """import lib


def check_price():
    assert lib.price(1) == 2, lib.price(1)
"""
BASE = {"lib.py": LIB, "other.py": "def a():\n    return 1\n\n\ndef b():\n    return 2\n", "checks/base.py": TESTS}


def run(box: Sandbox, *args: str, test: str = CHEAP_COMMAND) -> Done:
    return box.run("check", "upstream", "--test", test, *CHECK, "--runs", "1", "--format", "json", *args)


def colliding(where: Path) -> Sandbox:
    """A fork that uses ``rate`` as it was, an upstream that changed what it returns; and harmless edits of both."""
    return cheap(
        where,
        BASE,
        {
            "use.py": "import lib\n\n\ndef total():\n    return lib.rate() + 1\n",
            "other.py": BASE["other.py"].replace("return 1", "return 10"),
            "checks/fork.py": "import use\n\n\ndef check_total():\n    assert use.total() == 3, use.total()\n",
        },
        {
            "lib.py": LIB.replace("return 2", "return 5").replace("return 0", "return 7"),
            "more.py": "def more():\n    return 1\n",
            "checks/base.py": TESTS.replace("== 2", "== 5"),
        },
    )


def broken(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for f in data["findings"] if f["rule"] == "broken-test"]


def test_a_new_test_that_breaks_names_the_edit_of_each_side(tmp_path: Path) -> None:
    done = run(colliding(tmp_path))
    assert done.code == 1, done.err
    data = done.data
    (finding,) = broken(data)
    assert finding["tests"] == ["checks::checks/fork.py::check_total"]
    assert [(p["side"], p["path"], p["unit"]) for p in finding["places"]] == [
        ("head", "use.py", "total"), ("target", "lib.py", "rate"),
    ]  # fmt: skip
    assert (finding["path"], finding["line"]) == ("lib.py", 2)
    assert any(e.startswith("with this alone taken back the test passes: target lib.py") for e in finding["evidence"])
    assert any("needs this edit of head" in e for e in finding["evidence"])
    assert (data["behaviour"], data["verdict"]) == ("broken", "failed")
    tests = data["tests"]
    assert (tests["required"], tests["holds"], tests["broken"]) == (2, 1, 1)
    assert 0 < tests["probes"] < 20


def test_an_old_test_that_breaks_names_both_edits_and_each_taken_back_alone_passes(tmp_path: Path) -> None:
    text = "def double(x):\n    return x * 2\n\n\ndef half(x):\n    return x / 2\n"
    box = cheap(
        tmp_path,
        {
            "lib.py": text,
            "checks/base.py": "import lib\n\n\ndef check_same():\n    assert lib.half(lib.double(4)) < 13\n",
        },
        {"lib.py": text.replace("x * 2", "x * 5"), "new.py": "X = 1\n"},
        {"lib.py": text.replace("x / 2", "x / 1.5"), "new2.py": "X = 1\n"},
    )
    data = run(box).data
    (finding,) = broken(data)
    assert [(p["side"], p["unit"]) for p in finding["places"]] == [("head", "double"), ("target", "half")]
    assert sum(e.startswith("with this alone taken back the test passes") for e in finding["evidence"]) == 2
    assert "half of target breaks with double of head" in finding["message"]


def test_a_renamed_function_is_named_alone_though_its_users_went_with_it(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        BASE,
        {
            "use.py": "import lib\n\n\ndef total():\n    return lib.rate() + 1\n",
            "checks/fork.py": "import use\n\n\ndef check_total():\n    assert use.total() == 3, use.total()\n",
        },
        {"lib.py": LIB.replace("rate()", "tariff()"), "other.py": BASE["other.py"].replace("return 2", "return 3")},
    )
    (finding,) = broken(run(box).data)
    assert [(p["side"], p["unit"]) for p in finding["places"]] == [("head", "total"), ("target", "tariff")]


def test_an_old_test_file_that_cannot_read_the_other_sides_code_is_asked_as_merged(tmp_path: Path) -> None:
    old = "from lib import price\n\n\ndef check_price():\n    assert price(1) == 2\n"
    box = cheap(
        tmp_path,
        {**BASE, "checks/base.py": old},
        {"other.py": BASE["other.py"].replace("return 1", "return 9")},
        {"lib.py": LIB.replace("price", "cost"), "checks/base.py": old.replace("import price", "import cost as price")},
    )
    data = run(box).data
    assert (data["behaviour"], data["findings"]) == ("holds", [])


def test_a_committed_merge_is_blamed_by_what_its_maker_wrote(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        BASE,
        {"lib.py": LIB.replace("return 0", "return 1")},
        {"other.py": BASE["other.py"].replace("return 1", "return 9"), "more.py": "X = 1\n"},
    )
    box.git("merge", "-q", "--no-commit", "upstream")
    (box.folder / "lib.py").write_text(LIB.replace("return 0", "return 1").replace("x * rate()", "x + rate()"))
    box.git("commit", "-qam", "by hand")
    data = run(box, "--head", "HEAD").data
    (finding,) = broken(data)
    assert [(p["side"], p["unit"], p["what"]) for p in finding["places"]] == [
        ("merge", "price", "as its maker wrote it"),
    ]  # fmt: skip
    assert "price, as the merge has it, breaks it" in finding["message"]
    assert any(e.startswith("with this alone taken back the test passes: merge lib.py") for e in finding["evidence"])


def test_a_merge_that_keeps_all_tests_holds(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, {"other.py": BASE["other.py"].replace("return 1", "return 9")}, {"more.py": "X = 1\n"})
    before = box.fingerprint()
    done = run(box)
    assert done.code == 0, done.err
    data = done.data
    assert (data["behaviour"], data["verdict"], data["findings"]) == ("holds", "passed", [])
    assert (data["tests"]["required"], data["tests"]["holds"]) == (2, 2)
    assert box.fingerprint() == before


def test_a_command_that_can_not_start_is_not_green(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    done = run(box, "--exit-zero", test="/no/such/program")
    assert done.code == 4, (done.out, done.err)
    assert (done.data["behaviour"], done.data["verdict"]) == ("could-not-verify", "could-not-verify")
    assert any("no test passes on either side" in note for note in done.data["not_covered"])


def test_a_run_that_is_killed_on_the_merge_alone_is_not_green(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    done = run(box, test=f"if test -e a.py && test -e b.py; then kill -9 $$; fi; {CHEAP_COMMAND}")
    assert done.code == 4, (done.out, done.err)
    assert (done.data["behaviour"], done.data["verdict"]) == ("could-not-verify", "could-not-verify")
    assert done.data["tests"]["unverified"] == done.data["tests"]["required"] == 2


def test_a_side_whose_own_tests_can_not_run_is_not_green(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    done = run(box, test=f"test -e b.py || exit 1; {CHEAP_COMMAND}")
    assert done.code == 4, (done.out, done.err)
    assert (done.data["behaviour"], done.data["verdict"]) == ("could-not-verify", "could-not-verify")
    assert any("the tests of head end badly on head itself" in note for note in done.data["not_covered"])


def test_time_that_is_up_is_not_green(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    slow = f"sleep 2; {CHEAP_COMMAND}"
    done = run(box, "--time", "1s", test=slow)
    assert done.code == 4, (done.out, done.err)
    assert any("the time was up" in note for note in done.data["not_covered"])


@pytest.mark.parametrize(
    ("place", "verdict", "broken_tests"),
    [
        ("forkmerge.app.check_run:crossed", "could-not-verify", 0),
        ("forkmerge.app.check_blame:Blaming.blame", "failed", 1),
        ("forkmerge.app.check_culprits:Culprits._blamed", "failed", 1),
    ],
)
def test_what_thinks_past_the_time_is_ended_and_is_not_green(
    tmp_path: Path, place: str, verdict: str, broken_tests: int
) -> None:
    box = colliding(tmp_path)
    done = thinking(box, place, "check", "upstream", "--test", CHEAP_COMMAND, *CHECK, "--runs", "1", "--format", "json")
    data = json.loads(done.stdout)
    assert data["verdict"] == verdict
    assert done.returncode == {"failed": 1, "could-not-verify": 4}[verdict]
    assert not data["interrupted"]
    assert len(broken(data)) == broken_tests
    assert any("the time was up" in note for note in data["not_covered"])


def test_a_budget_that_is_up_leaves_the_finding_and_says_so(tmp_path: Path) -> None:
    done = run(colliding(tmp_path), "--budget", "1")
    assert done.code == 1, done.err
    (finding,) = broken(done.data)
    assert finding["places"] == []
    assert any("the budget was up" in note for note in done.data["not_covered"])


def test_a_proposal_is_attached_with_its_ref(tmp_path: Path) -> None:
    box = colliding(tmp_path)
    data = run(box, "--propose", "--budget", "2").data
    proposal = data["proposal"]
    assert box.git("rev-parse", proposal["ref"]).strip() == proposal["commit"]
    assert proposal["verdict"] in ("good", "loses-tests")


def test_a_merge_with_conflicts_is_not_verified(tmp_path: Path) -> None:
    box = cheap(
        tmp_path, BASE, {"lib.py": LIB.replace("return 2", "return 3")}, {"lib.py": LIB.replace("return 2", "return 4")}
    )
    done = run(box)
    assert done.code == 1, done.err
    assert done.data["behaviour"] == "could-not-verify"
    assert [f["rule"] for f in done.data["findings"]] == ["conflict"]


@pytest.mark.sandbox
def test_a_sandbox_that_is_killed_from_outside_is_not_green(tmp_path: Path) -> None:
    if choose("auto").name != "bubblewrap":
        pytest.skip("no bubblewrap here")
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    with Killer("sleep 47.3") as killer:  # the merge alone is slow enough to be caught
        done = run(box, test=f"if test -e a.py && test -e b.py; then sleep 47.3; fi; {CHEAP_COMMAND}")
    assert len(killer.killed) >= 3
    assert done.code == 4, (done.out, done.err)
    assert (done.data["behaviour"], done.data["verdict"]) == ("could-not-verify", "could-not-verify")
    assert done.data["tests"]["unverified"] == done.data["tests"]["required"] == 2


@pytest.mark.sandbox
def test_a_sandbox_that_is_killed_once_is_made_again(tmp_path: Path) -> None:
    if choose("auto").name != "bubblewrap":
        pytest.skip("no bubblewrap here")
    box = cheap(tmp_path, BASE, {"a.py": "X = 1\n"}, {"b.py": "X = 1\n"})
    with Killer("sleep 3.1", most=1) as killer:
        done = run(box, test=f"if test -e a.py && test -e b.py; then sleep 3.1; fi; {CHEAP_COMMAND}")
    assert len(killer.killed) == 1
    assert done.code == 0, (done.out, done.err)
    assert done.data["behaviour"] == "holds"
