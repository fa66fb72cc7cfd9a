"""Tools that leave JUnit files: Maven, Gradle, ctest, cargo-nextest.

The files say neither in which source a test stands nor how to ask for it again; both follow from the conventions of
each tool: where it puts its files, how it names classes and programs.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.model.outcome import RunStatus, Status, TestId, TestResult
from forkmerge.suites.cargo_tool import seeded
from forkmerge.suites.junit import read_junit
from forkmerge.suites.runner import Mode
from forkmerge.suites.tool import COLLECTION, MOST_SELECTED, Call, Reading, head, numbered, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forkmerge.suites.junit import Case
    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Files, Order, Session

    Identify = Callable[[str, Case], TestId]

_LANGUAGES = (("java", "java"), ("kotlin", "kt"), ("groovy", "groovy"), ("scala", "scala"))
_COMPILER = re.compile(
    r"^(?:\[ERROR\] |e: (?:file://)?)?(/\S+?\.(?:java|kt|groovy|scala)):(?:\[?\d+[,:]?\d*\]?:?)? ?(.*)$"
)
_TEST_SOURCE = re.compile(r"(?:Test|Tests|TestCase|IT|Spec)\.\w+$|/Test\w*\.\w+$")
_BARE = re.compile(r"[\[({ ]")
CTEST_RESULTS = ".forkmerge-ctest.xml"
_NEXTEST_CONFIG = "forkmerge_nextest.toml"


@dataclass(frozen=True, slots=True)
class MavenTool:
    """Maven's surefire and failsafe; ``glob`` is where they put their files."""

    glob: str = "**/target/*-reports/TEST-*.xml"
    name: str = "maven"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command, offline, with the user's repository, going on after failures; the selection by class."""
        if order.mode is Mode.COLLECT:
            return Call(":")
        options = ["-B", "-o", "-fae", "-Dmaven.test.failure.ignore=true", "-DfailIfNoTests=false"]
        options += ["-Dsurefire.failIfNoSpecifiedTests=false", "-Dstyle.color=never"]
        options.append('${FORKMERGE_MAVEN_REPOSITORY:+"-Dmaven.repo.local=$FORKMERGE_MAVEN_REPOSITORY"}')
        if order.tests and len(order.tests) <= MOST_SELECTED:
            classes: dict[str, list[str]] = defaultdict(list)
            for test in order.tests:
                classes[_class(test)].append(_method(test))
            chosen = [f"{name}#{'+'.join(sorted(set(methods)))}" for name, methods in sorted(classes.items())]
            options.append(f"-Dtest={shlex.quote(','.join(chosen))}")
        return Call(f"{text} {' '.join(options)}", captured=True)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return the test cases of all modules."""
        return _java(self.name, self.glob, sessions, files, ended)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in the classes that ended in this part of the output."""
        counts = re.findall(rb"Tests run: (\d+),.* (?:in|--) ", data)
        return sum(map(int, counts)), ""


@dataclass(frozen=True, slots=True)
class GradleTool:
    """Gradle's test tasks; ``glob`` is where they put their files."""

    glob: str = "**/build/test-results/**/TEST-*.xml"
    name: str = "gradle"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command, offline, without a daemon, going on after failures; the selection by name."""
        if order.mode is Mode.COLLECT:
            return Call(":")
        options = ["--offline", "--no-daemon", "--continue", "--console=plain", "--rerun-tasks"]
        if order.tests and len(order.tests) <= MOST_SELECTED:
            names = sorted({f"{_package(test)}{_class(test)}.{_method(test)}" for test in order.tests})
            options += [f"--tests {shlex.quote(name)}" for name in names]
        return Call(f"{text} {' '.join(options)}", captured=True)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return the test cases of all projects."""
        return _java(self.name, self.glob, sessions, files, ended)

    def finished(self, data: bytes) -> tuple[int, str]:  # noqa: ARG002 - the protocol's
        """Return (0, ""): Gradle does not say before its end."""
        return 0, ""


