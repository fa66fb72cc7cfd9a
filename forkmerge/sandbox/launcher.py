"""The supervisor of a run without namespaces; started as ``python -I -S launcher.py SPEC CONTROL STATUS``.

It becomes the reaper of everything that the run starts, starts the command confined by Landlock and a system call
filter, waits for it, and then freezes and kills every descendant that is left: a process that leaves its session and
its parent still is one.  The three arguments are descriptors: the specification (JSON), a pipe whose end (the parent
is gone, or cancels) means "kill", and a pipe for the result (JSON).

Invariant: it ends only when no descendant is left; and the command never starts less confined than was asked.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False  # typing takes longer to load than all the rest
if TYPE_CHECKING:
    import socket
    from typing import Any

    from forkmerge.sandbox.supervision import Answers

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_SECCOMP, _PR_CAP_AMBIENT, _PR_SET_KEEPCAPS = 1, 36, 22, 47, 8
_NO_NEW_PRIVS, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 38, 28, 4


def main(argv: list[str]) -> int:
    """Run the command that the specification asks for; the result goes to the status pipe."""
    spec_fd, control, status = map(int, argv[1:4])
    with open(spec_fd, "rb") as file:
        spec = json.load(file)
    sys.path.insert(0, spec["package"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTTOU, signal.SIGTTIN):
        signal.signal(number, signal.SIG_IGN)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    failed_read, failed_write = os.pipe()
    ours, theirs = _pair() if spec["questions"] else (None, None)
    child = os.fork()
    if child == 0:
        _become(spec, failed_write, (control, status), theirs)
    os.close(failed_write)
    for stream in (1, 2):  # the run alone holds the output pipe: its end is the end of the run
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    cancelled = _wait(child, control, _answers(spec, ours, theirs))
    if cancelled:
        _kill_all(spec["user"])
    code = _reap(child)
    _kill_all(spec["user"])
    reason = os.read(failed_read, 4096).decode(errors="replace")
    result = {"failed": reason} if reason else {"code": code}
    with contextlib.suppress(OSError):
        os.write(status, json.dumps(result).encode())
    return 0


def _become(spec: dict[str, Any], failed: int, ours: tuple[int, ...], questions: socket.socket | None) -> None:
    """Confine this process and turn it into the command; never returns."""
    try:
        for fd in ours:
            os.close(fd)
        _confine(spec, questions)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the command must not start
        os.write(failed, f"{type(error).__name__}: {error}".encode())
        os._exit(126)
    command = [str(each) for each in spec["argv"]]
    environment = {str(k): str(v) for k, v in spec["env"]}
    program, reason = command[0], os.strerror(errno.ENOENT)
    folders = [""] if "/" in program else environment.get("PATH", "/usr/bin:/bin").split(":")
    for folder in folders:  # by hand: os.execvpe imports, and the interpreter's files may be out of reach by now
        try:
            os.execve(os.path.join(folder, program), command, environment)  # noqa: S606 - that is the task
        except OSError as error:
            reason = reason if error.errno in (errno.ENOENT, errno.ENOTDIR) else str(error.strerror)
    os.write(2, f"{program}: {reason}\n".encode())
    os._exit(127)


def _confine(spec: dict[str, Any], questions: socket.socket | None) -> None:
    from forkmerge.sandbox import landlock, supervision  # noqa: PLC0415 - now, while their files can be read

    os.setsid()
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.umask(0o022)
    os.chdir(spec["cwd"])
    for which, value in spec["limits"]:
        hard = resource.getrlimit(which)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))
    _prctl(_NO_NEW_PRIVS, 1)
    if spec["user"] is not None:
        _change_user(*spec["user"], keep=spec["search"])
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if spec["grants"] is not None:
        landlock.restrict(
            [(path, rights) for path, rights in spec["grants"]], network=spec["network"], most=spec["abi"]
        )
    if questions is not None:
        import socket  # noqa: PLC0415 - loaded already, by _pair

        listener = supervision.install(bytes.fromhex(spec["filter"]))
        socket.send_fds(questions, [b"q"], [listener])
        os.close(listener)
        questions.close()
    elif spec["filter"]:
        _filter(bytes.fromhex(spec["filter"]))


def _change_user(uid: int, gid: int, *, keep: bool) -> None:
    """Become ``uid`` without any capability, but for looking through folders when ``keep``: Landlock bounds that."""
    if keep:
        with contextlib.suppress(OSError):  # else access(2) answers as if the capability were not there
            _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if not keep:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (2, 1):  # CAP_DAC_READ_SEARCH; CAP_DAC_OVERRIDE where a container has only that
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        only = 1 << capability
        data = (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)
        if libc.capset(header, data) == 0 and libc.prctl(_PR_CAP_AMBIENT, 2, capability, 0, 0) == 0:
            return
    raise PermissionError("this root can't look through closed folders")


def _filter(code: bytes) -> None:
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    program = Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the system call filter was refused")


def _pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends over which the listener for questions comes back from the child."""
    import socket  # noqa: PLC0415 - most runs have no questions

    return socket.socketpair()


def _answers(
    spec: dict[str, Any], ours: socket.socket | None, theirs: socket.socket | None
) -> tuple[Answers, int] | None:
    """Return what answers the run's questions and the descriptor on which they arrive, None without questions."""
    if ours is None or theirs is None:
        return None
    import socket  # noqa: PLC0415 - loaded already, by _pair

    theirs.close()
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    ours.close()
    if not fds:
        return None  # the child could not confine itself, and says so by itself
    from forkmerge.sandbox import supervision  # noqa: PLC0415 - the path is set by main

    return supervision.Answers(fds[0], spec["calls"], spec["questions"], _descendants), fds[0]


def _wait(child: int, control: int, answers: tuple[Answers, int] | None) -> bool:
    """Return False when ``child`` has ended, True when the parent wants it killed or is gone."""
    handle = os.pidfd_open(child)
    watched = [handle, control] + ([answers[1]] if answers else [])
    try:
        while True:
            ready, _, _ = select.select(watched, [], [])
            if handle in ready:
                return False
            if control in ready:
                return True
            if answers:
                answers[0].answer()
    finally:
        os.close(handle)


def _reap(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _kill_all(user: list[int] | None) -> None:
    """Freeze every descendant until no new one shows up, kill them all, and reap them."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        frozen: set[int] = set()
        for _ in range(200):
            new = _descendants() - frozen
            if not new:
                break
            _signal(new, signal.SIGSTOP)
            frozen |= new
        if user is not None:
            _kill_user(user[0], user[1])
        _signal(_descendants(), signal.SIGKILL)
        time.sleep(0.001)
        _reap_orphans()
        if not _descendants():
            return


def _kill_user(uid: int, gid: int) -> None:
    """Kill everything of a user that exists for this run only, in one call that no fork can outrun."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)


def _signal(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _reap_orphans() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _descendants() -> set[int]:
    """Return the pids of all living descendants (zombies count until they are reaped here)."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(name))
    found: set[int] = set()
    todo = [os.getpid()]
    while todo:
        for pid in children.get(todo.pop(), ()):
            if pid not in found:
                found.add(pid)
                todo.append(pid)
    return found


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


if __name__ == "__main__":
    sys.exit(main(sys.argv))
