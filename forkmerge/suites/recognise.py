"""Which test tools stand in a command line."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from forkmerge.suites.shell import pieces

if TYPE_CHECKING:
    from forkmerge.suites.node_tools import NodeName
    from forkmerge.suites.tool import Tool

_PYTEST = re.compile(r"(?:^|/)(?:pytest|py\.test)(?:-?3(?:\.\d+)?)?$")
_NODE_TOOL = re.compile(r"(?:^|/)_?(jest|vitest|mocha)(?:\.m?js)?$")
_NODE_OTHERS = {"react-scripts": "jest", "craco": "jest", "ts-mocha": "mocha", "electron-mocha": "mocha"}
_LAUNCHERS = frozenset(
    {
        "npx", "pnpx", "bunx", "npm", "yarn", "pnpm", "node", "cross-env", "c8", "nyc", "env", "dotenv", "nice", "time",
        "timeout", "xvfb-run", "tsx", "ts-node", "stdbuf",
    }
)  # fmt: skip
_MAVEN = frozenset({"test", "package", "verify", "install", "surefire:test"})
_GRADLE = ("test", "check", "build")
_ELSEWHERE = frozenset({"tox", "nox", "docker", "podman", "ssh", "vagrant", "echo", "printf", "grep", "which", "cat"})
"""Programs that run what they are given in an environment of their own, or not at all."""


def tools_in(line: str, results: str | None = None) -> tuple[tuple[int, Tool], ...]:
    """Return the tools of ``line`` with the number of the piece that each stands in, () where none is known.

    ``results`` is where JUnit files are to be found if not in the usual places.
    """
    found = []
    for number, piece in enumerate(pieces(line) or ()):
        tool = tool_of(piece.program, results) if piece.words else None
        if tool is not None:
            found.append((number, tool))
    return tuple(found)


def tool_of(words: tuple[str, ...], results: str | None = None) -> Tool | None:
    """Return the tool that a simple command starts, None where it is not known."""
    if not words or words[0].rpartition("/")[2] in _ELSEWHERE:
        return None
    if any(map(_PYTEST.search, words)):
        from forkmerge.suites.python_tools import PytestTool  # noqa: PLC0415 - only what a project needs is loaded

        return PytestTool()
    if any(pair == ("-m", "unittest") for pair in pairwise(words)) or "-munittest" in words:
        from forkmerge.suites.python_tools import UnittestTool  # noqa: PLC0415 - the same

        return UnittestTool()
    if (name := _node_tool(words)) is not None:
        from forkmerge.suites.node_tools import NodeTool  # noqa: PLC0415 - the same

        return NodeTool(name)
    if words[0].rpartition("/")[2] == "go" and "test" in words[1:2]:
        from forkmerge.suites.go_tool import GoTool  # noqa: PLC0415 - only what a project needs is loaded

        return GoTool()
    if words[0].rpartition("/")[2] == "cargo" and [w for w in words[1:4] if w[:1] not in "+-"][:1] in (["test"], ["t"]):
        from forkmerge.suites.cargo_tool import CargoTool, narrowed  # noqa: PLC0415 - the same

        return CargoTool(docs=not narrowed(words))
    return _junit_tool(words, results)


def _junit_tool(words: tuple[str, ...], results: str | None) -> Tool | None:
    from forkmerge.suites.junit_tools import CTestTool, GradleTool, MavenTool, NextestTool  # noqa: PLC0415 - the same

    first = words[0].rpartition("/")[2]
    if first in ("mvn", "mvnw", "mvnd") and _MAVEN.intersection(words):
        return MavenTool(results) if results else MavenTool()
    if first in ("gradle", "gradlew") and any(w.rpartition(":")[2].lower().endswith(_GRADLE) for w in words[1:]):
        return GradleTool(results) if results else GradleTool()
    if first == "ctest":
        return CTestTool()
    return NextestTool() if first == "cargo" and {"nextest", "run"} <= set(words) else None


def _node_tool(words: tuple[str, ...]) -> NodeName | None:
    """Return the JavaScript tool that a command starts, by itself or through a launcher."""
    first = words[0].rpartition("/")[2]
    if _NODE_OTHERS.get(first) and (first.endswith("mocha") or "test" in words[1:2]):
        return "jest" if _NODE_OTHERS[first] == "jest" else "mocha"
    if first in ("node", "tsx") and "--test" in words and not _NODE_TOOL.search(words[-1]):
        return "node"
    for number, word in enumerate(words):
        match = _NODE_TOOL.search(word)
        if match and (number == 0 or first in _LAUNCHERS) and not {"install", "add", "i", "ci"} & set(words[:number]):
            return "jest" if match[1] == "jest" else "vitest" if match[1] == "vitest" else "mocha"
    return None
