"""Which test tools stand in a command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.suites.shell import pieces

if TYPE_CHECKING:
    from forkmerge.suites.tool import Tool

_PYTEST = re.compile(r"(?:^|/)(?:pytest|py\.test)(?:-?3(?:\.\d+)?)?$")
_ELSEWHERE = frozenset({"tox", "nox", "docker", "podman", "ssh", "vagrant", "echo", "printf", "grep", "which", "cat"})
"""Programs that run what they are given in an environment of their own, or not at all."""


def tools_in(line: str) -> tuple[tuple[int, Tool], ...]:
    """Return the tools of ``line`` with the number of the piece that each stands in, () where none is known."""
    found = []
    for number, piece in enumerate(pieces(line) or ()):
        tool = tool_of(piece.program) if piece.words else None
        if tool is not None:
            found.append((number, tool))
    return tuple(found)


def tool_of(words: tuple[str, ...]) -> Tool | None:
    """Return the tool that a simple command starts, None where it is not known."""
    if not words or words[0].rpartition("/")[2] in _ELSEWHERE:
        return None
    if words[0].rpartition("/")[2] == "go" and "test" in words[1:2]:
        from forkmerge.suites.go_tool import GoTool  # noqa: PLC0415 - only what a project needs is loaded

        return GoTool()
    return None
