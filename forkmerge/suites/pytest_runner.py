"""pytest through our own plugin (``pytest_plugin.py``): every test, also of a run that was killed half-way.

The plugin travels in the support folder and is loaded through ``PYTEST_ADDOPTS`` and ``PYTHONPATH``, so the user's
command stays as it is, whether it is ``pytest``, ``python -m pytest`` or a shell line around them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from forkmerge.model.outcome import SuiteRun, TestId
from forkmerge.suites import streamed
from forkmerge.suites.events import EventLog, read_events
from forkmerge.suites.runner import Ended, Invocation, Mode, Progress, TestCommand, TestLimits
from forkmerge.suites.tool import source

PLUGIN = "forkmerge_pytest_plugin"
REACH = "forkmerge_reach"
_TRACEBACKS = "--tb=native"
"""PERF: pytest's own way parses the source of every function in a traceback, 0.1 s and more for each test that fails;
what is kept of a failure, its message, is the same."""


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
        own = given.get("PYTEST_ADDOPTS", "")  # last, so that what the user asks for stands
        options = (_TRACEBACKS, f"-p {PLUGIN}", "--collect-only -qq" * (mode is Mode.COLLECT), own)
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
        if limits.reach and mode is not Mode.COLLECT:
            files.append((f"{REACH}.py", source("reach_hook.py")))
            env["FORKMERGE_REACH"] = "1"
        if tests is not None:
            lines = "".join(json.dumps(node_id(test)) + "\n" for test in tests)
            files.append(("tests.jsonl", lines.encode("ascii")))
            env["FORKMERGE_TESTS"] = f"{support}/tests.jsonl"
        if mode is Mode.COLLECT and limits.vital:
            files.append(("vital.jsonl", "".join(json.dumps(f) + "\n" for f in sorted(limits.vital)).encode("ascii")))
            env["FORKMERGE_VITAL"] = f"{support}/vital.jsonl"
        return Invocation(command.argv, tuple({**given, **env}.items()), tuple(files))

    def collect(
        self,
        *,
        events_path: str,
        candidate: str,  # noqa: ARG002 - the protocol's
        completed: Ended,
        below: str = "",  # noqa: ARG002 - the protocol's
    ) -> SuiteRun:
        """Return what the events say; a run without a session is UNCOLLECTED, one without the plugin UNVERIFIED."""
        log = EventLog()
        log.add(read_events(events_path))
        results = streamed.results(log, completed, identity)
        status, tail = streamed.status(log, results, completed), completed.tail
        if log.internal and log.internal not in tail:
            tail = f"{tail}\n{log.internal}".strip()
        reach = log.reach.reach(identity)
        return SuiteRun(status, results, completed.exit_code, completed.seconds, tail, log.total, reach)

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:
        """Return the tests that were collected and neither ran nor ended the run, () where resuming is of no use."""
        log = EventLog()
        log.add(read_events(events_path))
        return streamed.left(log, completed, identity)

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
    return source("pytest_plugin.py")


def identity(nodeid: str, ordinal: int = 0) -> TestId:
    """Return the identity that a node id stands for; parameters may hold any character, ``::`` too."""
    file, _, rest = nodeid.partition("::")
    plain, bracket, parameters = rest.partition("[")
    suite, _, name = plain.rpartition("::")
    return TestId("pytest", file, suite, name + bracket + parameters, ordinal)


def node_id(test: TestId) -> str:
    """Return the node id of a test, relative to the candidate's root; the inverse of ``identity``."""
    return "::".join(part for part in (test.file, test.suite, test.name) if part)
