"""Results of test tools whose own plugin or reporter writes our events (``events.py``): pytest, unittest, JavaScript.

Node ids are ``file::suite::...::name``, the file relative to the top of the candidate.  How a node id becomes a test is
the tool's own affair; what the events add up to is the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.outcome import RunStatus, Status, TestId, TestResult
from forkmerge.suites.events import EventLog, parse_events
from forkmerge.suites.tool import COLLECTION, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Session

    Identify = Callable[[str, int], TestId]


def results(log: EventLog, completed: Ended, identify: Identify) -> tuple[TestResult, ...]:
    """Return one result for each test that ended or was still running when its process ended."""
    seen: dict[str, int] = {}
    out = []
    for nodeid, status, seconds, message in (*log.collection, *log.ended):
        ordinal = seen.get(nodeid, 0)
        seen[nodeid] = ordinal + 1
        actual = status
        if status is Status.CRASHED and nodeid in log.killed:
            actual = Status.TIMEOUT
        out.append(TestResult(identify(nodeid, ordinal), actual, seconds, message))
    out.extend(_hung(nodeid, log, completed, identify) for nodeid in sorted(log.lost) if nodeid not in seen)
    return tuple(out)


def status(log: EventLog, found: tuple[TestResult, ...], completed: Ended) -> RunStatus:
    """Return how the run ended: without a session UNCOLLECTED, without even the plugin UNVERIFIED."""
    if completed.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
        return completed.status
    if not log.loaded:
        return RunStatus.UNVERIFIED
    if not log.sessions or log.total is None:
        return RunStatus.UNCOLLECTED
    reported = sum(1 for r in found if r.test.name != COLLECTION)
    if log.collect_only or reported >= log.total:
        return RunStatus.COMPLETED
    return RunStatus.CRASHED


def left(log: EventLog, completed: Ended, identify: Identify) -> tuple[TestId, ...]:
    """Return the tests that were collected and neither ran nor ended the run, () where resuming is of no use."""
    if not log.running or completed.status in (RunStatus.TIMEOUT, RunStatus.UNVERIFIED):
        return ()
    done = log.lost.union(name for name, *_ in log.ended)
    return tuple(identify(name, 0) for name in log.collected if name not in done)


def reading(sessions: tuple[Session, ...], completed: Ended, identify: Identify) -> Reading:
    """Return what the events of several sessions add up to."""
    log = EventLog()
    for session in sessions:
        log.add(parse_events(session.data))
    found = results(log, completed, identify)
    state = status(log, found, completed)
    if state is RunStatus.UNVERIFIED and sessions[-1].exit_code not in (None, 126, 127):
        state = RunStatus.UNCOLLECTED  # it was there, and broke off before our reporter was loaded
    return Reading(state, found, log.total, left(log, completed, identify), log.internal, log.reach.reach(identify))


def identity(runner: str, nodeid: str, ordinal: int = 0) -> TestId:
    """Return the identity that a node id stands for where names may hold anything but ``::``."""
    file, _, rest = nodeid.partition("::")
    suite, _, name = rest.rpartition("::")
    return TestId(runner, file, suite, name, ordinal)


def finished(data: bytes) -> tuple[int, str]:
    """Return how many tests ended in these events, and which last."""
    ended = [event for event in parse_events(data) if event["e"] == "end"]
    last = ended[-1].get("n") if ended else ""
    return len(ended), last if isinstance(last, str) else ""


def _hung(nodeid: str, log: EventLog, completed: Ended, identify: Identify) -> TestResult:
    if nodeid in log.killed or completed.status is RunStatus.TIMEOUT:
        lines = ["the test was still running when it was stopped", *log.frames.get(nodeid, [])[:6]]
        return TestResult(identify(nodeid, 0), Status.TIMEOUT, 0.0, "\n".join(lines))
    return TestResult(identify(nodeid, 0), Status.CRASHED, 0.0, "the test process ended while this test was running")
