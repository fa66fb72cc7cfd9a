"""Which runner fits a command, and which command a project.

A command line is understood as far as ``shell.py`` goes: in it stand the calls of the test tools that are known; all
else is run as it is and told by its exit code.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from forkmerge.suites.exitcode import ExitCodeRunner
from forkmerge.suites.junit import JUnitRunner
from forkmerge.suites.line import LineRunner
from forkmerge.suites.npm import expanded
from forkmerge.suites.projects import suites
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.recognise import tools_in
from forkmerge.suites.runner import Runner, TestCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

_PYTEST_WORDS = re.compile(r"(?:^|/)(?:pytest|py\.test)(?:-?3(?:\.\d+)?)?$")


def runner_for(
    command: str,
    results: str | None = None,
    files: Collection[str] = (),
    read: Callable[[str], bytes] = lambda _: b"",
) -> Runner:
    """Return the runner for a command.

    The tools that it calls, by itself or through the scripts of a ``package.json`` of ``files`` (which ``read`` gives);
    JUnit files where ``results`` is their glob and no tool is known that reads them itself; else its exit code.
    """
    line = expanded(command, files, read)
    tools = tools_in(line, results)
    if calls_pytest(command) and all(tool.name == "pytest" for _, tool in tools):
        return PytestRunner()
    if tools and (not results or any(tool.name in ("maven", "gradle") for _, tool in tools)):
        return LineRunner(line, tools)
    return JUnitRunner(results) if results else ExitCodeRunner(command)


def calls_pytest(command: str) -> bool:
    """Return whether the command runs pytest in its own environment (``tox`` and the like make one of their own)."""
    try:
        words = shlex.split(command.replace(";", " ; ").replace("&&", " && ").replace("|", " | "))
    except ValueError:
        return False
    return any(_PYTEST_WORDS.search(word) for word in words) and not {"tox", "nox", "docker", "podman"} & set(words)


def detect(files: Collection[str], read: Callable[[str], bytes]) -> tuple[Runner, TestCommand] | None:
    """Return the runner and the test command of all suites of a project, None where none can be told from its files.

    ``files`` are the paths of the tree, ``read`` gives the bytes of one of them.
    """
    found = suites(files, read)
    if not found:
        return None
    line = joined(suite.command for suite in found)
    return runner_for(line, None, files, read), TestCommand(line)


def joined(commands: Iterable[str]) -> str:
    """Return one command line for several suites, each run whatever the others do."""
    found = list(commands)
    return found[0] if len(found) == 1 else "; ".join(f"({c})" if "&&" in c or ";" in c else c for c in found)
