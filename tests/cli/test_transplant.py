"""``transplant`` end to end on a small fork: what is taken and of whom, what is refused, what may not be touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from support.proposing import cheap
from support.transplanting import commit, goal, shop, transplant

import forkmerge
from forkmerge.git.repository import Repository
from forkmerge.git.trees import write
from forkmerge.recombination.patch import patch
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
SCHEMA = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas" / "transplant.json"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def before(box: Sandbox) -> tuple[str, ...]:
    return box.fingerprint()


@pytest.fixture(scope="module")
def first(box: Sandbox, before: tuple[str, ...]) -> Done:
    return goal(box, "check_total_of_nothing")


def taken(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(c["path"], c["unit"], c["subject"]) for c in data["taken"]]


def states(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(g["upstream"], g["before"], g["after"]) for g in data["goals"]]


def test_of_the_commit_only_what_the_goal_needs_is_taken(box: Sandbox, first: Done) -> None:
    assert first.code == 0, first.err
    data = first.data
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["outcome"] == "found"
    assert data["minimal"]
    assert taken(data) == [
        ("checks/shop.py", "check_total_of_nothing", "Total of nothing"),
        ("shop.py", "total", "Total of nothing"),
    ]
    assert states(data) == [("passed", "failed", "passed")]
    tree = data["proposal"]["tree"]
    assert b"check_total_of_something" not in box.blob(tree, "checks/shop.py")
    assert b"# percent" not in box.blob(tree, "shop.py")
    assert b"def after(" in box.blob(tree, "shop.py")


def test_the_repository_is_as_before(box: Sandbox, first: Done, before: tuple[str, ...]) -> None:
    assert box.fingerprint() == before


def test_the_proposal_is_kept_with_the_fork_as_its_only_parent(box: Sandbox, first: Done) -> None:
    ref = first.data["proposal"]["ref"]
    assert box.git("rev-parse", f"{ref}^{{tree}}").strip() == first.data["proposal"]["tree"]
    assert box.git("log", "-1", "--format=%P", ref).split() == [box.git("rev-parse", "fork").strip()]


def test_the_next_run_takes_everything_from_the_ledger(box: Sandbox, first: Done) -> None:
    recorded = box.ledger()
    again = goal(box, "check_total_of_nothing").data
    assert again["evaluations"] == 0
    assert again["proposal"]["tree"] == first.data["proposal"]["tree"]
    assert box.ledger() == recorded, "only the confirmation ran, and it is not kept"


@pytest.mark.parametrize("name", ["check_total_of_nothing", "check_tidy_label", "check_deep"])
def test_without_any_single_change_the_goal_fails(box: Sandbox, tmp_path: Path, name: str) -> None:
    """One-minimality, seen from outside: each change is taken back, and the tests are run without forkmerge."""
    data = goal(box, name).data
    with Repository.open(box.folder) as repo:
        mine, new = repo.entries(repo.resolve("fork").tree), repo.entries(data["proposal"]["tree"])
        paths = sorted(p for p in {*mine, *new} if mine.get(p) != new.get(p))
        made = patch([(p, mine.get(p), new.get(p)) for p in paths], repo.read, for_path)
        assert len(made.parts) == len(data["taken"])
        everything = frozenset(range(len(made.parts)))
        without = [everything - {number} for number, c in enumerate(data["taken"]) if c["role"] != "goal"]
        trees = [write(repo, repo.resolve("fork").tree, made.written(taken)) for taken in (everything, *without)]
    assert without
    assert [passes(box, tree, tmp_path / tree, name) for tree in trees] == [True, *(False for _ in without)]


def passes(box: Sandbox, tree: str, place: Path, name: str) -> bool:
    """Return whether a test passes in a tree, by the runner alone."""
    place.mkdir()
    archive = subprocess.run(["git", "archive", tree], cwd=box.folder, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=place, input=archive, check=True)
    subprocess.run([sys.executable, "-S", "run.py"], cwd=place, check=False)
    return f"name='{name}'></testcase>" in (place / "results.xml").read_text()


def test_what_the_commit_depends_on_comes_from_earlier_ones(box: Sandbox) -> None:
    data = goal(box, "check_tidy_label").data
    assert [c[1:] for c in taken(data)] == [
        ("check_tidy_label", "Tidy labels"),
        ("label", "Tidy labels"),
        ("tidy", "Help"),
    ]
    assert [bool(t["why"]) for t in data["tried"]] == [True, False]
    assert b"loud=False" in box.blob(data["proposal"]["tree"], "shop.py")


def test_a_test_that_upstream_edited_replaces_the_forks_own_and_is_named(box: Sandbox) -> None:
    done = goal(box, "check_tax")
    assert done.code == 0
    assert [w["test"].rpartition("::")[2] for w in done.data["waivers"]] == ["check_tax"]
    assert b"RATE = 19" in box.blob(done.data["proposal"]["tree"], "shop.py")


def test_a_merge_that_brought_test_and_code_together_is_taken_and_follows_the_forks_rename(box: Sandbox) -> None:
    data = goal(box, "checks/deep.py").data
    assert data["outcome"] == "found"
    assert {c[2] for c in taken(data)} == {"Test receipts", "Join"}
    assert b"shop.after(price)" in box.blob(data["proposal"]["tree"], "deep.py")
    assert [c["unit"] for c in data["taken"] if c["adapted"]] == ["receipt"]


def test_tests_of_the_fork_that_stand_in_the_way_are_named(box: Sandbox) -> None:
    done = goal(box, "check_strict")
    assert done.code == 1
    assert done.data["outcome"] == "impossible"
    assert [name.rpartition("::")[2] for name in done.data["lost"]] == ["check_free"]
    assert done.data["proposal"] is None
    said = goal(box, "check_strict", json=False).out
    assert "It can't be transplanted" in said
    assert "check_free" in said


def test_a_goal_that_passes_on_the_fork_already_is_nothing_to_do(box: Sandbox) -> None:
    done = goal(box, "check_total_of_something")
    assert done.code == 0
    assert done.data["outcome"] == "nothing-to-do"
    assert states(done.data) == [("passed", "passed", "")]
    assert done.data["proposal"] is None


def test_a_commits_tests_are_the_goal_where_none_is_named(box: Sandbox) -> None:
    data = transplant(box, "--commit", commit(box, "Total of nothing")).data
    assert [g["test"].rpartition("::")[2] for g in data["goals"]] == [
        "check_total_of_nothing",
        "check_total_of_something",
    ]
    assert [c[1] for c in taken(data)] == ["check_total_of_nothing", "check_total_of_something", "total"]


def test_a_goal_that_upstream_does_not_have_is_a_usage_error_with_the_nearest(box: Sandbox) -> None:
    done = goal(box, "check_total_of_nothin")
    assert done.code == 2
    assert "did you mean" in done.err
    assert "check_total_of_nothing" in done.err


def test_nothing_asked_or_a_commit_of_somebody_else_is_a_usage_error(box: Sandbox) -> None:
    assert transplant(box).code == 2
    assert transplant(box, "--commit", "fork").code == 2
    assert transplant(box, "--commit", commit(box, "Help")).code == 2, "it has no test"


def test_a_goal_that_fails_on_upstream_is_unusable_with_the_reason(tmp_path: Path) -> None:
    box = shop(tmp_path)
    box.git("checkout", "-q", "upstream")
    box.commit("Broken", {"checks/broken.py": "def check_broken():\n    assert False\n"})
    box.git("checkout", "-q", "fork")
    done = goal(box, "check_broken")
    assert done.code == 3
    assert "check_broken does not pass on upstream itself" in done.err


def test_what_the_fork_has_already_is_nothing_to_do(box: Sandbox) -> None:
    done = goal(box, "check_net", upstream="main")
    assert done.code == 0
    assert done.data["outcome"] == "nothing-to-do"


def test_a_small_budget_gives_what_was_seen_to_do_or_says_that_it_is_not_known(box: Sandbox) -> None:
    for budget in ("1", "2", "3"):
        done = transplant(box, "--goal", "check_tidy_label", "--budget", budget, "--no-cache")
        data = done.data
        if data["outcome"] == "found":
            assert not data["minimal"]
            assert any("budget" in w for w in data["warnings"])
            assert done.code == 0
        else:
            assert data["outcome"] == "unfinished"
            assert "budget" in data["reason"]
            assert done.code == 1


def test_apply_makes_a_commit_that_names_the_commits_and_their_authors(tmp_path: Path) -> None:
    box = shop(tmp_path)
    assert goal(box, "check_tidy_label").code == 0
    done = box.run("apply")
    assert done.code == 0, done.err
    assert box.git("rev-list", "--parents", "-1", "HEAD").split()[1:] == [box.git("rev-parse", "HEAD~1").strip()]
    message = box.git("log", "-1", "--format=%B")
    assert "Take changes of upstream" in message
    for subject in ("Tidy labels", "Help"):
        assert f"Forkmerge-Taken-From: {commit(box, subject)} {subject}" in message
    assert "Co-authored-by: Maintainer <maintainer@example.org>" in message
    assert box.git("status", "--porcelain") == ""


def test_apply_without_a_commit_leaves_no_merge_in_progress(tmp_path: Path) -> None:
    box = shop(tmp_path)
    assert goal(box, "check_total_of_nothing").code == 0
    assert box.run("apply", "--no-commit").code == 0
    assert not (box.folder / ".git" / "MERGE_HEAD").exists()
    assert "sum(prices or ())" in box.git("diff", "--cached")
    box.git("commit", "-q", "--no-edit")
    assert box.git("log", "-1", "--format=%s").strip() == "Total of nothing"


def test_show_and_diff_work_on_what_was_found(box: Sandbox) -> None:
    assert goal(box, "check_total_of_nothing").code == 0
    shown = box.run("show")
    assert shown.code == 0
    assert "shop.py" in shown.out
    assert "+    return sum(prices or ())" in box.run("diff").out


def test_what_breaks_with_the_fork_is_left_out_where_the_goal_can_do_without_it(tmp_path: Path) -> None:
    box = shop(tmp_path)
    box.git("checkout", "-q", "upstream")
    text = (box.folder / "shop.py").read_text() + '\n\nassert "after" not in dir(), "the name is taken"\n'
    box.commit("Taken", {"shop.py": text})
    box.git("checkout", "-q", "fork")
    data = goal(box, "check_tidy_label").data
    assert data["outcome"] == "found"
    assert [c[1] for c in taken(data)] == ["check_tidy_label", "label", "tidy"]


def test_a_test_that_both_sides_edited_counts_as_it_is_merged(tmp_path: Path) -> None:
    module = 'def rate():\n    return 7\n\n\ndef name():\n    return "m"\n'
    checks = "import m\n\n\ndef check_rate():\n    assert m.rate() == 7\n    value = m.name()\n    assert value\n"
    box = cheap(
        tmp_path,
        {"m.py": module, "checks/m.py": checks},
        {"checks/m.py": checks.replace("assert value", 'assert value == "m"')},
        {
            "m.py": module.replace("return 7", "return 19"),
            "checks/m.py": checks.replace("== 7", "== 19") + "\n\ndef check_high():\n    assert m.rate() > 10\n",
        },
    )
    done = goal(box, "check_high")
    assert done.code == 0, done.err
    assert [w["test"].rpartition("::")[2] for w in done.data["waivers"]] == ["check_rate"]
    text = box.blob(done.data["proposal"]["tree"], "checks/m.py").decode()
    assert "m.rate() == 19" in text
    assert 'assert value == "m"' in text
