"""``go test`` through its own JSON events (``go doc test2json``).

What the packages hold is read from the sources before they are built, so that a test is known by its file, that a
package that does not build has its test files reported as not collected, and that the tests which a panic or a time
limit took along are known and can be run again without the one that did it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forkmerge.model.outcome import RunStatus, Status, TestId, TestResult
from forkmerge.suites.runner import Mode
from forkmerge.suites.tool import COLLECTION, MOST_SELECTED, Call, Reading, head, numbered, source, tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Files, Order, Session

_SKIPPED = "--exclude-dir=vendor --exclude-dir=node_modules --exclude-dir=.git --exclude-dir=testdata"
_LIST = (
    f"grep -rnE --include='*_test.go' {_SKIPPED} '^func (Test|Fuzz|Example)[^ ]*\\(' . ; "
    f"grep -rnE --include=go.mod {_SKIPPED} '^module ' ."
)
_LISTED = re.compile(rb"^\./(.+_test\.go):\d+:func ((?:Test|Fuzz|Example)\w*)\(")
_MODULE = re.compile(rb'^\./((?:.+/)?go\.mod):\d+:module\s+"?([^\s"]+)')
_ENDED = re.compile(rb'"Action":"(?:pass|fail|skip)".*?"Test":"([^"]+)"')
_NOISE = re.compile(r"^\s*(?:===|---) ?(?:RUN|PAUSE|CONT|NAME|FAIL:|PASS:|SKIP:)")
_STATUS = {"pass": Status.PASSED, "fail": Status.FAILED, "skip": Status.SKIPPED}
_MOST_SAID = 200
_CACHE = "forkmerge_go_cache.sh"


@dataclass(frozen=True, slots=True)
class GoTool:
    """``go test``; a subtest is a test of its own, in the suite of its parents."""

    name: str = "go"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with JSON events, no cached results, and the selection as a pattern."""
        command, args = _before_args(text)
        added = [flag for flag in ("-json", "-count=1") if not _has(command, flag[1:].partition("=")[0])]
        if order.mode is Mode.COLLECT:
            added.append("-run='^$'")
        elif order.mode is Mode.REVERSE and not _has(command, "shuffle"):
            added.append("-shuffle=1")
        if order.limits.whole and not _has(command, "timeout"):  # a test that hangs must not take the others along
            added.append(f"-timeout={max(order.limits.whole / 2, 1):.0f}s")
        if order.tests and order.mode is not Mode.COLLECT and len(order.tests) <= MOST_SELECTED:
            added.append(f"-run={shlex.quote(pattern(order.tests))}")
        cache = f'GOCACHE="$(sh {shlex.quote(f"{order.support}/{_CACHE}")})"'
        files = ((_CACHE, source("go_cache.sh")),)
        return Call(f"{cache} {command} {' '.join(added)} {args}".strip(), files=files, before=_LIST, captured=True)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:  # noqa: ARG002 - the protocol's
        """Return what the events say; the test files of a package that does not build are not collected."""
        log = _Log()
        for session in sessions:
            log.add(session)
        if ended.status is RunStatus.TIMEOUT:
            log.stop(Status.TIMEOUT, "the test was still running when it was stopped")
        return log.reading(sessions[-1].exit_code)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in this part of the events, and which last."""
        found = _ENDED.findall(data)
        return len(found), found[-1].decode("utf-8", "replace") if found else ""


def pattern(tests: Iterable[TestId]) -> str:
    """Return the ``-run`` pattern of ``tests``; of several subtests of one test just these, else whole tests."""
    paths = [tuple("/".join(p for p in (t.suite.replace("::", "/"), t.name) if p).split("/")) for t in tests]
    if len({path[:-1] for path in paths}) == 1:
        *above, _ = paths[0]
        levels = [*([name] for name in above), sorted({path[-1] for path in paths})]
    else:
        levels = [sorted({path[0] for path in paths})]
    return "/".join(f"^({'|'.join(map(re.escape, level))})$" for level in levels)


@dataclass(slots=True)
class _Log:
    """What the events so far add up to."""

    files: dict[tuple[str, str], str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    began: dict[tuple[str, str], None] = field(default_factory=dict)
    done: dict[tuple[str, str], TestResult] = field(default_factory=dict)
    said: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    built: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    broken: dict[str, str] = field(default_factory=dict)
    started: dict[str, None] = field(default_factory=dict)
    died: dict[str, None] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    fresh: set[tuple[str, str]] = field(default_factory=set)
    timed_out: set[str] = field(default_factory=set)

    def add(self, session: Session) -> None:
        """Take in one session."""
        self.fresh.clear()
        self.timed_out.clear()
        self.said.clear()
        for line in session.data.splitlines():
            if line.startswith(b"{"):
                try:
                    event = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(event, dict) and isinstance(event.get("Action"), str):
                    self._event(event)
            elif match := _LISTED.match(line):
                path = match[1].decode("utf-8", "surrogateescape")
                self.files[path.rpartition("/")[0], match[2].decode()] = path
            elif match := _MODULE.match(line):
                path = match[1].decode("utf-8", "surrogateescape")
                self.modules[match[2].decode("utf-8", "replace")] = path.rpartition("/")[0]
            elif line.strip():
                self.plain.append(line.decode("utf-8", "replace"))

    def stop(self, status: Status, message: str) -> None:
        """Say of the tests that began and did not end that this is how they ended."""
        for key in [key for key in self.began if key not in self.done]:
            self.done[key] = TestResult(self._identity(*key), status, 0.0, message)

    def _event(self, event: dict[str, Any]) -> None:
        action, package, test = event["Action"], str(event.get("Package", "")), str(event.get("Test", ""))
        key = (package, test)
        if action == "build-output":
            self.built[str(event.get("ImportPath", ""))].append(str(event.get("Output", "")))
        elif action == "output":
            text = str(event.get("Output", ""))
            if len(self.said[key]) < _MOST_SAID:
                self.said[key].append(text)
            if not test and ("[build failed]" in text or "[setup failed]" in text):
                self.broken[package] = str(event.get("FailedBuild", ""))
            if text.startswith("panic: test timed out"):
                self.timed_out.add(package)
        elif not package:
            return
        elif action in ("start", "run"):
            self.started[package] = None
            if test:
                self.began[key] = None
                self.fresh.add(key)
        elif action in _STATUS:
            self.started[package] = None
            if test:
                self.fresh.add(key)
                self._end(key, action, event.get("Elapsed"))
            else:
                timed_out = package in self.timed_out
                self.died.pop(package, None)  # it has come to its end now, whatever happened in an earlier session
                if action == "fail":
                    self._package_failed(package, event, timed_out=timed_out)

    def _end(self, key: tuple[str, str], action: str, elapsed: object) -> None:
        seconds = float(elapsed) if isinstance(elapsed, int | float) and 0 <= elapsed < 1e9 else 0.0
        message = "" if action == "pass" else _message(self.said.get(key, []))
        self.began[key] = None
        self.done[key] = TestResult(self._identity(*key), _STATUS[action], seconds, message)

    def _package_failed(self, package: str, event: dict[str, Any], *, timed_out: bool) -> None:
        if event.get("FailedBuild"):
            self.broken[package] = str(event["FailedBuild"])
        if package in self.broken:
            return
        mine = [key for key in self.fresh if key[0] == package]
        failed = [key for key in mine if key in self.done and self.done[key].status is Status.FAILED]
        text = "".join(line for key in (*failed, (package, "")) for line in self.said.get(key, []))
        hanging = [key for key in mine if key not in self.done]
        if timed_out or hanging or "panic: " in text or not failed:  # its process ended before its tests had
            self.died[package] = None

    def _identity(self, package: str, test: str) -> TestId:
        top, *below = test.split("/")
        folder = self._folder(package)
        *suite, name = (top, *below)
        return TestId("go", self.files.get((folder, top), folder), "::".join(suite), name)

    def _folder(self, package: str) -> str:
        """Return the folder of a package by the module that it is in."""
        best = max((m for m in self.modules if package == m or package.startswith(f"{m}/")), key=len, default=None)
        if best is None:
            return ""
        return "/".join(part for part in (self.modules[best], package[len(best) + 1 :]) if part)

    def _unbuilt(self, package: str, build: str) -> Iterator[TestResult]:
        """Yield that the test files of a package could not be collected."""
        words = "".join(
            self.built.get(build) or [t for k, ts in self.built.items() if k.startswith(package) for t in ts]
        )
        lines = (words or "\n".join(self.plain)).splitlines()
        message = head("\n".join(line for line in lines if not line.startswith("# "))) or "the package does not build"
        folder = self._folder(package)
        for path in sorted({path for (of, _), path in self.files.items() if of == folder}):
            yield TestResult(TestId("go", path, "", COLLECTION), Status.ERROR, 0.0, message)

    def reading(self, exit_code: int | None) -> Reading:
        """Return the results, and which tests a broken-off package left."""
        left = []
        listed: dict[str, list[str]] = defaultdict(list)
        for folder, name in self.files:
            listed[folder].append(name)
        for package in self.died:
            folder = self._folder(package)
            ran = {test.partition("/")[0] for p, test in self.done if p == package}
            left += [TestId("go", self.files[folder, n], "", n) for n in listed[folder] if n not in ran]
        message = "the test process ended while this test was running"
        again = {(test.file, test.name) for test in left}
        lost = []
        for key in self.began:
            test = self._identity(*key)
            top = key[1].partition("/")[0]
            if key not in self.done and (test.file, top) not in again:
                lost.append(TestResult(test, Status.CRASHED, 0.0, message))
        uncollected = [result for package, build in self.broken.items() for result in self._unbuilt(package, build)]
        results = numbered((*uncollected, *self.done.values(), *lost))
        said = tail("\n".join((*("".join(lines) for lines in self.built.values()), *self.plain)))
        state = RunStatus.COMPLETED
        if exit_code is None or left:
            state = RunStatus.CRASHED
        elif not self.started and exit_code != 0:
            state = RunStatus.UNCOLLECTED
        return Reading(state, results, len(self.done) + len(lost), tuple(left), said)


def _message(lines: list[str]) -> str:
    return head("".join(line for line in lines if not _NOISE.match(line)))


def _before_args(text: str) -> tuple[str, str]:
    """Return a command and what it hands to the test programs (``-args ...``), where our own flags must not go."""
    match = re.search(r"\s--?args(?:\s|$)", text)
    return (text[: match.start()], text[match.start() :].strip()) if match else (text, "")


def _has(text: str, flag: str) -> bool:
    return re.search(rf"(?:^|\s)--?(?:test\.)?{flag}(?=[\s=]|$)", text) is not None
