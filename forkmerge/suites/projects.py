"""Which test suites a project holds, as its files tell.

Looks at file names first and reads only the few files that can decide; it never runs anything.  A project may hold
several suites: a Python package with a JavaScript front end has two.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.suites.npm import dependencies, scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    Read = Callable[[str], bytes]

_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
_ANY_TEST_FILE = re.compile(r"(?:^|/)test[^/]*\.py$")
_IMPORTS_PYTEST = re.compile(rb"^\s*(?:import|from)\s+pytest\b|^(?:async\s+)?def\s+test_", re.MULTILINE)
_IMPORTS_UNITTEST = re.compile(rb"^\s*(?:import|from)\s+unittest\b|\bTestCase\s*\)\s*:", re.MULTILINE)
_NODE_TESTS = re.compile(r"(?:^|/)(?:test/.*|test|test-[^/]*|[^/]*[._-]test)\.[cm]?js$")
_CTEST = re.compile(rb"^\s*(?:enable_testing\s*\(|include\s*\(\s*CTest\s*\))", re.MULTILINE | re.IGNORECASE)
_MOST_READ = 200
BUILD = ".forkmerge-build"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of tests: its tool, the command that runs it, the files that told of it, its program."""

    tool: str
    command: str
    told_by: str
    program: str


def suites(files: Collection[str], read: Read) -> tuple[Suite, ...]:
    """Return the suites of a project, () where none can be told; ``read`` gives the bytes of one of ``files``."""
    names = frozenset(files)
    return tuple(
        suite for find in (_python, _go, _cargo, _node, _maven, _gradle, _ctest) for suite in find(names, read)
    )


def _python(names: frozenset[str], read: Read) -> Iterator[Suite]:
    configured = _pytest_configured(names, read)
    tests = sorted(filter(_is_python_test, names))
    if not configured and not tests:
        tests = sorted(name for name in names if _ANY_TEST_FILE.search(name) and _top(name) in ("", "tests", "test"))
        if not any(_IMPORTS_UNITTEST.search(read(name)) for name in tests[:_MOST_READ]):
            return
    if not configured:
        unittest = False
        for name in tests[:_MOST_READ]:
            data = read(name)
            if _IMPORTS_PYTEST.search(data) or name.endswith("conftest.py"):
                unittest = False
                break
            unittest = unittest or bool(_IMPORTS_UNITTEST.search(data))
        if unittest:
            yield _unittest(names, tests)
            return
    yield Suite("pytest", "python -m pytest -q", configured or tests[0], "python")


def _unittest(names: frozenset[str], tests: list[str]) -> Suite:
    """Return the suite of ``python -m unittest``, found from the folder of the tests where they are no package."""
    folder = _top(tests[0])
    options = ""
    if folder:
        options = f" discover -s {folder}" + (" -t ." if f"{folder}/__init__.py" in names else "")
    if not any(_ANY_TEST_FILE.search(name) for name in tests):
        options = f"{options or ' discover'} -p '*_test.py'"
    return Suite("unittest", f"python -m unittest{options}", tests[0], "python")


def _pytest_configured(names: frozenset[str], read: Read) -> str:
    """Return the file that configures pytest, "" for none."""
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py"):
        if name in names:
            return name
    if "pyproject.toml" in names:
        tool = _toml(read("pyproject.toml")).get("tool")
        if isinstance(tool, dict) and "pytest" in tool:
            return "pyproject.toml"
    sections = (("setup.cfg", b"[tool:pytest]"), ("tox.ini", b"[pytest]"))
    return next((name for name, section in sections if name in names and _has_line(read(name), section)), "")


def _is_python_test(path: str) -> bool:
    folders = path.split("/")[:-1]
    if folders and not {"tests", "test", "testing"} & set(folders):
        return False
    return bool(_TEST_FILE.search(path)) or path.endswith("tests/conftest.py")


def _go(names: frozenset[str], read: Read) -> Iterator[Suite]:
    if any(name.endswith("_test.go") for name in names):
        if "go.work" in names:
            modules = re.findall(rb"^\s*(?:use\s+)?(\./\S+|\.)\s*$", read("go.work"), re.MULTILINE)
            folders = [f"{m.decode('utf-8', 'replace').rstrip('/')}/..." for m in modules]
            yield Suite("go", f"go test {' '.join(folders or ['./...'])}", "go.work", "go")
        elif "go.mod" in names:
            yield Suite("go", "go test ./...", "go.mod", "go")


def _cargo(names: frozenset[str], read: Read) -> Iterator[Suite]:
    if "Cargo.toml" not in names:
        return
    table = _toml(read("Cargo.toml"))
    workspace = "workspace" in table
    if "package" not in table and not workspace:
        return
    every = " --workspace" if workspace else ""
    if names & {".config/nextest.toml"}:
        yield Suite("nextest", f"cargo nextest run{every}", ".config/nextest.toml", "cargo")
    else:
        yield Suite("cargo", f"cargo test{every}", "Cargo.toml", "cargo")


def _node(names: frozenset[str], read: Read) -> Iterator[Suite]:
    from forkmerge.suites.npm import expanded  # noqa: PLC0415 - only where there is a package
    from forkmerge.suites.recognise import tools_in  # noqa: PLC0415 - the same

    if "package.json" not in names:
        return
    data = read("package.json")
    if "test" in scripts(data):
        program = "pnpm" if "pnpm-lock.yaml" in names else "yarn" if "yarn.lock" in names else "npm"
        line = f"{program} test"
        tools = [tool.name for _, tool in tools_in(expanded(line, names, read))]
        yield Suite("+".join(dict.fromkeys(tools)) or "exit-code", line, "package.json", "node" if tools else program)
        return
    for tool in ("vitest", "jest", "mocha"):
        if tool in dependencies(data):
            yield Suite(tool, f"npx --no-install {tool}{' run' * (tool == 'vitest')}", "package.json", "node")
            return
    if any(map(_NODE_TESTS.search, names)):
        found = next(name for name in sorted(names) if _NODE_TESTS.search(name))
        if b"node:test" in read(found):
            yield Suite("node", "node --test", found, "node")


def _maven(names: frozenset[str], read: Read) -> Iterator[Suite]:  # noqa: ARG001 - the same for all
    if "pom.xml" in names and any("src/test/" in name for name in names):
        program = "./mvnw" if "mvnw" in names else "mvn"
        yield Suite("maven", f"{program} test", "pom.xml", program)


def _gradle(names: frozenset[str], read: Read) -> Iterator[Suite]:  # noqa: ARG001 - the same for all
    told = next(
        (n for n in ("settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts") if n in names), ""
    )
    if told and any("src/test/" in name for name in names):
        program = "./gradlew" if "gradlew" in names else "gradle"
        yield Suite("gradle", f"{program} test", told, program)


def _ctest(names: frozenset[str], read: Read) -> Iterator[Suite]:
    if "CMakeLists.txt" in names and _CTEST.search(read("CMakeLists.txt")):
        command = f"cmake -S . -B {BUILD} && cmake --build {BUILD} -- -k ; ctest --test-dir {BUILD}"
        yield Suite("ctest", command, "CMakeLists.txt", "ctest")


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _toml(data: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}


def _has_line(data: bytes, line: bytes) -> bool:
    return any(found.strip() == line for found in data.splitlines())
