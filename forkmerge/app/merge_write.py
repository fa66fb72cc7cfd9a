"""Files of a work tree, read and replaced without ever following a symbolic link, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from forkmerge.errors import UnusableInput


def on_disk(worktree: str | os.PathLike[str], path: str) -> Path:
    """Return where ``path`` (as git has it) stands; raise UnusableInput if a folder on the way is a symbolic link."""
    place = Path(worktree, os.fsdecode(path.encode("utf-8", "surrogateescape")))
    top = Path(os.path.realpath(worktree))
    inside = place.relative_to(worktree)
    for count in range(1, len(inside.parts)):
        if (top / Path(*inside.parts[:count])).is_symlink():
            raise UnusableInput("a folder on the way is a symbolic link, through which nothing is written", where=path)
    return place


def read(place: Path) -> bytes:
    """Return the content of a regular file; raise UnusableInput for links, folders and what can't be read."""
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:  # noqa: PTH123 - opened by its descriptor
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnusableInput("not a regular file", where=str(place))
            return file.read()
    except OSError as error:
        what = "a symbolic link is not followed" if place.is_symlink() else f"can't be read: {error.strerror}"
        raise UnusableInput(what, where=str(place)) from None


def replace(place: Path, data: bytes) -> None:
    """Put ``data`` in place of a regular file, its mode kept; raise UnusableInput when that can't be done.

    Where the folder can't take a new file, or the file has other names or another owner, its content is replaced.
    """
    try:
        status = os.lstat(place)
        if not stat.S_ISREG(status.st_mode):
            raise UnusableInput("not a regular file", where=str(place))
        alone = status.st_nlink == 1 and status.st_uid == os.geteuid() and os.access(place.parent, os.W_OK)
        if alone:
            _swap(place, data, status.st_mode)
        else:
            _overwrite(place, data)
    except OSError as error:
        raise UnusableInput(f"can't be written: {error.strerror}", where=str(place)) from None


def _swap(place: Path, data: bytes, mode: int) -> None:
    beside = place.with_name(f".{place.name[:200]}.{os.urandom(6).hex()}.tmp")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(handle, "wb") as file:  # noqa: PTH123 - opened by its descriptor
            file.write(data)
            os.fchmod(handle, stat.S_IMODE(mode))
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _overwrite(place: Path, data: bytes) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_TRUNC)
    with open(handle, "wb") as file:  # noqa: PTH123 - opened by its descriptor
        file.write(data)