@dataclass(frozen=True, slots=True)
class CTestTool:
    """ctest since CMake 3.21, which writes JUnit itself."""

    name: str = "ctest"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with its results in a file; the selection as a pattern of names."""
        if order.mode is Mode.COLLECT:
            return Call(":")
        options = [f'--output-junit "$FORKMERGE_ROOT/{CTEST_RESULTS}"', "--output-on-failure"]
        if order.limits.per_test is not None and "--timeout" not in text:
            options.append(f"--timeout {order.limits.per_test:.0f}")
        if order.tests and len(order.tests) <= MOST_SELECTED:
            names = "|".join(re.escape(test.name) for test in order.tests)
            options.append(f"-R {shlex.quote(f'^({names})$')}")
        return Call(f"{text} {' '.join(options)}", captured=True)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return the tests of the results file."""
        return _reading(sessions, files, CTEST_RESULTS, ended, lambda _, case: TestId(self.name, "", "", case.name))

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in this part of the output, and which last."""
        found = re.findall(rb"^ *\d+/\d+ +Test +#\d+: (\S+)", data, re.MULTILINE)
        return len(found), found[-1].decode("utf-8", "replace") if found else ""


@dataclass(frozen=True, slots=True)
class NextestTool:
    """cargo-nextest, which writes JUnit where its configuration says so: a configuration of ours does."""

    name: str = "nextest"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with our configuration; the selection as a filter of exact names."""
        profile = next(iter(re.findall(r"\s(?:-P|--profile)[= ](\S+)", text)), "default")
        config = f'[profile.{profile}.junit]\npath = "junit.xml"\n'.encode()
        options = [f"--tool-config-file forkmerge:{shlex.quote(order.support)}/{_NEXTEST_CONFIG}", "--no-fail-fast"]
        if order.mode is Mode.COLLECT:
            options.append("--no-run")
        elif order.tests and len(order.tests) <= MOST_SELECTED:
            names = sorted({"::".join(part for part in (test.suite, test.name) if part) for test in order.tests})
            options.append(f"-E {shlex.quote(' | '.join(f'test(={name})' for name in names))}")
        return seeded(f"{text} {' '.join(options)}", order, (_NEXTEST_CONFIG, config))

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return the tests of the results files; a unit test's suite is its whole module path."""
        return _reading(sessions, files, "**/nextest/*/junit.xml", ended, lambda _, case: _nextest(case, files))

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in this part of the output, and which last."""
        found = re.findall(rb"^ +(?:PASS|FAIL|SIGABRT|SIGSEGV|TIMEOUT|LEAK) \[.*?\] +(.+)$", data, re.MULTILINE)
        return len(found), found[-1].decode("utf-8", "replace") if found else ""


def _reading(sessions: tuple[Session, ...], files: Files, glob: str, ended: Ended, identify: Identify) -> Reading:
    cases: list[TestResult] = []
    whole = True
    for path, data in files.results(glob):
        found, complete = read_junit(data)
        whole = whole and complete
        cases += [TestResult(identify(path, c), c.status, c.seconds, c.message) for c in found]
    state = RunStatus.COMPLETED
    if ended.status is RunStatus.TIMEOUT:
        state = RunStatus.TIMEOUT
    elif sessions[-1].exit_code is None or not whole:
        state = RunStatus.CRASHED
    elif not cases and sessions[-1].exit_code != 0:
        state = RunStatus.UNCOLLECTED
    said = tail("\n".join(session.data.decode("utf-8", "replace") for session in sessions))
    total = len(cases) if state is RunStatus.COMPLETED and not sessions[-1].collect_only else None
    return Reading(state, numbered(cases), total, (), said)


def _java(tool: str, glob: str, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
    """Return the cases, and the test sources of a module that does not compile as not collected."""
    read = _reading(sessions, files, glob, ended, lambda path, case: _java_test(tool, path, case, files))
    output = "\n".join(session.data.decode("utf-8", "replace") for session in sessions)
    uncollected = list(_uncompiled(tool, output, files, {result.test.file for result in read.results}))
    state = read.status
    if uncollected and state is RunStatus.UNCOLLECTED:
        state = RunStatus.COMPLETED
    total = 0 if uncollected and not read.results else read.total
    return replace(read, status=state, results=(*uncollected, *read.results), total=total)


def _java_test(tool: str, path: str, case: Case, files: Files) -> TestId:
    """Return the identity of a Java test: its source by the place of the results and the name of its class."""
    module = re.split(r"(?:^|/)(?:target|build)/", path, maxsplit=1)[0]
    full = case.suite.rpartition("::")[2]
    outer, *inner = full.split("$")
    package, _, simple = outer.rpartition(".")
    for sources in ("test", "integrationTest", "it"):
        for folder, ending in _LANGUAGES:
            parts = (module, "src", sources, folder, *package.split("."), f"{simple}.{ending}")
            source = "/".join(part for part in parts if part)
            if files.isfile(source):
                return TestId(tool, source, "::".join((simple, *inner)), case.name)
    return TestId(tool, "", full, case.name)


def _uncompiled(tool: str, output: str, files: Files, known: set[str]) -> Iterator[TestResult]:
    modules: dict[str, str] = {}
    for line in output.splitlines():
        match = _COMPILER.match(line)
        if match is None:
            continue
        path = next((p for p in _suffixes(match[1]) if files.isfile(p)), "")
        module, found, _ = f"/{path}".partition("/src/")
        module = module.strip("/")
        if path and found:
            modules.setdefault(module, f"{path}: {match[2].removeprefix('error: ')}")
    for module, words in sorted(modules.items()):
        for folder, ending in _LANGUAGES:
            glob = "/".join(part for part in (module, "src/test", folder, f"**/*.{ending}") if part)
            for path, _ in files.results(glob):
                if _TEST_SOURCE.search(path) and path not in known:
                    yield TestResult(TestId(tool, path, "", COLLECTION), Status.ERROR, 0.0, head(words))


def _suffixes(path: str) -> Iterable[str]:
    parts = path.strip("/").split("/")
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _class(test: TestId) -> str:
    return test.suite.replace("::", "$") if test.file else test.suite


def _method(test: TestId) -> str:
    return _BARE.split(test.name, maxsplit=1)[0] or "*"


def _package(test: TestId) -> str:
    """Return the package of a test's source, with the dot behind it."""
    match = re.search(r"src/\w+/(?:java|kotlin|groovy|scala)/(.+)/[^/]+$", test.file)
    return f"{match[1].replace('/', '.')}." if match else ""


def _nextest(case: Case, files: Files) -> TestId:
    """Return the identity of a Rust test: ``package`` is a library's unit tests, ``package::name`` a test program."""
    binary = case.suite.rpartition("::")[2] if "::" not in case.suite else case.suite
    package, _, program = binary.partition("::")
    *modules, name = case.name.split("::")
    for top in ("", package, f"crates/{package}"):
        base = f"{top}/" if top else ""
        wanted = (f"{base}tests/{program}.rs",) if program else (f"{base}src/lib.rs", f"{base}src/main.rs")
        for path in wanted:
            if files.isfile(path):
                return TestId("nextest", path, "::".join(modules), name)
    return TestId("nextest", "", "::".join((binary, *modules)), name)
