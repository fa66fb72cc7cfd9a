"""What a person applied decides between answers that are equally good, in the next merge."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, CHECK, Sandbox, best, cheap

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox

GOAL = "from {side} import value\n\n\ndef check_value():\n    assert value() == 1\n"
VALUE = "def value():\n    return 1\n"


def code(number: int) -> str:
    return f"RATE = {number}\n\n\ndef rate():\n    return RATE\n"


def limit(words: str) -> str:
    return f"from rates import rate\n\n\ndef check_rate():\n    assert rate() {words}\n"


def side(name: str, number: int) -> dict[str, str]:
    """A side with a function and a test of its own, and another rate: no test says which."""
    return {"rates.py": code(number), f"{name}.py": VALUE, f"checks/{name}.py": GOAL.format(side=name)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A repository in which two answers were equally good, and the second one was applied; and a merge to come."""
    base = {"rates.py": code(1), "checks/rates.py": limit("> 0")}
    box = cheap(tmp_path_factory.mktemp("rates"), base, side("mine", 2), side("theirs", 3))
    done = box.check("--diverse", "2")
    assert done.code == 0, done.err
    assert [p["verdict"] for p in done.data["proposals"][:2]] == ["good", "good"]
    assert [rate(box, p["tree"]) for p in done.data["proposals"][:2]] == ["2", "3"]
    box.git("checkout", "-qb", "later", "main")
    box.commit("later", side("more", 4))
    box.git("checkout", "-qb", "newer", "main")
    box.commit("newer", side("newer", 5))
    box.git("checkout", "-q", "fork")
    return box


@pytest.fixture
def box(made: Sandbox, tmp_path: Path) -> Sandbox:
    shutil.copytree(made.folder, tmp_path / "repo", symlinks=True)
    return Sandbox(tmp_path / "repo", made.home)


def rate(box: Sandbox, tree: str) -> str:
    return box.blob(tree, "rates.py").decode().split()[2]


def answer(box: Sandbox, *args: str) -> str:
    """Return the rate that the merge to come is proposed with."""
    done = box.propose(*CHECK, "--fork", "later", *args, upstream="newer", test=CHEAP_COMMAND)
    assert done.code == 0, done.err
    assert best(done.data)["verdict"] == "good"
    return rate(box, str(best(done.data)["tree"]))


def test_what_was_applied_decides_between_equals_unless_nothing_is_to_be_learnt(box: Sandbox) -> None:
    assert answer(box) == "4"
    assert box.run("apply", "runs/1/2", "--branch", "merged").code == 0
    assert answer(box) == "5"
    assert answer(box, "--no-learning") == "4"


def test_no_choice_outweighs_a_test(box: Sandbox) -> None:
    assert box.run("apply", "runs/1/2", "--branch", "merged").code == 0
    box.git("checkout", "-q", "later")
    box.commit("limit", {"checks/limit.py": limit("< 5")})
    assert answer(box) == "4"


def test_the_ledger_holds_it_once_and_shares_it(box: Sandbox, tmp_path: Path) -> None:
    assert box.run("apply", "--no-learning", "--branch", "unseen").code == 0
    assert not entries(box)
    for name in ("one", "two"):
        assert box.run("apply", "2", "--branch", name).code == 0
    (entry,) = entries(box)
    assert entry["tests"] == 1
    assert "py " in box.run("ledger", "show", entry["hash"]).out
    assert "conflict::theirs" in box.run("ledger", "show", entry["hash"]).out
    assert box.run("ledger", "verify").code == 0
    box.git("init", "-q", "--bare", str(tmp_path / "hub.git"))
    box.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    box.git("push", "-q", "origin", "--all")
    assert box.run("ledger", "push").code == 0
    box.git("clone", "-q", "-b", "fork", str(tmp_path / "hub.git"), str(tmp_path / "other"))
    other = Sandbox(tmp_path / "other", box.home)
    assert other.run("ledger", "fetch").code == 0
    (there,) = entries(other)
    assert there["foreign"]
    assert there["hash"] == entry["hash"]
    assert other.run("ledger", "verify").code == 0
    other.git("branch", "-q", "later", "origin/later")
    other.git("branch", "-q", "newer", "origin/newer")
    assert answer(other) == "5"


def entries(box: Sandbox) -> list[dict[str, object]]:
    runs = json.loads(box.run("ledger", "list", "--all", "--json").out)["runs"]
    return [run for run in runs if run["command"] == "forkmerge apply"]
