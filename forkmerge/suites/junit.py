"""Any command that leaves JUnit XML: surefire, gradle, ctest, node:test, jest, RSpec, ...

The files are written by the code under test, so they are not trusted: the glob can't leave the candidate, no symlink is
followed, sizes are bounded, and a document with a DTD (the way to entity bombs and to other files) is refused.  Of a
file that breaks off, the test cases that are whole are kept.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, TreeBuilder, tostring
from xml.parsers import expat

from forkmerge.errors import UsageError
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.suites.exitcode import COULD_NOT_TELL, Silence
from forkmerge.suites.runner import Ended, Invocation, Mode, TestCommand, TestLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILES = 20_000
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_BYTES = 512 * 1024 * 1024
_MAX_DEPTH = 200
_BAD = (RunStatus.UNVERIFIED, RunStatus.TIMEOUT, RunStatus.CRASHED)


@dataclass(frozen=True, slots=True)
class JUnitRunner:
    """The runner of commands that write JUnit files; ``results`` is their glob (``**`` crosses folders)."""

    results: str
    name: str = "junit"
    selects: bool = False

    def __post_init__(self) -> None:
        parts = self.results.split("/")
        if self.results.startswith("/") or ".." in parts or "\0" in self.results or not self.results:
            raise UsageError(
                f"the results glob {self.results!r} leaves the project",
                hint="give a glob relative to the project, such as 'build/test-results/**/*.xml'",
            )

    def prepare(
        self,
        command: TestCommand,
        *,
        support: str,  # noqa: ARG002 - the protocol's
        events: str,  # noqa: ARG002 - the protocol's
        tests: tuple[TestId, ...] | None,  # noqa: ARG002 - JUnit says nothing about selecting
        limits: TestLimits,  # noqa: ARG002 - whoever runs the command keeps the whole-run limit
        mode: Mode = Mode.RUN,  # noqa: ARG002 - nor about order or collecting
        root: str = "",  # noqa: ARG002 - the protocol's
    ) -> Invocation:
        """Return the command unchanged."""
        return Invocation(command.argv, command.env)

    def collect(
        self,
        *,
        events_path: str,  # noqa: ARG002 - the protocol's
        candidate: str,
        completed: Ended,
        below: str = "",  # noqa: ARG002 - the protocol's
    ) -> SuiteRun:
        """Return the test cases of all result files; UNCOLLECTED when the command ended and left none."""
        cases, whole = [], True
        for _, data in result_files(candidate, self.results):
            found, complete = read_junit(data)
            cases += found
            whole = whole and complete
        results = tuple(_results(self.name, cases))
        return SuiteRun(
            _status(completed, whole=whole, any_results=bool(results)),
            results,
            completed.exit_code,
            completed.seconds,
            completed.tail,
            len(results) if whole and results else None,
        )

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:  # noqa: ARG002 - the protocol's
        """Return (): single tests can't be run, so nothing can be resumed."""
        return ()

    def progress(self, events_path: str) -> Silence:  # noqa: ARG002 - the protocol's
        """Return a reader that knows nothing before the end: JUnit files are written last."""
        return Silence()


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: its file (if the writer gives one), the suites and the class around it, its name and outcome."""

    file: str
    suite: str
    name: str
    status: Status
    seconds: float
    message: str


def read_junit(data: bytes) -> tuple[list[Case], bool]:
    """Return the test cases of a JUnit document and whether it was whole; a DTD or no XML at all gives ([], False)."""
    root, whole = _Reader().read(data)
    if root is None:
        return [], False
    from junitparser import JUnitXml, TestCase  # noqa: PLC0415 - late: it loads lxml where that is installed

    if root.tag != "testsuites":
        inner, root = root, Element("testsuites")
        root.append(inner)
    try:
        parsed = JUnitXml.fromstring(tostring(root))
    except (ValueError, SyntaxError):  # a character that no XML may hold
        return [], False
    cases = [case for suite in parsed for case in _cases(suite, ())]
    # node:test puts tests that stand in no suite right below the root
    cases += [_case(case, ()) for case in parsed.iterchildren(TestCase)]  # type: ignore[no-untyped-call]
    return cases, whole


def _cases(suite: Any, outer: tuple[str, ...], outer_file: str = "") -> Iterator[Case]:
    from junitparser import TestCase  # noqa: PLC0415 - late, see above

    path = (*outer, str(suite.name or ""))
    file = str(suite._elem.get("file") or suite._elem.get("filepath") or outer_file)
    for case in suite.iterchildren(TestCase):
        yield _case(case, path, file)
    for inner in suite.testsuites():
        yield from _cases(inner, path, file)


def _case(case: Any, suites: tuple[str, ...], file: str = "") -> Case:
    own = case._elem.get("file") or case._elem.get("filepath")
    classname = str(case.classname or "")
    middle = [s for s in suites if s]
    if classname and classname != "test" and (not middle or middle[-1] != classname):  # node:test: always "test"
        middle.append(classname)
    status, message = _outcome(case)
    seconds = case.time if isinstance(case.time, float) and case.time >= 0 else 0.0
    return Case(_relative(str(own or file)), "::".join(middle), str(case.name or ""), status, seconds, message)


def _outcome(case: Any) -> tuple[Status, str]:
    from junitparser import Error, Failure, Skipped  # noqa: PLC0415 - late, see above

    for kind, status in ((Error, Status.ERROR), (Failure, Status.FAILED), (Skipped, Status.SKIPPED)):
        for result in case.result:
            if isinstance(result, kind):
                text = str(result.message or "") or str(result.text or "") or str(case.system_out or "")
                return status, "\n".join(text.strip().splitlines()[:8])[:800]
    return Status.PASSED, ""


def _relative(file: str) -> str:
    """Return a path without what differs between clones; an absolute one is of no use as an identity."""
    return "" if file.startswith("/") or ":" in file[:3] else file.removeprefix("./")


def _results(runner: str, cases: Iterable[Case]) -> Iterator[TestResult]:
    seen: dict[tuple[str, str, str], int] = {}
    for case in cases:
        key = (case.file, case.suite, case.name)
        ordinal = seen.get(key, 0)
        seen[key] = ordinal + 1
        yield TestResult(TestId(runner, *key, ordinal), case.status, case.seconds, case.message)


def _status(completed: Ended, *, whole: bool, any_results: bool) -> RunStatus:
    if completed.status in _BAD:
        return completed.status
    if completed.exit_code == COULD_NOT_TELL:
        return RunStatus.UNVERIFIED
    if not any_results:
        return RunStatus.UNCOLLECTED
    return RunStatus.COMPLETED if whole else RunStatus.CRASHED


class _Reader:
    """Builds the tree of a document without a DTD; where the document breaks off, what is whole is closed and kept."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self.open: list[str] = []
        self.refused = False

    def read(self, data: bytes) -> tuple[Element | None, bool]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        whole = True
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, _RefusedError, UnicodeError):
            whole = False
        if self.refused:
            return None, False
        return self._finish(), whole

    def _finish(self) -> Element | None:
        cut = "testcase" in self.open
        while self.open:
            self._end(self.open[-1])
        try:
            root = self.builder.close()
        except AssertionError:
            return None
        if cut:
            _drop_last_case(root)
        return root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > _MAX_DEPTH:
            self.refused = True
            raise _RefusedError
        self.open.append(tag)
        self.builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self.open.pop()
        self.builder.end(tag)

    def _text(self, data: str) -> None:
        if self.open:
            self.builder.data(data)

    def _refuse(self, *_: object) -> None:
        self.refused = True
        raise _RefusedError


