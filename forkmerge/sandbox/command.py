"""Values of a sandboxed run: what to run, within which limits, and what came of it.

Invariant: a ``Command`` holds everything that decides what the run may reach.  What is not named in it (and is no part
of the system: /usr, /etc, ...) can be neither read nor written by the run.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Literal, TypeAlias

MEBIBYTE = 1 << 20

CompletedStatus: TypeAlias = Literal["exited", "timeout", "killed", "not-started"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    ``wall`` seconds for the whole run; ``cpu`` seconds for each process; ``output`` bytes of stdout and stderr together
    that are kept (the last ones); ``file_size`` bytes of one file; ``processes`` processes and threads at a time;
    ``memory`` bytes of private memory of each process; ``scratch`` bytes of the private /tmp where that is a file
    system of its own.
    """

    wall: float = 600.0
    cpu: float | None = None
    output: int = 64 * 1024
    file_size: int = 512 * MEBIBYTE
    processes: int = 512
    memory: int | None = None
    scratch: int = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Mount:
    """A part of the user's environment that the run may read: the host path ``source``, seen at ``target``."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command in one candidate.

    ``candidate`` is the host folder of the throw-away clone: the only place the run can write to, besides its private
    temporary folder and home and ``events``.  A backend that maps paths shows it at ``at``, the path of the user's own
    checkout.  ``cwd`` is relative to the candidate, or absolute below ``at``.  HOME, TMPDIR and PWD in ``env`` are
    replaced by the backend.  ``hidden`` are host paths that must not be readable whatever else is granted.  ``events``
    is a host file or folder that the run may write to, seen at its own path.

    ``below`` ("": none) is a pristine host folder that the candidate lies on top of (``overlay``): the run sees both as
    one, and the candidate holds what it changed.  ``user`` is the id that owns that folder and runs the command, where
    the backend starts runs under ids of their own.
    """

    argv: tuple[str, ...]
    candidate: str
    at: str
    cwd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    limits: Limits = Limits()
    readonly: tuple[Mount, ...] = ()
    events: str | None = None
    hidden: tuple[str, ...] = ()
    network: bool = False
    below: str = ""
    user: tuple[int, int] | None = None

    def folder(self, place: str) -> str:
        """Return the working folder when the candidate is seen at ``place``."""
        relative = posixpath.relpath(self.cwd, self.at) if posixpath.isabs(self.cwd) else self.cwd
        return posixpath.normpath(posixpath.join(place, relative))


@dataclass(frozen=True, slots=True)
class Completed:
    """What came of a run.

    ``exited``: the command ended by itself, with ``code`` (128 + n and ``signal`` n when signal n ended it).
    ``timeout``: the wall limit was reached and everything was killed.  ``killed``: the caller cancelled it.
    ``not-started``: the sandbox could not be set up, the command never ran; ``reason`` says why.
    """

    status: CompletedStatus
    code: int | None = None
    signal: int | None = None
    stdout_tail: bytes = b""
    seconds: float = 0.0
    reason: str = ""


def inside(path: str, folder: str) -> bool:
    """Return whether ``path`` is ``folder`` or lies below it (both normalised and absolute)."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
