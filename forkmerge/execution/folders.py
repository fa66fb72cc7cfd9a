"""The temporary folder of one forkmerge process, and the removal of those that dead ones left.

Each process has one folder, with its process id in the name and a lock that it holds as long as it lives; whoever gets
the lock of a folder knows that its owner is dead, also where process ids mean nothing (containers that share a disk).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from typing import TYPE_CHECKING

from forkmerge.execution.places import remove_tree
from forkmerge.git.sterile import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOCK = ".lock"
_LEFT = (PREFIX, "fm-probe-")
"""What the names of the small folders begin with that a killed process leaves in the temporary folder."""
_OLD = 24 * 3600.0
"""Seconds after which such a folder is removed when nobody holds its lock."""


def base(environ: Mapping[str, str]) -> str:
    """Return where the folders of all processes lie: in the user's cache, or in the temporary folder without a home."""
    home = environ.get("HOME", "")
    cache = environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    if os.path.isabs(cache):
        return os.path.join(cache, "forkmerge")
    return os.path.join(environ.get("TMPDIR") or tempfile.gettempdir(), f"forkmerge-{os.getuid()}")


class WorkFolder:
    """A folder of this process below ``base``, mode 0700, removed by ``close``; those of the dead are removed now."""

    def __init__(self, base: str) -> None:
        os.makedirs(base, mode=0o700, exist_ok=True)
        with locked(os.path.join(base, _LOCK), wait=True):
            sweep(base)
            sweep_temporary()
            self.path = tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=base)
            if os.geteuid() == 0:
                os.chmod(self.path, 0o711)  # noqa: S103 - runs have user ids of their own, which have to get through
            self._lock = contextlib.ExitStack()
            self._lock.enter_context(locked(os.path.join(self.path, _LOCK), wait=True))

    def close(self) -> None:
        """Delete the folder; safe to call twice."""
        remove_tree(self.path)
        self._lock.close()


def sweep(base: str) -> None:
    """Delete the folders below ``base`` whose owners are dead."""
    for name in os.listdir(base):
        path = os.path.join(base, name)
        if name.partition("-")[0].isdigit() and os.path.isdir(path) and not os.path.islink(path):
            with locked(os.path.join(path, _LOCK), wait=False) as mine:
                if mine:
                    remove_tree(path)


def sweep_temporary() -> None:
    """Delete the small folders that dead processes of this user left in the temporary folder a day ago or earlier."""
    folder = tempfile.gettempdir()
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_LEFT):
                with contextlib.suppress(OSError):
                    _sweep_old(entry.path)


def _sweep_old(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
        if status.st_uid == os.geteuid() and status.st_mtime < time.time() - _OLD:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(fd)


@contextlib.contextmanager
def locked(path: str, *, wait: bool) -> Iterator[bool]:
    """Hold the lock at ``path``; gives False when it is held by another and ``wait`` is not wanted."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)
