"""Opening and changing paths below a folder without ever following a symlink.

A tree may hold a symlink where another tree has a folder.  Every step here goes from one folder's descriptor to the
next with ``O_NOFOLLOW``, so nothing outside the folder can be read or written, whatever the tree says.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FORBIDDEN = frozenset({"", ".", ".."})


def parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path of a git tree; UnusableInput for one that could leave the folder or enter .git."""
    found = tuple(path.split("/"))
    if any(part in _FORBIDDEN or part.lower() == ".git" or "\0" in part for part in found):
        raise UnusableInput("a tree holds a path that can't be written safely", where=path)
    return found


@contextlib.contextmanager
def opened(
    root: int, folders: tuple[str, ...], *, make: bool = False, owner: tuple[int, int] | None = None
) -> Iterator[int]:
    """Give a descriptor of the folder ``folders`` below ``root``, made where missing (for ``owner``) if ``make``."""
    current = os.dup(root)
    try:
        for name in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    make_folder(name, current)
                    if owner is not None:
                        os.chown(name, *owner, dir_fd=current, follow_symlinks=False)
            below = os.open(name, _FOLDER, dir_fd=current)
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


def make_folder(name: str, folder: int) -> None:
    """Make the folder ``name`` in ``folder``, with the same mode whatever the umask is."""
    os.mkdir(name, 0o755, dir_fd=folder)
    os.chmod(name, 0o755, dir_fd=folder)  # noqa: S103 - a run sees the same modes everywhere


@contextlib.contextmanager
def folder(path: str) -> Iterator[int]:
    """Give a descriptor of the folder at ``path``, which must not be a symlink itself."""
    fd = os.open(path, _FOLDER)
    try:
        yield fd
    finally:
        os.close(fd)


def remove_tree(path: str) -> None:
    """Delete ``path`` and all below it, closed folders too; a missing one is fine, symlinks are not followed."""

    def open_up(function: Callable[[str], object], failed: str, _: object) -> None:
        for each in (os.path.dirname(failed), failed):
            with contextlib.suppress(OSError):
                if stat.S_ISDIR(os.lstat(each).st_mode):
                    os.chmod(each, 0o700)
        with contextlib.suppress(OSError):
            if function in (os.open, os.scandir, os.lstat):
                shutil.rmtree(failed, ignore_errors=True)
            else:
                function(failed)

    if os.path.lexists(path):
        shutil.rmtree(path, onerror=open_up)
