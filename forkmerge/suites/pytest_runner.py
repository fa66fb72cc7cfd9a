"""pytest through our own plugin (``pytest_plugin.py``): every test, also of a run that was killed half-way.

The plugin travels in the support folder and is loaded through ``PYTEST_ADDOPTS`` and ``PYTHONPATH``, so the user's
command stays as it is, whether it is ``pytest``, ``python -m pytest`` or a shell line around them.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.suites import streamed
from forkmerge.suites.events import EventLog, read_events
from forkmerge.suites.runner import Ended, Invocation, Mode, Progress, TestCommand, TestLimits
from forkmerge.suites.tool import source

if TYPE_CHECKING:
    from collections.abc import Iterable

PLUGIN = "forkmerge_pytest_plugin"
REACH = "forkmerge_reach"
_TRACEBACKS = "--tb=native"
"""PERF: pytest's own way parses the source of every function in a traceback, 0.1 s and more for each test that fails;
what is kept of a failure, its message, is the same."""
_RAISED = (1, 3)  # the exit codes of Python and of pytest for an error that nobody caught
_FRAME = re.compile(r'^(?:  File "(.+)", line \d+, in |([^\s:]+\.py):\d+: in )', re.MULTILINE)


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
            if limits.hung is not None:
                env["FORKMERGE_TEST_HUNG"] = f"{limits.hung:g}"
        if mode is Mode.REVERSE:
            env["FORKMERGE_ORDER"] = "reverse"
        files = [(f"{PLUGIN}.py", plugin_source())]
        if limits.reach and mode is not Mode.COLLECT:
            files.append((f"{REACH}.py", source("reach_hook.py")))
            env["FORKMERGE_REACH"] = "1"
        if tests is not None:
            files.append(("tests.jsonl", _lines(map(node_id, tests))))
            env["FORKMERGE_TESTS"] = f"{support}/tests.jsonl"
        if mode is Mode.COLLECT and limits.vital:
            files.append(("vital.jsonl", _lines(sorted(limits.vital))))
            env["FORKMERGE_VITAL"] = f"{support}/vital.jsonl"
        if mode is Mode.RUN and tests is None and limits.usual:
            files.append(("usual.jsonl", _lines(map(node_id, sorted(limits.usual)))))
            env["FORKMERGE_USUAL"] = f"{support}/usual.jsonl"
        return Invocation(command.argv, tuple({**given, **env}.items()), tuple(files))

    def collect(
        self,
        *,
        events_path: str,
        candidate: str,
        completed: Ended,
        below: str = "",
    ) -> SuiteRun:
        """Return what the events say; a run without a session is UNCOLLECTED, one without the plugin UNVERIFIED.

        Where an error ended it before our plugin was loaded, raised by a file of the candidate, that is broken: a
        plugin of the project's own, or pytest itself.
        """
        log = EventLog()
        log.add(read_events(events_path))
        results = streamed.results(log, completed, identity)
        status, tail = streamed.status(log, results, completed), completed.tail
        if status is RunStatus.UNVERIFIED and completed.exit_code in _RAISED and _raised_in((candidate, below), tail):
            status = RunStatus.UNCOLLECTED
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


def _raised_in(roots: tuple[str, ...], traceback: str) -> bool:
    """Return whether a frame of ``traceback`` lies in a file below one of ``roots``, wherever the run saw them."""
    for match in _FRAME.finditer(traceback):
        parts = (match[1] or match[2]).split("/")
        if any(part == "site-packages" or part.startswith("python3.") for part in parts):
            continue
        ends = ["/".join(parts[at:]) for at in range(1, len(parts))] if match[1] else [match[2]]
        if any(Path(root, end).is_file() for root in roots if root for end in ends if end[:1] != "/"):
            return True
    return False


def _lines(texts: Iterable[str]) -> bytes:
    """Return a file that the plugin reads: a text on each line."""
    return "".join(json.dumps(text) + "\n" for text in texts).encode("ascii")


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
