"""What ``propose`` says when its sandboxes are killed: could not verify, never a failure of the offspring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.killing import Killer
from support.proposing import CHEAP_COMMAND, best, cheap

from forkmerge.sandbox.probe import choose

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A fork and an upstream that merge cleanly; each has a test of its own."""
    if choose("auto").name != "bubblewrap":
        pytest.skip("no bubblewrap here")
    return cheap(
        tmp_path,
        {"lib.py": "A = 1\n"},
        {"a.py": "X = 1\n", "checks/a.py": "import a\ndef check_a(): pass\n"},
        {"b.py": "X = 1\n", "checks/b.py": "import b\ndef check_b(): pass\n"},
    )


def test_sandboxes_that_are_killed_again_and_again_leave_the_offspring_unverified(box):
    with Killer("sleep 47.4") as killer:
        done = box.check(test=f"if test -e a.py && test -e b.py; then sleep 47.4; fi; {CHEAP_COMMAND}")
    assert len(killer.killed) >= 3
    assert done.code == 4, (done.out, done.err)
    verdicts = {p["verdict"] for p in done.data["proposals"] if p["origin"] not in ("ours", "theirs")}
    assert verdicts == {"unverified"}, done.data["proposals"]


def test_a_sandbox_that_is_killed_once_changes_nothing(box):
    with Killer("sleep 3.2", most=1) as killer:
        done = box.check(test=f"if test -e a.py && test -e b.py; then sleep 3.2; fi; {CHEAP_COMMAND}")
    assert len(killer.killed) == 1
    assert done.code == 0, (done.out, done.err)
    assert best(done.data)["verdict"] == "good"
