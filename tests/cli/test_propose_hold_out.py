"""``propose --hold-out``: tests that the search doesn't know of judge what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from support.proposing import best, cheap
from support.stories import prices

import forkmerge

if TYPE_CHECKING:
    from support.proposing import Sandbox

pytestmark = pytest.mark.sandbox
SCHEMA = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas" / "propose.json"
M = "def pair(x):\n    return x\n\n\ndef other():\n    return 1\n"
CHECK_M = "import m\n\n\n"


def undecided_by(where: Path, tests: int) -> Sandbox:
    """Return a repository whose sides change one line; ``tests`` of each side ask for its own version of it."""

    def checks(side: str, value: str) -> str:
        return CHECK_M + "\n\n".join(
            f"def check_{side}_{i}():\n    assert m.pair(1) == {value}\n" for i in range(tests)
        )

    fork, upstream = M.replace("return x", "return [x]"), M.replace("return x", "return (x,)")
    return cheap(
        where,
        {"m.py": M, "checks/m.py": CHECK_M + "def check_other():\n    assert m.other() == 1\n"},
        {"m.py": fork, "checks/fork.py": checks("fork", "[1]")},
        {"m.py": upstream, "checks/up.py": checks("up", "(1,)")},
    )


def test_what_the_other_tests_decide_holds_for_those_held_out(tmp_path: Path) -> None:
    box = prices(tmp_path)
    plain = box.check()
    done = box.check("--hold-out", "0.2", "--no-cache")
    assert done.code == 0, done.err
    jsonschema.validate(done.data, json.loads(SCHEMA.read_text()))
    assert done.data["held_out"]["tests"] >= 1
    assert done.data["held_out"]["lost"] == []
    assert best(done.data)["tree"] == best(plain.data)["tree"]
    asked = [sum(t["required"] for t in best(d.data)["tests"] if t["owner"] != "merged") for d in (plain, done)]
    assert asked[0] == asked[1] + done.data["held_out"]["tests"]
    assert (
        "held out of the search: the best proposal keeps all of them" in box.check("--hold-out", "0.2", json=False).out
    )
    assert plain.data["held_out"] is None


def test_a_test_that_was_held_out_and_fails_is_told_and_the_proposal_is_not_called_good(tmp_path: Path) -> None:
    """Of two tests that exclude each other one is held out: whichever it is, the answer loses it."""
    box = undecided_by(tmp_path, 1)
    lost = []
    for seed in range(4):
        done = box.check("--hold-out", "0.4", "--seed", str(seed))
        held = done.data["held_out"]
        if held["lost"]:
            lost += held["lost"]
            assert best(done.data)["verdict"] == "loses-tests"
            assert any("did not know of fail" in warning for warning in done.data["warnings"])
    assert lost


def test_a_share_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    box = undecided_by(tmp_path, 1)
    assert box.check("--hold-out", "1").code == 2
    assert box.check("--hold-out", "some").code == 2