class _RefusedError(Exception):
    """The document has a DTD or is nested beyond reason."""


def _drop_last_case(root: Element) -> None:
    """Take out the test case in which the document broke off: how it ended is not known."""
    parent, last = None, root
    while len(last) and last.tag != "testcase":
        parent, last = last, last[-1]
    if parent is not None and last.tag == "testcase":
        parent.remove(last)


def result_files(candidate: str, glob: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the regular files below ``candidate`` that match, in the order of their names."""
    left = MAX_BYTES
    for relative in sorted(_matching(candidate, glob))[:MAX_FILES]:
        data = _read(f"{candidate}/{relative}")
        if data is not None and len(data) <= left:
            left -= len(data)
            yield relative, data


def _matching(candidate: str, glob: str) -> Iterator[str]:
    """Yield the paths of plain files that match, never through a symlinked folder."""
    pattern = tuple(p for p in glob.split("/") if p not in ("", "."))
    for folder, folders, files in os.walk(candidate, followlinks=False):
        folders[:] = [f for f in folders if f != ".git"]
        inside = os.path.relpath(folder, candidate).replace(os.sep, "/")
        prefix = () if inside == "." else tuple(inside.split("/"))
        for file in files:
            if _matches((*prefix, file), pattern):
                yield "/".join((*prefix, file))


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return _matches(path, pattern[1:]) or (bool(path) and _matches(path[1:], pattern))
    return bool(path) and fnmatch.fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


def _read(path: str) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return None
        return file.read(MAX_FILE_BYTES)
