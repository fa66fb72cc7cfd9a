"""pytest through our own plugin (``pytest_plugin.py``): every test, also of a run that was killed half-way.

The plugin travels in the support folder and is loaded through ``PYTEST_ADDOPTS`` and ``PYTHONPATH``, so the user's
command stays as it is, whether it is ``pytest``, ``python -m pytest`` or a shell line around them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.suites.events import EventLog, read_events
from forkmerge.suites.runner import Ended, Invocation, Mode, Progress, TestCommand, TestLimits

PLUGIN = "forkmerge_pytest_plugin"
COLLECTION = "(collection)"


@dataclass(frozen=True, slots=True)
class PytestRunner:
    """The runner of every command that calls pytest."""

    name: str = "pytest"
    selects: bool = True

    def prepare(
        self,
        command: TestCommand,
        *,
        support: str,
        events: str,
        tests: tuple[TestId, ...] | None,
        limits: TestLimits,
        mode: Mode = Mode.RUN,
        root: str = "",
    ) -> Invocation:
        """Return the command unchanged, with the plugin and what it has to know in the environment."""
        given = dict(command.env)
        options = (given.get("PYTEST_ADDOPTS", ""), f"-p {PLUGIN}", "--collect-only -qq" * (mode is Mode.COLLECT))
        env = {
            "PYTEST_ADDOPTS": " ".join(filter(None, options)),
            "PYTHONPATH": os.pathsep.join(p for p in (support, given.get("PYTHONPATH", "")) if p),
            "FORKMERGE_EVENTS": events,
        }
        if root:
            env["FORKMERGE_ROOT"] = root
        if limits.per_test is not None:
            env["FORKMERGE_TEST_LIMIT"] = f"{limits.per_test:g}"
            env["FORKMERGE_TEST_GRACE"] = f"{limits.grace:g}"
        if mode is Mode.REVERSE:
            env["FORKMERGE_ORDER"] = "reverse"
        files = [(f"{PLUGIN}.py", plugin_source())]
        if tests is not None:
            lines = "".join(json.dumps(node_id(test)) + "\n" for test in tests)
            files.append(("tests.jsonl", lines.encode("ascii")))
            env["FORKMERGE_TESTS"] = f"{support}/tests.jsonl"
        return Invocation(command.argv, tuple({**given, **env}.items()), tuple(files))

    def collect(self, *, events_path: str, candidate: str, completed: Ended) -> SuiteRun:  # noqa: ARG002 - the protocol's
        """Return what the events say; a run without a session is UNCOLLECTED, one without the plugin UNVERIFIED."""
        log = EventLog()
        log.add(read_events(events_path))
        results = tuple(_results(log, completed))
        status, tail = _status(log, results, completed), completed.tail
        if log.internal and log.internal not in tail:
            tail = f"{tail}\n{log.internal}".strip()
        return SuiteRun(status, results, completed.exit_code, completed.seconds, tail, log.total)

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:
        """Return the tests that were collected and neither ran nor ended the run, () where resuming is of no use."""
        log = EventLog()
        log.add(read_events(events_path))
        if not log.running or completed.status in (RunStatus.TIMEOUT, RunStatus.UNVERIFIED):
            return ()
        done = log.lost.union(name for name, *_ in log.ended)
        return tuple(identity(name) for name in log.collected if name not in done)

    def progress(self, events_path: str) -> PytestProgress:
        """Return an incremental reader of the events of a running command."""
        return PytestProgress(events_path)


@dataclass(slots=True)
class PytestProgress:
    """Reads on in the events file; the only state is the place up to which it has read."""

    path: str
    offset: int = 0
    log: EventLog = field(default_factory=EventLog)

    def read(self) -> Progress:
        """Return how far the run is now."""
        events, self.offset = read_events(self.path, self.offset, tell=True)
        self.log.add(events)
        current = next(iter(self.log.running), "")
        return Progress(len(self.log.ended), self.log.total, current)


def plugin_source() -> bytes:
    """Return the plugin's source, to be written into the support folder."""
    path = os.path.join(os.path.dirname(__file__), "pytest_plugin.py")  # noqa: PTH118, PTH120 - pathlib is slow to load
    with open(path, "rb") as file:  # noqa: PTH123 - the same
        return file.read()


def identity(nodeid: str, ordinal: int = 0) -> TestId:
    """Return the identity that a node id stands for; parameters may hold any character, ``::`` too."""
    file, _, rest = nodeid.partition("::")
    plain, bracket, parameters = rest.partition("[")
    suite, _, name = plain.rpartition("::")
    return TestId("pytest", file, suite, name + bracket + parameters, ordinal)


def node_id(test: TestId) -> str:
    """Return the node id of a test, relative to the candidate's root; the inverse of ``identity``."""
    return "::".join(part for part in (test.file, test.suite, test.name) if part)


def _results(log: EventLog, completed: Ended) -> list[TestResult]:
    seen: dict[str, int] = {}
    out = []
    for nodeid, status, seconds, message in (*log.collection, *log.ended):
        ordinal = seen.get(nodeid, 0)
        seen[nodeid] = ordinal + 1
        actual = status
        if status is Status.CRASHED and nodeid in log.killed:
            actual = Status.TIMEOUT
        out.append(TestResult(identity(nodeid, ordinal), actual, seconds, message))
    out.extend(_hung(nodeid, log, completed) for nodeid in sorted(log.lost) if nodeid not in seen)
    return out


def _hung(nodeid: str, log: EventLog, completed: Ended) -> TestResult:
    if nodeid in log.killed or completed.status is RunStatus.TIMEOUT:
        lines = ["the test was still running when it was stopped", *log.frames.get(nodeid, [])[:6]]
        return TestResult(identity(nodeid), Status.TIMEOUT, 0.0, "\n".join(lines))
    return TestResult(identity(nodeid), Status.CRASHED, 0.0, "the test process ended while this test was running")


def _status(log: EventLog, results: tuple[TestResult, ...], completed: Ended) -> RunStatus:
    if completed.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
        return completed.status
    if not log.loaded:
        return RunStatus.UNVERIFIED
    if not log.sessions or log.total is None:
        return RunStatus.UNCOLLECTED
    reported = sum(1 for r in results if r.test.name != COLLECTION)
    if log.collect_only or reported >= log.total:
        return RunStatus.COMPLETED
    return RunStatus.CRASHED
