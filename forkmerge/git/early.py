"""Git's line merge, begun before it is asked for, and what git says of its configuration meanwhile.

Idea: git takes 2 ms to start, and the driver has modules to import: both are done at once.  What the user configured
would be a second process; here git tells it on the way, by its own trace (``GIT_TRACE2_CONFIG_PARAMS``, since 2.22).
And where there are conflicts git most often has to write their markers too, so that is begun as soon as there are any.

Invariants: the answers are those of ``line_merge`` and ``configured``, which are asked where anything is different from
what was begun or goes wrong; every process that was begun is waited for (``close``).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forkmerge.git import command
from forkmerge.git.linemerge import (
    CONFIGURED,
    MOST_COUNTED,
    ORDER,
    begun,
    configured,
    filled,
    line_merge,
    user_environment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.linemerge import Favor, Look, Style

_KEYS = "forkmerge.risk,forkmerge.versions,merge.conflictstyle"
_SPOKE = b'"event":"cmd_name"'
_PARAM = b'"event":"def_param"'


class Early:
    """A line merge that git is at; called, it is ``line_merge``."""

    __slots__ = ("_ends", "_files", "_look", "_runs", "_texts")

    def __init__(self, base: bytes, ours: bytes, theirs: bytes, *, marker_size: int) -> None:
        """Begin the line merge in the style diff3; raises MissingTool where there is no git."""
        self._texts = (base, ours, theirs)
        self._look: Look = ("diff3", ORDER, marker_size, None)
        self._files: list[int] = []
        self._runs: dict[Look, command.Running] = {}
        self._ends: dict[Look, command.Completed] = {}
        try:
            filled(self._files, (ours, base, theirs))
            traced = {"GIT_TRACE2_EVENT": "2", "GIT_TRACE2_EVENT_BRIEF": "1", "GIT_TRACE2_CONFIG_PARAMS": _KEYS}
            self._runs[self._look] = begun(self._files, self._look, self._environment() | traced)
        except (OSError, AttributeError):  # a system without files of memory
            return

    def __call__(
        self,
        base: bytes,
        ours: bytes,
        theirs: bytes,
        *,
        style: Style = "merge",
        labels: Sequence[str] = ORDER,
        marker_size: int = 7,
        favor: Favor | None = None,
    ) -> tuple[bytes, int]:
        """Return what ``line_merge`` does."""
        same = (base, ours, theirs) == self._texts
        ended = self._end((style, tuple(labels), marker_size, favor)) if same else None
        if ended is None or not 0 <= ended.code <= MOST_COUNTED:
            return line_merge(base, ours, theirs, style=style, labels=labels, marker_size=marker_size, favor=favor)
        return ended.stdout, ended.code

    def mark(self, *, labels: Sequence[str], marker_size: int) -> None:
        """Begin the same merge as the user is to see it if it stays as it is: in the style that git is told."""
        look: Look = (CONFIGURED, tuple(labels), marker_size, None)
        try:
            if self._files:
                self._runs[look] = begun(self._files, look, self._environment())
        except OSError:
            return

    def configured(self, key: str) -> str:
        """Return what ``configured`` does."""
        ended = self._end(self._look)
        if ended is None or not 0 <= ended.code <= MOST_COUNTED or _SPOKE not in ended.stderr:
            return configured(key, os.environ.get("GIT_DIR"))
        told = b""
        named = b'"param":"' + key.lower().encode() + b'","value":"'
        for line in ended.stderr.split(b"\n"):
            if _PARAM in line and named in line:
                told = line.partition(named)[2].rpartition(b'"')[0]
        if b"\\" in told:  # written as JSON does, which is not read here
            return configured(key, os.environ.get("GIT_DIR"))
        return told.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Wait for all that was begun."""
        for look in list(self._runs):
            self._end(look)
        for file in self._files:
            os.close(file)
        self._files.clear()

    def _end(self, look: Look) -> command.Completed | None:
        if look in self._runs:
            self._ends[look] = command.finish(self._runs.pop(look))
        return self._ends.get(look)

    def _environment(self) -> dict[str, str]:
        return user_environment(os.environ.get("GIT_DIR"))
