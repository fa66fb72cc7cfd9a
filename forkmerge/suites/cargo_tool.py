"""``cargo test``: cargo's messages (``--message-format=json``) and the output of libtest.

cargo says where each test program comes from, libtest what its tests did.  A unit test is known by the file of its
module, as far as that can be told from the names of modules and files.  Where one target does not compile, cargo runs
none: then all that can be built is built, its tests are run by themselves, and the file of the broken target is
reported as not collected.
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
    from collections.abc import Sequence

    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Files, Order, Session

ALL, DOCS, BUILD = "(all)", "(doc tests)", "(build)"
"""Not tests but what is left to do: all tests of a target, the doc tests, building all that can be built."""

_RUNNING = re.compile(r"^\s*Running (?:unittests )?(\S+) \((.+)\)$")
_DOC = re.compile(r"^\s*Doc-tests (\S+)$")
_TEST = re.compile(
    r"^test (.+?)(?: - should panic)?(?: - compile(?: fail)?)? \.\.\. (ok|FAILED|ignored|bench:)(?:[, ].*)?$"
)
_STARTED = re.compile(r"^test (.+?)(?: - should panic)? \.\.\.(?: |$)")
_COUNT = re.compile(r"^running (\d+) tests?$")
_SUMMARY = re.compile(r"^test result: ")
_BLOCK = re.compile(r"^---- (.+) stdout ----$")
_ENDED = re.compile(rb"^test (.+?) \.\.\. (?:ok|FAILED|ignored)", re.MULTILINE)
_STATUS = {"ok": Status.PASSED, "FAILED": Status.FAILED, "ignored": Status.SKIPPED, "bench:": Status.PASSED}
_CRASH = "the test process ended while this test was running"
_FEW, _BUILT = 8, 2
_NOISE = re.compile(r"^(?:thread '.*' (?:\(\d+\) )?panicked at|note: |stack backtrace:|\s+\d+: |\s+at )")


@dataclass(frozen=True, slots=True)
class CargoTool:
    """``cargo test`` with libtest; ``docs``: the command runs doc tests too."""

    name: str = "cargo"
    selects: bool = True
    docs: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with machine-readable messages; the selection as targets and exact names."""
        command, rest = _parts(text)
        build = order.tests is not None and any(test.name == BUILD for test in order.tests)
        if build or order.mode is Mode.COLLECT:
            command = re.sub(r"\s(?:test|t)(?=\s|$)", " build --tests --keep-going", command, count=1)
            command = re.sub(r"\s--(?:no-fail-fast|no-run|doc)(?=\s|$)", "", command)
            return seeded(f"{command} --message-format=json", order)
        options = [o for o in ("--no-fail-fast", "--message-format=json") if o.partition("=")[0] not in command.split()]
        given = [word for word in rest if word not in ("--nocapture", "--show-output", "-q", "--quiet")]
        if order.tests and len(order.tests) <= MOST_SELECTED:
            targets, names = _selection(order.tests)
            options += [] if narrowed(command.split()) else targets
            if names:
                given = [word for word in given if word.startswith("-")]
                given += [*(["--test-threads=1"] if len(names) <= _FEW else []), "--exact", *names]
        after = f" -- {' '.join(map(shlex.quote, given))}" if given else ""
        return seeded(f"{command} {' '.join(options)}{after}", order)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return what the messages and the output say."""
        log = _Log(files, self.docs)
        for session in sessions:
            log.add(session)
        return log.reading(sessions, ended)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in this part of the output, and which last."""
        found = _ENDED.findall(data)
        return len(found), found[-1].decode("utf-8", "replace") if found else ""


def seeded(text: str, order: Order, *files: tuple[str, bytes]) -> Call:
    """Return the call of ``text`` in a candidate that gets what the user's own build compiled of its dependencies."""
    script = "forkmerge_cargo_seed.sh"
    given = ((script, source("cargo_seed.sh")), *files)
    return Call(text, files=given, before=f"sh {shlex.quote(f'{order.support}/{script}')}", captured=True)


@dataclass(frozen=True, slots=True)
class _Target:
    """A program of tests: its source (relative to the candidate), its package's folder and name, its kind and name."""

    source: str
    folder: str = ""
    package: str = ""
    kind: str = ""
    name: str = ""


