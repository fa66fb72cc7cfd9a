"""Landlock: what files this process and all it starts may reach, from now on and for good.

Uses the three system calls directly.  Rights that a kernel's version of the interface (``version``) does not know are
left out of what is asked, so the caller has to look at the version to know what is enforced.  Source: Linux
``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_ALL_V1 = (1 << 13) - 1
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_TCP = 3
_SCOPES = 3  # abstract unix sockets, signals

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = _ALL_V1 | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
_NO_DEVICES = ~((1 << 6) | (1 << 11))  # making character and block devices


def version() -> int:
    """Return the version of the interface that the kernel offers, 0 where there is none."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, 1)))


def restrict(grants: list[tuple[str, int]], *, network: bool = False, most: int = 1000) -> None:
    """Leave this process only what ``grants`` gives: rights below each path.  OSError where that can't be set up.

    Nothing newer than version ``most`` is used.  A path that does not exist grants nothing.  Without ``network`` no TCP
    port can be bound or connected to (from version 4); other processes can't be signalled and abstract unix sockets of
    theirs not reached (from version 6).
    """
    libc, abi = _libc(), min(version(), most)
    if abi < 1:
        raise OSError("the kernel has no Landlock")
    handled = _handled(abi)
    attributes = struct.pack("=QQQ", handled, 0 if network or abi < 4 else _TCP, _SCOPES if abi >= 6 else 0)
    attributes = attributes[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _checked(libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))
    try:
        for path, rights in grants:
            _grant(libc, ruleset, path, rights & handled)
        _checked(libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
        _checked(libc.syscall(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _handled(abi: int) -> int:
    late = (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    return _ALL_V1 | late


def _grant(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{folder}"):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights & _NO_DEVICES, folder)
        _checked(libc.syscall(_ADD, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(folder)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
