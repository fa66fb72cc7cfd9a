"""Which runner fits a project or a command.

Detection looks at file names first and reads only the few files that can decide; it never runs anything.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING

from forkmerge.suites.exitcode import ExitCodeRunner
from forkmerge.suites.junit import JUnitRunner
from forkmerge.suites.line import LineRunner
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.recognise import tools_in
from forkmerge.suites.runner import Runner, TestCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

NODE_RESULTS = ".forkmerge-junit.xml"
_PYTEST_WORDS = re.compile(r"(?:^|/)(?:pytest|py\.test)(?:-?3(?:\.\d+)?)?$")
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
_NODE_TEST = re.compile(r"^node\s(?:[^|&;<>]*\s)?--test(?:\s|$)")
_PLACEHOLDER = "no test specified"


def runner_for(command: str, results: str | None = None) -> Runner:
    """Return the runner for a command: pytest if it calls pytest, JUnit if ``results`` is given, else its exit code."""
    if calls_pytest(command):
        return PytestRunner()
    if not results and (tools := tools_in(command)):
        return LineRunner(command, tools)
    return JUnitRunner(results) if results else ExitCodeRunner(command)


def calls_pytest(command: str) -> bool:
    """Return whether the command runs pytest in its own environment (``tox`` and the like make one of their own)."""
    try:
        words = shlex.split(command.replace(";", " ; ").replace("&&", " && ").replace("|", " | "))
    except ValueError:
        return False
    return any(_PYTEST_WORDS.search(word) for word in words) and not {"tox", "nox", "docker", "podman"} & set(words)


def detect(files: Collection[str], read: Callable[[str], bytes]) -> tuple[Runner, TestCommand] | None:
    """Return the runner and the test command of a project, None where neither can be told from its files.

    ``files`` are the paths of the tree, ``read`` gives the bytes of one of them.
    """
    names = frozenset(files)
    if _pytest_configured(names, read) or any(map(_is_python_test, names)):
        return PytestRunner(), TestCommand("python -m pytest -q")
    return _node(names, read)


def _pytest_configured(names: frozenset[str], read: Callable[[str], bytes]) -> bool:
    if names & {"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py"}:
        return True
    if "pyproject.toml" in names:
        tool = _toml(read("pyproject.toml")).get("tool")
        if isinstance(tool, dict) and "pytest" in tool:
            return True
    sections = (("setup.cfg", b"[tool:pytest]"), ("tox.ini", b"[pytest]"))
    return any(name in names and _has_line(read(name), section) for name, section in sections)


def _is_python_test(path: str) -> bool:
    folders = path.split("/")[:-1]
    if folders and not {"tests", "test", "testing"} & set(folders):
        return False
    return bool(_TEST_FILE.search(path)) or path.endswith("tests/conftest.py")


def _node(names: frozenset[str], read: Callable[[str], bytes]) -> tuple[Runner, TestCommand] | None:
    if "package.json" not in names:
        return None
    try:
        package = json.loads(read("package.json"))
    except (ValueError, RecursionError):
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(script, str) or not script.strip() or _PLACEHOLDER in script:
        return None
    script = script.strip()
    if _NODE_TEST.search(script) and "--test-reporter" not in script:
        reporter = f"--test --test-reporter=junit --test-reporter-destination={NODE_RESULTS}"
        return JUnitRunner(NODE_RESULTS), TestCommand(
            re.sub(r"--test(?=\s|$)", reporter, script, count=1), NODE_RESULTS
        )
    command = "npm test --silent"
    return ExitCodeRunner(command), TestCommand(command)


def _toml(data: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}


def _has_line(data: bytes, line: bytes) -> bool:
    return any(found.strip() == line for found in data.splitlines())