@dataclass(slots=True)
class _Log:
    """What the sessions so far add up to."""

    files: Files
    docs: bool = True
    docs_ran: bool = False
    root: str = ""
    programs: dict[str, _Target] = field(default_factory=dict)
    targets: dict[tuple[str, str, str], _Target] = field(default_factory=dict)
    broken: dict[_Target, list[str]] = field(default_factory=lambda: defaultdict(list))
    built: bool | None = None
    results: dict[TestId, TestResult] = field(default_factory=dict)
    ran: set[_Target] = field(default_factory=set)
    cut: set[_Target] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    total: int = 0

    def add(self, session: Session) -> None:
        """Take in one session."""
        target: _Target | None = None
        doc, block, waiting = False, "", 0
        words: dict[str, list[str]] = defaultdict(list)
        ended: dict[str, TestId] = {}
        for raw in session.data.decode("utf-8", "replace").splitlines():
            line = raw.rstrip()
            if line.startswith('{"reason":'):
                self._message(line)
                continue
            if match := _RUNNING.match(line):
                self._close(target, waiting, ended, words)
                target, doc, block, ended, words = self._program(match[1], match[2]), False, "", {}, defaultdict(list)
                waiting = 0
            elif match := _DOC.match(line):
                self._close(target, waiting, ended, words)
                target, doc, block, ended, words = _Target(match[1], kind="doc"), True, "", {}, defaultdict(list)
                self.docs_ran = True
                waiting = 0
            elif target is None:
                self.said.append(line)
            elif match := _COUNT.match(line):
                waiting = int(match[1])
                self.total += waiting
                self.ran.add(target)
            elif match := _TEST.match(line):
                test = self._identity(target, match[1], doc=doc)
                self.results[test] = TestResult(test, _STATUS[match[2]])
                ended[match[1]] = test
                waiting -= 1
            elif waiting and (match := _STARTED.match(line)):
                test = self._identity(target, match[1], doc=doc)
                self.results.setdefault(test, TestResult(test, Status.CRASHED, 0.0, _CRASH))
            elif _SUMMARY.match(line):
                waiting, block = 0, ""
            elif match := _BLOCK.match(line):
                block = match[1]
            elif line.startswith("failures:"):
                block = ""
            elif block:
                words[block].append(line)
            else:
                self.said.append(line)
        self._close(target, waiting, ended, words)

    def _close(
        self, target: _Target | None, waiting: int, ended: dict[str, TestId], words: dict[str, list[str]]
    ) -> None:
        """A test program is over: give its failures their words; tests that it still owed were cut off."""
        for name, lines in words.items():
            if name in ended:
                test = ended[name]
                message = head("\n".join(_words(lines)))
                self.results[test] = TestResult(test, self.results[test].status, 0.0, message)
        if target is not None and waiting > 0:
            self.cut.add(target)

    def _message(self, line: str) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        if message.get("reason") == "build-finished":
            self.built = bool(message.get("success"))
            return
        target = self._target(message)
        if target is None:
            return
        if message.get("reason") == "compiler-artifact" and isinstance(message.get("executable"), str):
            self.programs[message["executable"].rpartition("/")[2]] = target
            if _dict(message.get("profile")).get("test"):
                self.targets[target.package, target.kind, target.name] = target
        elif message.get("reason") == "compiler-message":
            detail = _dict(message.get("message"))
            if detail.get("level") == "error":
                self.broken[target].append(str(detail.get("rendered") or detail.get("message") or ""))

    def _target(self, message: dict[str, Any]) -> _Target | None:
        target = _dict(message.get("target"))
        source, manifest = str(target.get("src_path") or ""), str(message.get("manifest_path") or "")
        kinds = target.get("kind")
        if not source or not isinstance(kinds, list) or not kinds:
            return None
        top = manifest.rpartition("/")[0]
        if not self.root or len(top) < len(self.root):
            self.root = self.root if self.root and top.startswith(f"{self.root}/") else top
        package = str(message.get("package_id", "")).rpartition("#")[2].partition("@")[0]
        kind = "lib" if str(kinds[0]) in ("rlib", "dylib", "cdylib", "staticlib", "proc-macro") else str(kinds[0])
        if not package or package[:1].isdigit():
            package = top.rpartition("/")[2]
        return _Target(source, top, package, kind, str(target.get("name") or ""))

    def _program(self, source: str, executable: str) -> _Target:
        found = self.programs.get(executable.rpartition("/")[2])
        return found or _Target(source)

    def _identity(self, target: _Target, name: str, *, doc: bool) -> TestId:
        if doc:  # src/lib.rs - path::of::item (line 3)
            file, _, item = name.partition(" - ")
            item = re.sub(r"\s*\(line \d+\).*$", "", item)
            return TestId("cargo", self._file(target, file), "(doc)", item or "(top)")
        *modules, last = name.split("::")
        source = self._file(target, target.source)
        folder, _, base = source.rpartition("/")
        stem = folder if base in ("lib.rs", "main.rs", "mod.rs") else f"{folder}/{base.removesuffix('.rs')}".strip("/")
        if target.kind == "test" and base != "main.rs":
            stem = folder  # the modules of tests/it.rs are in tests/
        for count in range(len(modules), 0, -1):
            inner = "/".join(part for part in (stem, *modules[:count]) if part)
            for path in (f"{inner}.rs", f"{inner}/mod.rs"):
                if self.files.isfile(path):
                    return TestId("cargo", path, "::".join(modules[count:]), last)
        return TestId("cargo", source, "::".join(modules), last)

    def _file(self, target: _Target, path: str) -> str:
        """Return a path relative to the candidate."""
        if path.startswith(f"{self.root}/") and self.root:
            return path[len(self.root) + 1 :]
        below = target.folder[len(self.root) + 1 :] if target.folder.startswith(f"{self.root}/") else ""
        return "/".join(part for part in (below, path) if part) if not path.startswith("/") else ""

    def reading(self, sessions: tuple[Session, ...], ended: Ended) -> Reading:
        """Return the results; where nothing could be run because a target does not compile, which others can."""
        broken = {t: words for t, words in self.broken.items() if t not in self.ran}
        collect_only = sessions[-1].collect_only
        uncollected = [
            TestResult(
                TestId("cargo", self._file(target, target.source), "", COLLECTION), Status.ERROR, 0.0, head(words[0])
            )
            for target, words in broken.items()
        ]
        left = () if collect_only or not broken else self._left(len(sessions), broken)
        state = RunStatus.COMPLETED
        if ended.status is RunStatus.TIMEOUT:
            state = RunStatus.TIMEOUT
        elif sessions[-1].exit_code is None or self.cut:
            state = RunStatus.CRASHED
        elif not self.ran and not (self.targets if collect_only else self.built and sessions[-1].exit_code == 0):
            state = RunStatus.UNCOLLECTED
        words = "\n".join(line for lines in self.broken.values() for line in lines)
        found = numbered((*uncollected, *self.results.values()))
        total = None if collect_only else self.total
        return Reading(state, found, total, left, tail("\n".join((words, *self.said)).strip()))

    def _left(self, sessions: int, broken: dict[_Target, list[str]]) -> tuple[TestId, ...]:
        """Return what is to be done next where a target does not compile: build the others, run them, then the docs."""
        good = [target for target in self.targets.values() if target not in broken]
        if sessions == 1 and not self.ran:
            return (TestId("cargo", "", "", BUILD),)
        if sessions == _BUILT and not self.ran:
            return tuple(_whole(target, self._file(target, target.source)) for target in good)
        if self.docs and not self.docs_ran and sessions == _BUILT + 1 and any(t.kind == "lib" for t in good):
            return (TestId("cargo", "", "", DOCS),)
        return ()


