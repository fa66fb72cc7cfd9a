"""``transplant`` and ``radar`` stopped in the middle: the repository is as before, and the next run goes on."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, CHECK, stop, wait_for
from support.transplanting import goal, shop

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytestmark = pytest.mark.sandbox
ASKED = {"transplant": ("--goal", "check_tidy_label"), "radar": ()}


def started(box: Sandbox, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        box.command(command, "upstream", *ASKED[command], "--test", CHEAP_COMMAND, "--json", "--runs", "1", *CHECK),
        cwd=box.folder, env=box.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["transplant", "radar"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_searching_it_says_so_and_the_next_run_goes_on(
    tmp_path: Path, command: str, how: signal.Signals
) -> None:
    box = shop(tmp_path, sleep=0.2)
    before = box.fingerprint()
    process = started(box, command)
    wait_for(lambda: box.ledger() >= 3, process=process)
    code, out, err = stop(process, how)
    wait_for(lambda: not box.leftovers(), seconds=10)
    assert code == 130, err
    data = json.loads(out)
    assert data["interrupted"]
    assert not data["complete"]
    assert "Traceback" not in err
    assert box.fingerprint() == before
    if command == "transplant":
        after = goal(box, "check_tidy_label")
        assert after.data["outcome"] == "found"
        assert after.data["cached"] > 0


def test_killed_it_leaves_the_repository_as_it_was(tmp_path: Path) -> None:
    box = shop(tmp_path, sleep=0.2)
    before = box.fingerprint()
    process = started(box, "transplant")
    wait_for(lambda: box.ledger() >= 3, process=process)
    assert stop(process, signal.SIGKILL)[0] == -signal.SIGKILL
    wait_for(lambda: not box.leftovers(), seconds=10)
    assert box.fingerprint() == before
    assert goal(box, "check_tidy_label").data["outcome"] == "found"


def test_the_time_limit_ends_it_with_what_is_known(tmp_path: Path) -> None:
    box = shop(tmp_path, sleep=0.5)
    done = goal(box, "check_tidy_label", time="3s")
    assert done.code == 1
    assert done.data["outcome"] == "unfinished"
    assert "time" in done.data["reason"]
