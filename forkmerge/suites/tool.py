"""A test tool: how its part of a command line is changed so that single results can be read, and how they are read.

A tool knows nothing of the rest of the line, of processes or of other tools: that is ``line.py``'s part.  What it is
given is the output that it asked to be captured and what our own reporters wrote (``events.py``), cut into sessions,
one for each time that it was started; what it gives back is a ``Reading``.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from forkmerge.suites.runner import Mode, TestLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forkmerge.model.outcome import RunStatus, TestId, TestResult
    from forkmerge.model.reach import Reach
    from forkmerge.suites.runner import Ended

COLLECTION = "(collection)"
"""The name of the result that says that the tests of a file could not even be collected."""

MOST_SELECTED = 400
"""More tests than that are not named one by one: command lines and patterns have an end."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a tool is asked to do; ``tests`` are its own (None: all of them).  Paths are as the command sees them."""

    support: str
    events: str
    root: str
    tests: tuple[TestId, ...] | None = None
    limits: TestLimits = TestLimits()  # noqa: RUF009 - a frozen value
    mode: Mode = Mode.RUN


@dataclass(frozen=True, slots=True)
class Call:
    """A tool's command as it is to be run.

    ``text`` is a simple command of the shell; ``before`` runs in front of it, from the top of the candidate, and is
    captured too; ``captured``: its output goes into the events file; ``files`` go into the support folder.
    """

    text: str
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    before: str = ""
    captured: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One start of a tool: what was captured or reported, its exit code (None: it never ended by itself)."""

    data: bytes
    exit_code: int | None = None
    collect_only: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool did.

    ``total`` is how many tests it was to run (None: it does not tell), ``left`` are tests that a hung or crashed one
    kept from running, ``tail`` what it said last where that was captured, ``reach`` what its tests touched.
    """

    status: RunStatus
    results: tuple[TestResult, ...] = ()
    total: int | None = None
    left: tuple[TestId, ...] = ()
    tail: str = ""
    reach: Reach | None = None


class Files(Protocol):
    """The candidate after the run, as far as a tool may look at it."""

    def isfile(self, path: str) -> bool:
        """Return whether there is a plain file at ``path`` (relative to the top), not behind a symlink."""
        ...

    def results(self, glob: str) -> tuple[tuple[str, bytes], ...]:
        """Return the plain files that match (relative path, content), in the order of their names."""
        ...


class Tool(Protocol):
    """A test tool."""

    @property
    def name(self) -> str:
        """Return the word that begins the identity of each of its tests."""
        ...

    @property
    def selects(self) -> bool:
        """Return whether it can run single tests."""
        ...

    def call(self, text: str, order: Order) -> Call:
        """Return its simple command ``text`` as it has to be run."""
        ...

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
        """Return what it did in all its sessions."""
        ...

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended in this part of the captured text, and the name of the last, "" for none."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """``Files`` of a candidate's folder on the host; "" is a candidate that holds nothing.

    ``below``: the folder holds only what the run changed of this one; what it deleted stands there as a device.
    """

    root: str
    below: str = ""

    def isfile(self, path: str) -> bool:
        """Return whether there is a plain file at ``path``, not behind a symlink."""
        parts = path.split("/")
        if not self.root or path.startswith("/") or ".." in parts:
            return False
        mode = _mode(self.root, parts)
        if mode is None and self.below:
            mode = _mode(self.below, parts)
        return mode is not None and stat.S_ISREG(mode)

    def results(self, glob: str) -> tuple[tuple[str, bytes], ...]:
        """Return the plain files that match, in the order of their names."""
        from forkmerge.suites.junit import result_files  # noqa: PLC0415 - it leads to this module again

        return tuple(result_files(self.root, glob)) if self.root else ()


def _mode(root: str, parts: Sequence[str]) -> int | None:
    """Return the mode of a path or of what bars the way to it, a symlink or another thing; None: nothing is there."""
    full, mode = root, stat.S_IFDIR
    for part in parts:
        if not stat.S_ISDIR(mode):
            return 0
        full = f"{full}/{part}"
        try:
            mode = os.lstat(full).st_mode
        except (OSError, ValueError):
            return None
    return mode


def tail(text: str, lines: int = 30) -> str:
    """Return the last lines of an output."""
    return "\n".join(text.rstrip().splitlines()[-lines:])[-4000:]


def head(text: str, lines: int = 8) -> str:
    """Return the first lines of a message that say something."""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][:lines])[:800]


def numbered(found: Iterable[TestResult]) -> tuple[TestResult, ...]:
    """Return results in which a test that is listed more than once has an ordinal for each time."""
    seen: dict[TestId, int] = {}
    out = []
    for result in found:
        ordinal = seen.get(result.test, 0)
        seen[result.test] = ordinal + 1
        out.append(replace(result, test=replace(result.test, ordinal=ordinal)) if ordinal else result)
    return tuple(out)


def source(name: str) -> bytes:
    """Return a file of this package, to be written into the support folder."""
    path = os.path.join(os.path.dirname(__file__), name)  # noqa: PTH118, PTH120 - pathlib is slow to load
    with open(path, "rb") as file:  # noqa: PTH123 - the same
        return file.read()
