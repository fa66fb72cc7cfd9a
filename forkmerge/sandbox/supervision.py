"""System calls that neither Landlock nor a filter can judge, answered by the supervisor (seccomp user notification).

Landlock has no right for changing modes and times, and before version 6 none for signals; a filter sees numbers, not
paths.  So these calls stop in the kernel and are handed to the supervisor.  Modes and times it sets itself, through a
descriptor whose real path it has looked at: what the caller changes in its memory meanwhile does not matter.  Signals
it lets go on when their target descends from it.  Source: Linux ``Documentation/userspace-api/seccomp_filter.rst``.

Used for runs of ordinary users only: a run started by root has a user id of its own, and there ownership protects.
The supervisor loads this at each start, so it does without whatever is slow to load.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
import time

TYPE_CHECKING = False  # typing takes longer to load than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MODES = ("chmod", "fchmod", "fchmodat", "fchmodat2")
TIMES = ("utime", "utimes", "futimesat", "utimensat")
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")

_RECEIVE, _SEND, _VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_HERE, _NO_FOLLOW, _EMPTY_PATH = -100, 0x100, 0x1000
_NOW, _OMIT = (1 << 30) - 1, (1 << 30) - 2
_PAGE = 4096


def install(code: bytes) -> int:
    """Put the filter ``code`` on this process; return the descriptor on which its questions arrive."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 317}.get(os.uname().machine, 277)  # seccomp(2); the generic number elsewhere
    program = Program(len(code) // 8, code)
    listener = int(libc.syscall(number, 1, ctypes.c_ulong(8), ctypes.byref(program)))  # SET_MODE_FILTER, NEW_LISTENER
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the system call filter with questions was refused")
    return listener


class Answers:
    """Answers the questions that arrive at ``listener``: ``roots`` may be changed, ``descendants`` signalled.

    ``calls`` are the numbers of the system calls of this machine.
    """

    def __init__(
        self, listener: int, calls: Mapping[str, int], roots: Sequence[str], descendants: Callable[[], set[int]]
    ) -> None:
        self._listener = listener
        self._roots = tuple(os.path.realpath(root) for root in roots)
        self._descendants = descendants
        self._names = {calls[name]: name for name in MODES + TIMES + SIGNALS if name in calls}

    def answer(self) -> None:
        """Take one question and answer it; one whose asker is gone is passed over."""
        buffer = bytearray(80)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, buffer)
        except OSError:
            return
        question, pid, _, number, _, _, *args = struct.unpack("=QIIiIQ6Q", buffer)
        error, flags = 0, 0
        try:
            name = self._names[number]
            if name in SIGNALS:
                self._allow_signal(args)
                flags = _CONTINUE
            else:
                self._change(name, pid, args, lambda: fcntl.ioctl(self._listener, _VALID, struct.pack("=Q", question)))
        except OSError as failure:
            error = -(failure.errno or errno.EPERM)
        except (LookupError, ValueError, struct.error):
            error = -errno.EPERM
        try:
            fcntl.ioctl(self._listener, _SEND, struct.pack("=QqiI", question, 0, error, flags))
        except OSError:
            return

    def _allow_signal(self, args: list[int]) -> None:
        target = _signed(args[0])
        if target == 0:
            return  # the caller's own group: it began with a session of its own
        if target == -1 or abs(target) not in self._descendants():
            raise PermissionError(errno.EPERM, "not of this run")

    def _change(self, name: str, pid: int, args: list[int], check: Callable[[], object]) -> None:
        """Do what ``name`` asks, on a file that is really below the roots."""
        fd, rest = _target(name, pid, args)
        try:
            wanted = None if name in MODES else _times(name, pid, rest)
            check()  # the process that was read is still the one that asks
            real = os.readlink(f"/proc/self/fd/{fd}")
            if not real.startswith("/memfd:") and not any(_inside(real, root) for root in self._roots):
                raise PermissionError(errno.EPERM, "outside the candidate")
            path = f"/proc/self/fd/{fd}"
            if name in MODES:
                os.chmod(path, rest[0] & 0o1777)  # a program that runs as the user is nothing for others to find
            elif wanted is None:
                os.utime(path)
            else:
                now = os.stat(path)
                old, pair = (now.st_atime_ns, now.st_mtime_ns), []
                for value, kept in zip(wanted, old, strict=True):
                    pair.append(kept if value is None else value)
                os.utime(path, ns=(pair[0], pair[1]))
        finally:
            os.close(fd)


def _target(name: str, pid: int, args: list[int]) -> tuple[int, list[int]]:
    """Return a descriptor (O_PATH) of the file that a call names, and the rest of the call's arguments."""
    if name == "fchmod":
        return _open(pid, _signed(args[0]), "", follow=True), args[1:]
    if name in ("chmod", "utime", "utimes"):
        return _open(pid, _HERE, _text(pid, args[0]), follow=True), args[1:]
    folder, address, rest = _signed(args[0]), args[1], args[2:]
    flags = rest[1] & 0xFFFFFFFF if name in ("fchmodat2", "utimensat") else 0
    path = _text(pid, address) if address else ""
    if not path and address and not flags & _EMPTY_PATH:
        raise FileNotFoundError(errno.ENOENT, "an empty path")
    return _open(pid, folder, path, follow=not flags & _NO_FOLLOW), rest


def _open(pid: int, folder: int, path: str, *, follow: bool) -> int:
    flags = os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    base = f"/proc/{pid}/cwd" if folder == _HERE else f"/proc/{pid}/fd/{folder}"
    if not path:
        return os.open(base, os.O_PATH | os.O_CLOEXEC)
    for alias in ("/proc/self", "/proc/thread-self"):
        if _inside(path, alias):
            path = f"/proc/{pid}" + path[len(alias) :]
    if path.startswith("/"):
        return os.open(path, flags)
    start = os.open(base, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.open(path, flags, dir_fd=start)
    finally:
        os.close(start)


def _times(name: str, pid: int, rest: list[int]) -> tuple[int | None, int | None] | None:
    """Return the two times in nanoseconds (None: keep), None for "now"."""
    if not rest[0]:
        return None
    if name == "utime":
        seen = struct.unpack("=qq", _memory(pid, rest[0], 16))
        return seen[0] * 10**9, seen[1] * 10**9
    a, b, c, d = struct.unpack("=qqqq", _memory(pid, rest[0], 32))
    if name == "utimensat":
        now = time.time_ns()
        first, second = (now if n == _NOW else None if n == _OMIT else s * 10**9 + n for s, n in ((a, b), (c, d)))
        return first, second
    return a * 10**9 + b * 1000, c * 10**9 + d * 1000


def _text(pid: int, address: int) -> str:
    found = b""
    while b"\0" not in found:
        if len(found) > _PAGE:
            raise OSError(errno.ENAMETOOLONG, "a path without end")
        found += _memory(pid, address + len(found), _PAGE - (address + len(found)) % _PAGE)
    return os.fsdecode(found.partition(b"\0")[0])


def _memory(pid: int, address: int, size: int) -> bytes:
    fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.pread(fd, size, address)
    finally:
        os.close(fd)
    if len(data) != size:
        raise OSError(errno.EFAULT, "memory that is not there")
    return data


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _signed(value: int) -> int:
    return ctypes.c_int(value & 0xFFFFFFFF).value
