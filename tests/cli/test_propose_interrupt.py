"""``propose`` stopped in the middle: the repository is as before, nothing lives on, and the next run goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, CHECK, stop, trees, wait_for
from support.stories import prices

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytestmark = pytest.mark.sandbox
SEARCHING = 5
"""So many runs are in the ledger when the parents are known and the search is under way."""


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    return prices(tmp_path, sleep=0.15)


def stopped(
    box: Sandbox, how: signal.Signals, *, runs: int = SEARCHING, group: bool = False, sandbox: str = "auto"
) -> tuple[int, str, str]:
    """Stop a run when ``runs`` are in the ledger; return how it ended, once nothing of it is left."""
    before = box.fingerprint()
    process = box.start("--sandbox", sandbox)
    wait_for(lambda: box.ledger() >= runs, process=process)
    ended = stop(process, how, group=group)
    wait_for(lambda: not box.leftovers(), seconds=10)
    assert box.fingerprint() == before
    return ended


def goes_on(box: Sandbox, sandbox: str = "auto") -> None:
    """Assert that the next run takes up what was recorded and leaves nothing of the dead one."""
    recorded = box.ledger()
    after = box.check("--sandbox", sandbox)
    assert after.code == 0, after.err
    assert after.data["cached"] > 0
    assert [path.name for path in (box.home / ".cache" / "forkmerge").iterdir()] == [".lock"]
    rest = box.ledger() - recorded
    whole = box.check("--sandbox", sandbox, "--no-cache")
    assert rest < box.ledger() - recorded - rest, "fewer runs than without what was recorded"
    assert trees(whole.data) == trees(after.data)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_searching_reports_the_best_so_far(box: Sandbox, how: signal.Signals) -> None:
    code, out, err = stopped(box, how)
    assert code == 130, err
    data = json.loads(out)
    assert data["interrupted"]
    assert not data["complete"]
    assert "Traceback" not in err


def test_ctrl_c_while_the_parents_run_says_that_the_next_run_goes_on(box: Sandbox) -> None:
    code, out, _ = stopped(box, signal.SIGINT, runs=1)
    assert code == 130
    assert "the next run goes on from it" in json.loads(out)["warnings"][0]
    assert box.git("for-each-ref", "refs/forkmerge") == ""
    goes_on(box)


def test_ctrl_c_at_a_terminal_reaches_the_whole_group(box: Sandbox) -> None:
    assert stopped(box, signal.SIGINT, group=True)[0] == 130


def test_killed_while_searching_loses_nothing(box: Sandbox) -> None:
    assert stopped(box, signal.SIGKILL)[0] == -signal.SIGKILL
    goes_on(box)


THINKING = """
import signal, sys
import forkmerge.app.propose as app
from forkmerge.app.clock import Clock
from forkmerge.cli.main import main
from forkmerge.search.conflict_driven import ConflictDriven

def think_for_ever(*_, **__):
    signal.setitimer(signal.ITIMER_REAL, 0.1)  # the time that was given is up
    while True:
        pass

def ask_for_ever(search):
    while True:
        yield from search.run_tests(search.landscape.default, min(search.landscape.tests))

where = sys.argv.pop(1)
if where == "search":
    ConflictDriven._climb = think_for_ever
elif where == "confirming":
    ConflictDriven._climb = ask_for_ever
    Clock.leaves = lambda self, whole: setattr(self, "short", True)
else:
    app.scene = think_for_ever
sys.exit(main())
"""


def ended_by_time(box: Sandbox, where: str) -> dict[str, object]:
    """Return what is told of a run that goes on thinking at ``where`` past its time."""
    command = [sys.executable, "-c", THINKING, where, "propose", "upstream", "--json", "--runs", "1", "--time", "900"]
    done = subprocess.run(
        [*command, "--test", CHEAP_COMMAND, *CHECK], cwd=box.folder, env=box.environment(), check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    data = json.loads(done.stdout)
    assert not data["complete"]
    assert not data["interrupted"]
    assert isinstance(data, dict)
    return data


def test_a_search_that_only_thinks_past_its_time_is_ended_and_shows_what_it_found(box: Sandbox) -> None:
    data = ended_by_time(box, "search")
    assert data["warnings"][0] == "the time was up before the search ended"  # type: ignore[index]
    assert {p["origin"] for p in data["proposals"]} >= {"ours", "theirs", "structured"}  # type: ignore[attr-defined]


def test_reading_the_sides_past_the_time_is_ended_too(box: Sandbox) -> None:
    data = ended_by_time(box, "reading")
    assert "the time was up before an offspring was tested" in data["warnings"][0]  # type: ignore[index]


def test_a_search_ends_while_there_is_time_to_confirm_what_it_found(box: Sandbox) -> None:
    data = ended_by_time(box, "confirming")
    assert data["warnings"][0] == "the time was up before the search ended"  # type: ignore[index]
    best = data["proposals"][0]  # type: ignore[index]
    assert best["verdict"] == "good"
    assert best["certificate"].startswith("confirmed")


@pytest.mark.slow
@pytest.mark.parametrize("runs", [1, SEARCHING])
@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("sandbox", ["bubblewrap", "reduced", "none"])
def test_killed_at_any_time_in_any_sandbox_loses_nothing(box: Sandbox, sandbox: str, *, group: bool, runs: int) -> None:
    assert stopped(box, signal.SIGKILL, group=group, runs=runs, sandbox=sandbox)[0] == -signal.SIGKILL
    goes_on(box, sandbox)
