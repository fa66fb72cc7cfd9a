"""``transplant`` and ``radar`` stopped in the middle: the repository is as before, and the next run goes on."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, CHECK, stop, wait_for
from support.thinking import hurried, thinking
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


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("transplant", "forkmerge.app.transplant:brought_in_by"),
        ("transplant", "forkmerge.app.transplant:scene"),
        ("transplant", "forkmerge.app.transplant_search:Search._minimal"),
        ("radar", "forkmerge.app.radar:commit_of"),
        ("radar", "forkmerge.app.radar:pick"),
        ("radar", "forkmerge.app.radar:_Radar._judge"),
    ],
)
def test_what_thinks_past_the_time_is_ended_and_what_is_known_is_told(tmp_path: Path, command: str, place: str) -> None:
    box = shop(tmp_path)
    before = box.fingerprint()
    asked = (command, "upstream", *ASKED[command], "--test", CHEAP_COMMAND, "--json", "--runs", "1", *CHECK)
    done = thinking(box, place, *asked)
    assert done.returncode == {"transplant": 1, "radar": 0}[command], done.stderr
    data = json.loads(done.stdout)
    assert not data["complete"]
    assert not data["interrupted"]
    assert "time was up" in data.get("reason", "") + " ".join(data["warnings"])
    assert box.fingerprint() == before


def test_shrinking_ends_while_there_is_time_to_run_and_confirm_what_holds(tmp_path: Path) -> None:
    box = shop(tmp_path)
    asked = ("--goal", "check_total_of_nothing", "--test", CHEAP_COMMAND, "--runs", "1", *CHECK)
    done = hurried(box, "transplant", "upstream", *asked, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["outcome"] == "found"
    assert not data["minimal"]
    assert data["proposal"]["certificate"].startswith("confirmed")
    assert "the time was up before it was shrunk to the end: there may be a smaller one" in data["warnings"]
    assert data["warnings"][0] == "the time was up before the search ended"


def test_a_loss_that_more_shrinking_might_mend_is_no_verdict(tmp_path: Path) -> None:
    box = shop(tmp_path)
    asked = ("--goal", "check_tidy_label", "--test", CHEAP_COMMAND, "--runs", "1", *CHECK)
    done = hurried(box, "transplant", "upstream", *asked, "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["outcome"], data["reason"]) == (1, "unfinished", "the time was up")


def test_a_radar_that_was_ended_before_it_saw_a_change_does_not_say_that_there_are_none(tmp_path: Path) -> None:
    box = shop(tmp_path)
    done = thinking(box, "forkmerge.app.radar:commit_of", "radar", "upstream", "--test", CHEAP_COMMAND, *CHECK)
    assert "nothing that the fork lacks" not in done.stdout
    assert "It ended before any change was looked at." in done.stdout
    assert "Warning: the time was up before the search ended" in done.stdout
