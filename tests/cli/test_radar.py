"""``radar`` end to end on a small fork: which of upstream's changes can be taken by themselves, and which can't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from support.proposing import CHEAP_COMMAND, CHECK
from support.transplanting import shop

import forkmerge

if TYPE_CHECKING:
    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
SCHEMA = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas" / "radar.json"


def radar(box: Sandbox, *args: str, json: bool = True, upstream: str = "upstream") -> Done:
    asked = ("--test", CHEAP_COMMAND, "--runs", "1", *CHECK, *(("--json",) if json else ()))
    return box.run("radar", upstream, *args, *asked)


def fates(data: dict[str, Any]) -> dict[str, str]:
    return {c["subject"]: c["fate"] for c in data["changes"]}


def change(data: dict[str, Any], subject: str) -> dict[str, Any]:
    found = next(c for c in data["changes"] if c["subject"] == subject)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def before(box: Sandbox) -> tuple[str, ...]:
    return box.fingerprint()


@pytest.fixture(scope="module")
def first(box: Sandbox, before: tuple[str, ...]) -> Done:
    return radar(box)


def test_each_change_is_judged_by_itself(first: Done) -> None:
    assert first.code == 0, first.err
    data = first.data
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert fates(data) == {
        "Total of nothing": "green",
        "Rate": "green",
        "upstream": "green",
        "Help": "green",
        "Strict": "loses-tests",
        "Receipts": "conflict",
        "Tidy labels": "conflict",
    }
    assert [c["number"] for c in data["changes"]] == [1, 2, 3, 4, 0, 0, 0]


def test_changes_that_mend_tests_come_first_and_name_them(first: Done) -> None:
    best = first.data["changes"][0]
    assert (best["subject"], best["tests"]) == ("Total of nothing", 2)
    assert [name.rpartition("::")[2] for name in best["mends"]] == ["check_total_of_nothing"]
    assert "NOTES" in best["why"], "its part in the notes conflicts, and is left out"


def test_why_a_change_is_not_green_is_told(first: Done) -> None:
    strict, receipts = change(first.data, "Strict"), change(first.data, "Receipts")
    assert [name.rpartition("::")[2] for name in strict["lost"]] == ["check_free"]
    assert receipts["merge"]
    assert receipts["conflicts"] == ["shop.py"]


def test_the_repository_is_as_before_and_the_green_ones_are_kept(
    box: Sandbox, first: Done, before: tuple[str, ...]
) -> None:
    assert box.fingerprint() == before
    fork = box.git("rev-parse", "fork").strip()
    for proposal in first.data["proposals"]:
        assert box.git("rev-parse", f"{proposal['ref']}^{{tree}}").strip() == proposal["tree"]
        assert box.git("log", "-1", "--format=%P", proposal["ref"]).split() == [fork]


def test_a_green_one_has_the_change_and_what_the_fork_made_of_the_place(box: Sandbox, first: Done) -> None:
    text = box.blob(first.data["proposals"][0]["tree"], "shop.py")
    assert b"sum(prices or ())" in text
    assert b"def after(" in text
    assert b"loud=False" in text


def test_the_next_run_takes_everything_from_the_ledger(box: Sandbox, first: Done) -> None:
    recorded = box.ledger()
    again = radar(box)
    assert again.data["evaluations"] == 0
    assert fates(again.data) == fates(first.data)
    assert box.ledger() == recorded


def test_workers_that_look_ahead_change_nothing(box: Sandbox, first: Done) -> None:
    many = radar(box, "--jobs", "4", "--no-cache").data
    assert fates(many) == fates(first.data)
    assert [p["tree"] for p in many["proposals"]] == [p["tree"] for p in first.data["proposals"]]


def test_every_commit_by_itself_instead_of_merges(box: Sandbox, first: Done) -> None:
    data = radar(box, "--commits").data
    assert "Receipts" not in fates(data)
    assert fates(data)["Test receipts"] == "own-tests-fail"
    assert change(data, "Test receipts")["failing"]


def test_limit_budget_and_since_are_said(box: Sandbox, first: Done) -> None:
    few = radar(box, "--limit", "2").data
    assert [len(few["changes"]), few["older"]] == [2, 5]
    poor = radar(box, "--budget", "1", "--no-cache").data
    assert sum(c["fate"] == "not-tried" for c in poor["changes"]) == 4
    assert any("budget" in w for w in poor["warnings"])
    assert radar(box, "--since", "2099-01-01").data["changes"] == []
    assert "not looked at" in radar(box, "--limit", "2", json=False).out


def test_what_the_fork_has_already_is_left_out_and_said(tmp_path: Path) -> None:
    box = shop(tmp_path)
    commit = box.git("log", "--format=%H", "--grep=Help", "upstream").strip()
    box.git("cherry-pick", commit)
    data = radar(box).data
    assert fates(data)["Help"] == "in-the-fork"
    assert "same patch" in change(data, "Help")["why"]
    assert fates(data)["Tidy labels"] == "green", "it needs Help, which is there now"
    box.git("merge", "-q", "-s", "ours", "upstream")
    assert "nothing that the fork lacks" in radar(box, json=False).out


def test_prose_that_conflicts_is_left_out_unless_it_is_all(tmp_path: Path) -> None:
    box = shop(tmp_path)
    box.git("checkout", "-q", "upstream")
    box.commit("Only notes", {"NOTES": "notes\n\nAll new.\n"})
    box.git("checkout", "-q", "fork")
    box.commit("Own notes", {"NOTES": "other notes\n"})
    data = radar(box).data
    assert fates(data)["Only notes"] == "conflict"
    assert change(data, "Only notes")["conflicts"] == ["NOTES"]
    assert fates(data)["Total of nothing"] == "green"


def test_apply_takes_a_change_as_a_commit_of_its_own(tmp_path: Path) -> None:
    box = shop(tmp_path)
    assert radar(box).code == 0
    assert box.run("apply", "1").code == 0
    assert box.git("log", "-1", "--format=%s").strip() == "Total of nothing"
    assert len(box.git("log", "-1", "--format=%P").split()) == 1
    assert "sum(prices or ())" in (box.folder / "shop.py").read_text()


def test_a_table_for_people(box: Sandbox, first: Done) -> None:
    said = radar(box, json=False).out
    assert "4 of 7 can be taken by themselves, 2 of them mend tests" in said
    assert "loses tests: " in said
    assert "WITHOUT a sandbox" in radar(box, "--sandbox", "none", json=False).out
    assert radar(box, "--limit", "0").code == 2
    assert radar(box, upstream="nowhere").code == 3
