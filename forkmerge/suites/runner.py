"""What a test runner is to the rest of the house.

A runner never starts a process: ``prepare`` says how a test command has to be changed so that its results can be read,
and ``collect`` reads them afterwards.  In between stands whoever runs commands (``execution/``, ``sandbox/``):

    invocation = runner.prepare(command, support=..., events=..., tests=None, limits=limits)
    # write invocation.files into the support folder, run invocation.argv with invocation.env
    while left := runner.unfinished(events_path=..., completed=ended):       # a hung or crashed test took the run along
        invocation = runner.prepare(command, ..., tests=left)                # same events file: it is appended to
        # run again, then add the seconds up in ``ended``
    run = runner.collect(events_path=..., candidate=..., completed=ended)

Invariants: ``prepare`` is pure; a test is reported by one result; what could not be read is a status of the run, never
an invented result.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from forkmerge.model.outcome import RunStatus, SuiteRun, TestId

_OPERATORS = frozenset("|&;<>()$`*?~#\n{}!")


@dataclass(frozen=True, slots=True)
class TestCommand:
    """A test command as the user wrote it.

    ``results`` is the glob of JUnit files that it leaves (relative to the candidate), ``env`` the variables that the
    user passes to the tests by name, ``directory`` the folder (relative to the candidate) in which it runs.
    """

    __test__ = False

    text: str
    results: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    directory: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """Return the arguments to execute: the words of the command, or a shell where it uses the shell's language."""
        return _words(self.text) or ("/bin/sh", "-c", self.text)


@dataclass(frozen=True, slots=True)
class TestLimits:
    """Seconds: for one test (None: no limit), for the whole run, and from asking a hung test to stop to killing it.

    ``hung`` is the limit for a test that runs after one hung in the same process (None: the same as before): a file in
    which one waits for what never comes has more of them, and a failure counts only when it repeats alone.
    ``vital`` are the files that hold tests wherever the code can be imported: a run that only collects may end when
    several of them can't be collected and nothing else could.  ``usual`` are the tests that the suites were seen to
    have: where far more turn up, a whole run may keep to these.  ``reach``: what each test touches is told, where that
    can be told.
    """

    __test__ = False

    per_test: float | None = None
    whole: float | None = None
    grace: float = 5.0
    hung: float | None = None
    vital: frozenset[str] = frozenset()
    usual: frozenset[TestId] = frozenset()
    reach: bool = False


class Mode(StrEnum):
    """``run``; ``reverse``: in the opposite order where the runner can; ``collect``: find the tests and run none."""

    RUN = "run"
    REVERSE = "reverse"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What to run: ``env`` is added to the environment; ``files`` (name, bytes) go into the support folder before."""

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    ``exit_code`` is None when it was killed or never started; a negative one is a signal.  ``status`` is COMPLETED when
    the command ended by itself (whatever its exit code), TIMEOUT when the whole-run limit killed it, CRASHED when
    something else did, UNVERIFIED when the sandbox did not start.
    """

    exit_code: int | None
    status: RunStatus = RunStatus.COMPLETED
    tail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: tests finished, tests it will run (None where that is not known yet), the test now running."""

    finished: int = 0
    total: int | None = None
    current: str = ""


class Runner(Protocol):
    """A way to get results of single tests out of a test command."""

    @property
    def name(self) -> str:
        """Return the stable word that begins the identity of each of its tests."""
        ...

    @property
    def selects(self) -> bool:
        """Return whether single tests can be run; where not, ``tests`` is ignored and the whole suite runs."""
        ...

    def prepare(
        self,
        command: TestCommand,
        *,
        support: str,
        events: str,
        tests: tuple[TestId, ...] | None,
        limits: TestLimits,
        mode: Mode = Mode.RUN,
        root: str = "",
    ) -> Invocation:
        """Return what to run so that results can be read.

        ``support``, ``events`` and ``root`` are paths as the command will see them: the folder (read-only is enough)
        that holds ``Invocation.files``, the file (writable) for the stream of events, the top of the candidate.
        ``tests`` selects (None: the whole suite).
        """
        ...

    def collect(self, *, events_path: str, candidate: str, completed: Ended, below: str = "") -> SuiteRun:
        """Return what the run did, from the events file and the candidate's folder as the host sees them.

        ``below``: the candidate holds only what the run changed of this folder ("": it holds everything).
        """
        ...

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:
        """Return the tests that a hung or crashed test kept from running, () when there is nothing to resume."""
        ...

    def progress(self, events_path: str) -> ProgressReader:
        """Return an incremental reader of the events file of a running command."""
        ...


class ProgressReader(Protocol):
    """Reads on from where it stopped last."""

    def read(self) -> Progress:
        """Return how far the run is now."""
        ...


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a command that needs no shell, () for one that does (operators, variables, assignments)."""
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        return ()
    if not words or "=" in words[0] or _OPERATORS.intersection(_outside_quotes(text)):
        return ()
    return words


def _outside_quotes(text: str) -> str:
    """Return the characters of ``text`` that a shell may interpret (in double quotes only ``$`` and backquotes)."""
    out, quote, escaped = [], "", False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            if char == quote:
                quote = ""
            elif quote == '"' and char in "$`":
                out.append(char)
        elif char in "'\"":
            quote = char
        else:
            out.append(char)
    return "".join(out)
