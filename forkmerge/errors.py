"""The exception tree and the exit codes of the command line (docs/reference/cli.md).

A ``ForkmergeError`` says what happened, where, and what to do next.  A merge conflict is a value
(``forkmerge.model.merge.Merge``), never an exception; a failed test is an outcome, never an exception.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command but ``merge-file``, which follows ``git merge-file``."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNUSABLE = 3
    MISSING = 4
    INTERRUPTED = 130


class ForkmergeError(Exception):
    """Something the user has to know: ``message``, ``where`` (path:line or revision), ``hint`` (what to do next)."""

    exit_code = ExitCode.UNUSABLE

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint


class UsageError(ForkmergeError):
    """The command line or the configuration asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class UnusableInput(ForkmergeError):
    """The repository or an input can't be used (missing object, bad revision, unreadable file)."""

    exit_code = ExitCode.UNUSABLE


class MissingTool(ForkmergeError):
    """The environment lacks something (sandbox, grammar, test tool, git); ``hint`` names the mend."""

    exit_code = ExitCode.MISSING


class Interrupted(ForkmergeError):
    """The user stopped the run; what was evaluated is kept and the next run goes on from it."""

    exit_code = ExitCode.INTERRUPTED