def _whole(target: _Target, source: str) -> TestId:
    return TestId("cargo", source, f"{target.package}::{target.kind}::{target.name}", ALL)


def _selection(tests: tuple[TestId, ...]) -> tuple[list[str], list[str]]:
    """Return the options for the targets of ``tests`` and their names, none where whole targets are asked."""
    targets: dict[str, None] = {}
    if any(test.name == DOCS for test in tests):
        return ["--doc"], []
    if all(test.name == ALL for test in tests):
        for test in tests:
            package, kind, name = (*test.suite.split("::"), "", "")[:3]
            named = {"lib": "--lib", "bin": f"--bin={name}", "example": f"--example={name}", "bench": f"--bench={name}"}
            targets[named.get(kind, f"--test={name}")] = None
            if package:
                targets[f"--package={package}"] = None
        return list(targets), []
    if any(test.suite == "(doc)" for test in tests):
        return [], []  # a doc test has no name that could be given exactly
    names = []
    for test in tests:
        folder, _, base = test.file.rpartition("/")
        if folder == "tests":
            targets[f"--test={base.removesuffix('.rs')}"] = None
        names.append("::".join(part for part in (*_modules(test.file), test.suite, test.name) if part))
    if not all(test.file.rpartition("/")[0] == "tests" for test in tests):
        targets = {}
    return list(targets), sorted(set(names))


def _modules(file: str) -> tuple[str, ...]:
    """Return the modules that a file below ``src`` stands for; of others none are known but those of ``tests/x/``."""
    parts = file.removesuffix(".rs").split("/")
    if "src" in parts:
        inner = parts[len(parts) - 1 - parts[::-1].index("src") + 1 :]
        if inner[-1:] in (["lib"], ["main"], ["mod"]):
            inner = inner[:-1]
        return () if inner[:1] == ["bin"] else tuple(inner)
    return tuple(parts[parts.index("tests") + 1 : -1]) if "tests" in parts else ()


def _words(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip() and not _NOISE.match(line)]


def _parts(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the command and the words after `` -- ``, which are libtest's."""
    command, dashes, rest = text.partition(" -- ")
    return (command.strip(), tuple(shlex.split(rest))) if dashes else (text.removesuffix(" --").strip(), ())


def narrowed(words: Sequence[str]) -> bool:
    """Return whether a command itself names targets."""
    options = ("--lib", "--bin", "--bins", "--test", "--tests", "--doc", "--example", "--examples", "--all-targets")
    return any(word.partition("=")[0] in options for word in words)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
