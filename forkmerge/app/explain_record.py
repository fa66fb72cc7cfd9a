"""The last run, kept under ``<git-dir>/forkmerge/``: what was decided, and what is needed to take a decision back.

Idea: a small JSON file beside git's own notes on a merge, replaced in one step.  It is for one work tree, is never
needed for anything but explaining and taking back, and grows with what was resolved, not with the history.

Invariants: what can't be written or read is as if it were not there, never an error; above ``MOST`` bytes the texts are
left out (the explanation stays), above that again nothing is kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.report.codec import from_data, to_data
from forkmerge.report.explained import Explanation  # noqa: TC001 - codec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = "forkmerge"
NAME = "last-merge.json"
MOST = 8_000_000


@dataclass(frozen=True, slots=True)
class KeptHunk:
    """A resolution that can be taken back: where it stood in the file as written, and what it was made of."""

    line: int
    lines: int
    base: str
    ours: str
    theirs: str
    merged: str
    rule: str


@dataclass(frozen=True, slots=True)
class KeptStage:
    """An entry of the index that git had for the conflict."""

    number: int
    mode: int
    oid: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as the run left it in the work tree: its text, its resolutions, and how git's markers looked in it.

    ``oid`` is the resolved blob that the run put into the index ("" if it put none), ``stages`` what was there before.
    """

    path: str
    text: str
    hunks: tuple[KeptHunk, ...]
    labels: tuple[str, ...]
    style: str
    marker_size: int
    oid: str = ""
    stages: tuple[KeptStage, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A run: its explanation, and its files in a form that resolutions can be taken back from."""

    explanation: Explanation
    files: tuple[KeptFile, ...] = ()


def text_of(data: bytes) -> str:
    """Return bytes as text that JSON can hold, nothing lost."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes that ``text_of`` was given."""
    return text.encode("utf-8", "surrogateescape")


def save(git_dir: str | os.PathLike[str], record: Record) -> bool:
    """Keep ``record`` as the last run and return whether that could be done."""
    data = _encoded(record)
    if len(data) > MOST:
        data = _encoded(replace(record, files=()))
    if len(data) > MOST:
        return False
    beside = Path(git_dir, HOME, f"{NAME}.{os.getpid()}")
    try:
        beside.parent.mkdir(exist_ok=True)
        beside.write_bytes(data)
        beside.replace(beside.with_name(NAME))
    except OSError:
        beside.unlink(missing_ok=True) if beside.parent.is_dir() else None
        return False
    return True


def load(git_dir: str | os.PathLike[str]) -> Record | None:
    """Return the last run, None when there is none that can be read."""
    try:
        data = json.loads(Path(git_dir, HOME, NAME).read_bytes())
        return from_data(Record, data)
    except (OSError, ValueError, RecursionError, ForkmergeError):
        return None


def written(git_dir: str | os.PathLike[str]) -> int:
    """Return when the last run was kept, in nanoseconds since the epoch, 0 for never."""
    try:
        return Path(git_dir, HOME, NAME).stat().st_mtime_ns
    except OSError:
        return 0


def of_paths(explanation: Explanation, paths: Sequence[str]) -> Explanation:
    """Return the explanation of ``paths`` (files or folders) alone; of all when there are none."""
    if not paths:
        return explanation
    kept = tuple(f for f in explanation.files if any(within(f.path, p) for p in paths))
    return replace(explanation, files=kept)


def within(path: str, given: str) -> bool:
    """Return whether ``path`` is ``given`` or lies in it."""
    return given in ("", ".") or path == given or path.startswith(given.rstrip("/") + "/")


def _encoded(record: Record) -> bytes:
    return json.dumps(to_data(record)).encode("ascii")
