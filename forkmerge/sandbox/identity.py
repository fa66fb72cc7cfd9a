"""User ids for runs started by root: an id that nobody has, another one for each run.

A run under its own id can't touch files of root or of another run, can't signal their processes, and the limit on the
number of processes counts only its own.
"""

from __future__ import annotations

import itertools
import os
import stat

_FREE_FIRST, _FREE_COUNT = 0x70000000, 0x0FF00000  # no registry gives these out (systemd, UIDS-GIDS)
_LOW_FIRST, _LOW_COUNT = 62000, 3000  # for containers that map only 65536 ids
_COUNTER = itertools.count()


def ordinary() -> tuple[int, int]:
    """Return a user and group id that no account has and no other run of this process uses."""
    number = os.getpid() * 64 + next(_COUNTER) % 64
    if _mapped_ids() > _FREE_FIRST + _FREE_COUNT:
        chosen = _FREE_FIRST + number % _FREE_COUNT
    else:
        chosen = _LOW_FIRST + number % _LOW_COUNT
    return chosen, chosen


def mapped() -> int:
    """Return the user id that an ordinary run has inside its user namespace."""
    return os.geteuid() or 1000


def mapped_group() -> int:
    """Return the group id that goes with ``mapped``."""
    return os.getegid() or 1000


def give(root: str, owner: tuple[int, int]) -> None:
    """Make ``owner`` the owner of ``root`` and all below it; symlinks are not followed, hard links are left alone."""
    os.chown(root, *owner, follow_symlinks=False)
    if not os.path.isdir(root) or os.path.islink(root):
        return
    for folder, _, names, fd in os.fwalk(root, follow_symlinks=False):
        del folder
        os.fchown(fd, *owner)
        for name in names:
            info = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if info.st_nlink == 1 or not stat.S_ISREG(info.st_mode):
                os.chown(name, *owner, dir_fd=fd, follow_symlinks=False)


def _mapped_ids() -> int:
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return max(int(line.split()[0]) + int(line.split()[2]) for line in file)
