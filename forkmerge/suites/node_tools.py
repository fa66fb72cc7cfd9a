"""node:test, jest, vitest and mocha, through reporters of our own (``reporters/``) that write events.

The reporter is added to the tool's own command line, in place of those that stand there.  Single tests are selected by
a pattern of their full titles, and by their files where the command names none itself.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from forkmerge.model.outcome import RunStatus
from forkmerge.suites import streamed
from forkmerge.suites.events import EventLog, parse_events
from forkmerge.suites.exitcode import NOT_STARTED
from forkmerge.suites.runner import Mode
from forkmerge.suites.tool import MOST_SELECTED, Call, Reading, source

if TYPE_CHECKING:
    from forkmerge.model.outcome import TestId
    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Files, Order, Session

NodeName: TypeAlias = Literal["node", "jest", "vitest", "mocha"]
_FILES = {"node": "node.mjs", "jest": "jest.cjs", "vitest": "vitest.mjs", "mocha": "mocha.cjs"}
_TEST = re.compile(r"(?<=\s)--test(?=\s|$)")
_UNWANTED = {
    "node": r"--test-reporter(?:-destination)?[= ]\S+|--watch|--test-name-pattern(?:=| )(?:'[^']*'|\"[^\"]*\"|\S+)",
    "jest": r"--watch(?:All)?(?:=\S+)?|--bail(?:=\S+)?|-b|--reporters[= ]\S+|--onlyChanged|-o|--verbose",
    "vitest": r"--watch(?:=\S+)?|-w|--bail[= ]\S+|--reporter[= ]\S+|--ui|--open|--changed",
    "mocha": r"--watch|-w|--bail|-b|--reporter[= ]\S+|-R[= ]?\S+",
}
WHOLE_FILE = "(whole file)"
"""The name of the test that a file without any is."""

_VALUED = {"--import", "--require", "-r", "--loader", "--experimental-loader", "--env-file", "--conditions", "-C"}
_COMMANDS = {"run", "watch", "dev", "related"}


@dataclass(frozen=True, slots=True)
class NodeTool:
    """A test tool of JavaScript; ``name`` says which."""

    name: NodeName
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with our reporter, and with the selection as patterns and files."""
        if order.mode is Mode.COLLECT:
            return Call(":")  # none of them can tell all tests of all files without running them
        reporter = f"forkmerge_{_FILES[self.name]}"
        path = shlex.quote(f"{order.support}/{reporter}")
        clean = re.sub(rf"(?<=\s)(?:{_UNWANTED[self.name]})(?=\s|$)", "", text)
        tests = order.tests if order.tests and len(order.tests) <= MOST_SELECTED else ()
        env = (("FORKMERGE_SELECTED", "1"),) if tests else ()
        files = ((reporter, source(f"reporters/{_FILES[self.name]}")),)
        return Call(self._with(clean, path, tests, order.root), env, files)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:  # noqa: ARG002 - the protocol's
        """Return what the events say; how many tests there are is known when all have run."""
        log = EventLog()
        for session in sessions:
            log.add(parse_events(session.data))
        found = streamed.results(log, ended, self._identity)
        state = RunStatus.COMPLETED
        if ended.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
            state = ended.status
        elif not log.loaded:
            state = RunStatus.UNVERIFIED if sessions[-1].exit_code in NOT_STARTED else RunStatus.UNCOLLECTED
        elif not log.sessions:
            state = RunStatus.UNCOLLECTED
        elif not log.finished:
            state = RunStatus.CRASHED
        total = len(log.ended) if state is RunStatus.COMPLETED else None
        return Reading(state, found, total, (), log.internal)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended, and which last."""
        return streamed.finished(data)

    def _identity(self, nodeid: str, ordinal: int) -> TestId:
        return streamed.identity(self.name, nodeid, ordinal)

    def _with(self, text: str, reporter: str, tests: tuple[TestId, ...], root: str) -> str:
        paths = sorted({test.file for test in tests})
        named = "" if "" in paths else " ".join(shlex.quote(f"{root}/{path}" if root else path) for path in paths)
        if self.name == "node":
            return _node(text, reporter, tests, named)
        pattern = shlex.quote(f"^(?:{'|'.join(map(_title, tests))})$")
        if _names_files(text, self.name):
            named = ""
        if self.name == "jest":
            select = [f"--testNamePattern={pattern}", named and f"--runTestsByPath {named}"]
            return _joined(text, *(select if tests else ()), "--no-watchman", f"--reporters={reporter}")
        if self.name == "vitest":
            select = [named, f"--testNamePattern={pattern}"]
            return _joined(
                text, *(select if tests else ()), "--watch=false", f"--reporter={reporter} --reporter=default"
            )
        return _joined(
            text, *([f"--grep {pattern}"] if tests else ()), f"--no-bail --require {reporter} --reporter {reporter}"
        )


def _node(text: str, reporter: str, tests: tuple[TestId, ...], named: str) -> str:
    options = [f"--test-reporter={reporter} --test-reporter-destination=stdout"]
    options += ["--test-reporter=spec --test-reporter-destination=stdout"]
    if tests and not any(test.name == WHOLE_FILE for test in tests):  # a subtest runs only if the one above it runs
        titles = {part for test in tests for part in (*test.suite.split("::"), test.name) if part}
        patterns = [rf"(?:^|\s){re.escape(title)}$" for title in sorted(titles)]
        options += [f"--test-name-pattern={shlex.quote(pattern)}" for pattern in patterns]
    if named:
        text = f"{_without_files(text)} {named}"
    return _TEST.sub(lambda _: " ".join(("--test", *options)), text, count=1)


def _without_files(text: str) -> str:
    """Return a command of node:test without the files that it names; what has a value of its own keeps it."""
    words = text.split()
    start = words.index("--test") + 1
    kept = [word for before, word in pairwise(words[start - 1 :]) if word.startswith("-") or before in _VALUED]
    return " ".join((*words[:start], *kept))


def _title(test: TestId) -> str:
    """Return the pattern of a full title: the titles of the suites and of the test, with a space between."""
    raw = "::".join(part for part in (test.suite, test.name) if part)
    return "(?:\\s|::)".join(map(re.escape, raw.split("::")))


def _joined(text: str, *options: str) -> str:
    command, dashes, rest = text.partition(" -- ")
    return " ".join(filter(None, (command, *options))) + dashes + rest


def _names_files(text: str, tool: str) -> bool:
    """Return whether the command names what to run itself."""
    try:
        words = shlex.split(text)
    except ValueError:
        return True
    place = next((n for n, word in enumerate(words) if tool in word), len(words))
    return any(not word.startswith("-") and word not in _COMMANDS for word in words[place + 1 :])
