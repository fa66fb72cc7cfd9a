"""``merge-file``: the structured merge of three files, with git's own answer behind it.

Invariants: whatever goes wrong in the structured part (an exception, a crash, no answer within ``DEADLINE`` seconds),
the answer is what ``git merge-file`` gives for the same files; a file is written whole or not at all; nothing is
imported that is not used (this is what git waits for, once for each file).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forkmerge.app.guarded import GaveUp, guarded
from forkmerge.errors import ForkmergeError, UsageError
from forkmerge.git.linemerge import CONFIGURED, configured, line_merge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from forkmerge.git.early import Early
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.hunk import FileMerge

DEADLINE = 8.0
"""Seconds after which git's own answer is given."""
MOST_CONFLICTS = 127
_BINARY_PROBE = 8000
_STYLES = ("merge", "diff3", "zdiff3")


class Failure(Exception):  # noqa: N818 - a way out as much as an error
    """The merge can't be done at all; the text is git's."""


def merge(  # noqa: PLR0913 - one call, all its options
    files: Sequence[str],
    *,
    labels: Sequence[str],
    path: str = "",
    style: str = "",
    favor: str = "",
    marker_size: int = 7,
    stdout: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> int:
    """Merge the files CURRENT, BASE and OTHER into CURRENT or to stdout; return the number of conflicts (at most 127).

    ``path`` tells the language ("": CURRENT's name does).  ``style`` "" takes ``merge.conflictStyle`` of the repository
    that the process stands in, as git does.  Raise Failure for files that can't be read, written or merged.
    """
    ours, base, theirs = (read(name) for name in files)
    for name, data in zip(files, (ours, base, theirs), strict=True):
        if binary(data):
            raise Failure(f"Cannot merge binary files: {name}")
    look: dict[str, Any] = {"labels": tuple(labels), "marker_size": marker_size if marker_size > 0 else 7}
    merged, conflicts = answer(path or files[0], (base, ours, theirs), style=style, favor=favor, look=look, note=note)
    write(None if stdout else files[0], merged)
    return min(conflicts, MOST_CONFLICTS)


def answer(
    path: str,
    versions: tuple[bytes, bytes, bytes],
    *,
    look: dict[str, Any],
    style: str = "",
    favor: str = "",
    note: Callable[[str], None],
    guard: Callable[[Callable[[], bytes], float], bytes] = guarded,
) -> tuple[bytes, int]:
    """Return the merged file and its number of conflicts for the ``versions`` base, ours, theirs.

    ``look`` are ``labels`` and ``marker_size``.  ``note`` is
    told why the answer is git's own, when it had to be.
    ``guard`` runs the structured part within a deadline.  Raise Failure where git can't merge either.
    """

    def structured() -> bytes:
        return _structured(path, versions, style=style, favor=favor, look=look)

    try:
        found = guard(structured, DEADLINE)
    except GaveUp as reason:
        note(f"{path}: this is git's own merge, the structured one failed ({reason})")
        return gits_answer(versions, style=style, favor=favor, look=look)
    return found[1:], found[0]


def gits_answer(
    versions: tuple[bytes, bytes, bytes], *, look: dict[str, Any], style: str = "", favor: str = ""
) -> tuple[bytes, int]:
    """Return git's own merge of the ``versions`` base, ours, theirs and its number of conflicts; raise Failure."""
    try:
        return line_merge(*versions, style=_style(style), favor=_favor(favor), **look)
    except ForkmergeError as error:
        raise Failure(error.message) from None


def _structured(
    path: str,
    versions: tuple[bytes, bytes, bytes],
    *,
    style: str,
    favor: str,
    look: dict[str, Any],
) -> bytes:
    """Return the number of conflicts as one byte, and the merged file after it."""
    from forkmerge.git.early import Early  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.merge.pieces import marker_size_for  # noqa: PLC0415 - loaded when it is needed

    early = Early(*versions, marker_size=marker_size_for(*versions))
    try:
        return _answered(path, versions, early, style=style, favor=favor, look=look)
    finally:
        early.close()


def _answered(
    path: str,
    versions: tuple[bytes, bytes, bytes],
    early: Early,
    *,
    style: str,
    favor: str,
    look: dict[str, Any],
) -> bytes:
    from forkmerge.app.catalogue import catalogue  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.merge.file import merge_file  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.merge.markers import render  # noqa: PLC0415 - loaded when it is needed

    def rules() -> Allowed:
        if not style and not favor:
            early.mark(**look)
        return _allowed(early.configured)

    merge = merge_file(path, *versions, line_merge=early, allowed=rules, languages=catalogue((path,)))
    if merge.as_git and merge.conflicts and not style and not favor:
        merged, conflicts = early(*versions, style=CONFIGURED, **look)
        return bytes((conflicts,)) + merged
    if favor:
        merge = _favored(merge, favor)
    shape: Any = _style(style, early.configured) if merge.conflicts else "merge"
    merged, conflicts = render(merge, line_merge, style=shape, versions=versions, **look)
    if not conflicts and not merge.clean and not favor:
        conflicts = 1  # a gate objects to a text without conflicts: it is not clean, and there is nothing to mark
    return bytes((min(conflicts, MOST_CONFLICTS),)) + merged


def _allowed(told: Callable[[str], str]) -> Allowed:
    """Return the rules that the environment or git's ``forkmerge.risk`` and ``.versions`` let decide; UsageError."""
    from forkmerge.merge.rules import allowed_for  # noqa: PLC0415 - loaded when it is needed

    risk = os.environ.get("FORKMERGE_RISK") or told("forkmerge.risk")
    versions = os.environ.get("FORKMERGE_VERSIONS") or told("forkmerge.versions")
    try:
        return allowed_for(risk, versions)
    except ValueError as error:
        raise UsageError(f"forkmerge.{'versions' if 'versions' in str(error) else 'risk'}: {error}") from None


def _configured(key: str) -> str:
    return configured(key, os.environ.get("GIT_DIR"))


def _favored(merge: FileMerge, favor: str) -> FileMerge:
    """Return ``merge`` with each conflict that is left resolved as git resolves it with --ours, --theirs or --union."""
    from dataclasses import replace  # noqa: PLC0415 - loaded when it is needed

    from forkmerge.model.hunk import Hunk  # noqa: PLC0415 - loaded when it is needed

    def settle(hunk: Hunk) -> Hunk:
        content, _ = line_merge(hunk.base, hunk.ours, hunk.theirs, favor=_favor(favor))
        return replace(hunk, merged=content, rule=favor)

    segments = tuple(settle(s) if isinstance(s, Hunk) and s.merged is None else s for s in merge.segments)
    return replace(merge, segments=segments, as_git=False)


def _favor(favor: str) -> Any:
    return favor or None


def _style(style: str, told: Callable[[str], str] = _configured) -> Any:
    """Return ``style``, or what git's configuration says here, or git's default."""
    if style:
        return style
    style = told("merge.conflictStyle")
    if style and style not in _STYLES:
        raise Failure(f"unknown style '{style}' given for 'merge.conflictstyle'")
    return style or "merge"


def binary(data: bytes) -> bool:
    """Return whether git takes ``data`` for binary."""
    return b"\0" in data[:_BINARY_PROBE]


def read(name: str) -> bytes:
    """Return what the file holds; raise Failure in git's words."""
    try:
        os.stat(name)  # noqa: PTH116 - pathlib costs start-up
    except OSError as error:
        raise Failure(f"Could not stat {name}: {error.strerror}") from None
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib costs start-up
            return file.read()
    except OSError as error:
        raise Failure(f"Could not open {name}: {error.strerror}") from None


def write(name: str | None, data: bytes) -> None:
    """Put ``data`` into the file in one step, or on stdout for None; raise Failure."""
    if name is None:
        import sys  # noqa: PLC0415 - loaded when it is needed

        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise Failure(f"Could not write to the standard output: {error.strerror}") from None
        return
    target = os.path.realpath(name)
    try:
        _replace(target, data)
    except OSError as error:
        raise Failure(f"Could not open {name} for writing: {error.strerror}") from None


def _replace(target: str, data: bytes) -> None:
    """Put ``data`` in place of the file ``target`` in one step; where the folder does not allow that, write into it."""
    status = os.stat(target)  # noqa: PTH116 - pathlib costs start-up
    mine = (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid())
    if not mine or status.st_nlink > 1 or not os.access(target, os.W_OK):
        _overwrite(target, data)
        return
    beside = f"{target}.{os.urandom(6).hex()}.tmp"
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        _overwrite(target, data)
        return
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - pathlib costs start-up
            file.write(data)
            os.fchmod(file.fileno(), status.st_mode & 0o7777)
        os.replace(beside, target)  # noqa: PTH105 - pathlib costs start-up
    except BaseException:
        os.unlink(beside)  # noqa: PTH108 - pathlib costs start-up
        raise


def _overwrite(target: str, data: bytes) -> None:
    with open(target, "wb") as file:  # noqa: PTH123 - pathlib costs start-up
        file.write(data)
