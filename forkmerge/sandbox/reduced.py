"""The backends without namespaces: ``reduced`` (Landlock, a system call filter, limits) and ``none``.

Both start the same supervisor (``launcher.py``) in an interpreter of its own, so that nothing runs between fork and
exec of a threaded process.  The candidate is not mapped: it is seen at its own path.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.sandbox import identity, landlock, layout, process, seccomp
from forkmerge.sandbox.command import Command, Completed, Limits, inside
from forkmerge.sandbox.syscalls import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.sandbox.backend import BackendName, Tick

_LAUNCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launcher.py")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(_LAUNCHER)))
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the host's own; semaphores and shared memory live there
_READABLE = ("/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage")


@dataclass(frozen=True, slots=True)
class Reduced:
    """Landlock (no newer than version ``abi``), seccomp and limits; less than bubblewrap, and called so in reports."""

    abi: int = field(default_factory=landlock.version)
    name: BackendName = field(default="reduced", init=False)
    maps_paths: bool = field(default=False, init=False)

    def place(self, command: Command) -> str:
        """Return the candidate's own path: nothing is mapped."""
        return command.candidate

    def describe(self) -> tuple[str, ...]:
        """Return the guarantees and the gaps of this kernel's Landlock, one sentence each."""
        lines = [
            f"reduced: Landlock (version {self.abi}), a system call filter and resource limits, no namespaces",
            "files: only the system, the named parts of the environment and the candidate can be read",
            "files: only the candidate and a private temporary folder can be written or given other modes and times",
            "network: no socket but unix sockets that nobody connects to; loopback is closed too",
            "processes: no signals to others, and every descendant is killed at the end of a run",
            "gaps: names, sizes and owners of files elsewhere can be asked for, and the list of processes",
        ]
        if os.geteuid() != 0:
            lines.append("gaps: no POSIX semaphores or shared memory (/dev/shm); owners of files can't be changed")
        return (*lines, "it shares the kernel: for hostile code use gVisor or a virtual machine")

    def run(self, command: Command, *, on_tick: Tick | None = None) -> Completed:
        """Return what came of ``command``, confined by Landlock and a filter."""
        return _launch(command, on_tick, self.abi)


@dataclass(frozen=True, slots=True)
class Plain:
    """No isolation at all, by the user's own word; what the run starts is still killed at its end."""

    name: BackendName = field(default="none", init=False)
    maps_paths: bool = field(default=False, init=False)

    def place(self, command: Command) -> str:
        """Return the candidate's own path: nothing is mapped."""
        return command.candidate

    def describe(self) -> tuple[str, ...]:
        """Return the warning."""
        return (
            "none: the tests run as you, with all that you may do: files, network, processes",
            "processes: every descendant is killed at the end of a run",
        )

    def run(self, command: Command, *, on_tick: Tick | None = None) -> Completed:
        """Return what came of ``command``, run without isolation."""
        return _launch(command, on_tick, None)


def _launch(command: Command, on_tick: Tick | None, abi: int | None) -> Completed:
    """Run ``command`` under the supervisor, confined with version ``abi`` of Landlock, or not at all for None."""
    started = time.monotonic()
    private = command.candidate.rstrip("/") + ".tmp"
    if command.below:
        return Completed("not-started", reason="this sandbox can't show a candidate on top of another folder")
    try:
        shutil.rmtree(private, ignore_errors=True)
        os.makedirs(os.path.join(private, "home"), mode=0o700)
        spec = _specification(command, private, abi)
        try:
            return _supervise(spec, command, on_tick)
        finally:
            shutil.rmtree(private, ignore_errors=True)
            if isinstance(spec["user"], tuple):
                _sweep_shared_memory(spec["user"][0])
    except (OSError, ForkmergeError) as error:
        return Completed("not-started", seconds=time.monotonic() - started, reason=str(error))


def _specification(command: Command, private: str, abi: int | None) -> dict[str, object]:
    confined = abi is not None
    folder = command.folder(command.candidate)
    env = {**dict(command.env), "HOME": os.path.join(private, "home"), "TMPDIR": private, "PWD": folder}
    user = identity.ordinary() if confined and os.geteuid() == 0 else None
    grants = list(_grants(command, private)) if confined else None
    writable = [command.candidate, private, *([command.events] if command.events else [])]
    if user is not None:
        for path in writable:
            identity.give(path, user)
    rules = seccomp.common() + (() if command.network else seccomp.no_network())
    asks = abi is not None and user is None
    if abi is not None and asks:
        rules += seccomp.supervised(abi)
    return {
        "argv": command.argv,
        "env": list(env.items()),
        "cwd": folder,
        "limits": _limits(command.limits, own_user=user is not None),
        "user": user,
        "search": user is not None and not all(_open_to_all(path) for path, _ in grants or ()),
        "grants": grants,
        "network": command.network,
        "abi": abi,
        "questions": writable if asks else [],
        "calls": dict(ARCHITECTURES[os.uname().machine].calls) if asks else {},
        "filter": seccomp.program(rules).hex() if confined else "",
        "package": _PACKAGE,
    }


def _supervise(spec: dict[str, object], command: Command, on_tick: Tick | None) -> Completed:
    with contextlib.ExitStack() as stack:
        spec_fd = os.memfd_create("forkmerge")
        stack.callback(os.close, spec_fd)
        with open(os.dup(spec_fd), "wb") as file:
            file.write(json.dumps(spec).encode())
        os.lseek(spec_fd, 0, os.SEEK_SET)
        control_read, control_write = os.pipe()
        status_read, status_write = os.pipe()
        control = stack.enter_context(open(control_write, "wb", buffering=0))
        status = stack.enter_context(open(status_read, "rb"))
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", _LAUNCHER, str(spec_fd), str(control_read), str(status_write)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={},
                cwd="/",
                pass_fds=(spec_fd, control_read, status_write),
                start_new_session=True,
            )
        finally:
            os.close(control_read)
            os.close(status_write)
        watched = process.watch(
            child, wall=command.limits.wall, output=command.limits.output, stop=control.close, on_tick=on_tick
        )
        return _completed(watched, json.loads(status.read() or b"{}"))


def _completed(watched: process.Watched, result: dict[str, object]) -> Completed:
    tail, seconds = watched.tail, watched.seconds
    if watched.how == "timeout":
        return Completed("timeout", stdout_tail=tail, seconds=seconds, reason="the wall limit")
    if watched.how == "cancelled":
        return Completed("killed", stdout_tail=tail, seconds=seconds, reason="cancelled")
    code = result.get("code")
    if not isinstance(code, int):
        reason = str(result.get("failed") or tail.decode(errors="replace")[-400:] or "the supervisor was killed")
        return Completed("not-started", seconds=seconds, reason=reason)
    died = -code if code < 0 else code - 128 if 128 < code <= 128 + signal.SIGRTMAX else None
    return Completed("exited", 128 - code if code < 0 else code, died, tail, seconds)


def _grants(command: Command, private: str) -> Iterator[tuple[str, int]]:
    """Yield what Landlock is to allow: paths and the rights below them."""
    covered = (*command.hidden, *layout.secrets())
    for folder in (*layout.system_folders(), *_READABLE, *(mount.source for mount in command.readonly)):
        for path in without(os.path.realpath(folder), tuple(os.path.realpath(each) for each in covered)):
            yield path, landlock.READ
    for device in _DEVICES:
        yield f"/dev/{device}", landlock.DEVICE
    if os.geteuid() == 0:
        yield _SHARED_MEMORY, landlock.WRITE  # what others have there belongs to another user
    for path in (command.candidate, private, *([command.events] if command.events else [])):
        yield path, landlock.WRITE
    if command.network:
        yield os.path.realpath("/etc/resolv.conf"), landlock.READ


def without(folder: str, hidden: tuple[str, ...]) -> Iterator[str]:
    """Yield ``folder``, or the parts of it that leave out every path of ``hidden``: Landlock only ever adds rights.

    A folder that lies in a hidden one was named by itself, and so is meant to be seen.
    """
    if folder in hidden:
        return
    below = tuple(path for path in hidden if inside(path, folder))
    if not below:
        yield folder
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_symlink():
                yield from without(entry.path, below)


def _sweep_shared_memory(uid: int) -> None:
    """Delete what the user of a run that is over left in the shared memory of the host."""
    with contextlib.suppress(OSError), os.scandir(_SHARED_MEMORY) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == uid:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        os.unlink(entry.path)


def _limits(limits: Limits, *, own_user: bool) -> list[tuple[int, int]]:
    processes = limits.processes if own_user else limits.processes + _threads_of_user()
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CPU: None if limits.cpu is None else max(1, round(limits.cpu)),
        resource.RLIMIT_DATA: limits.memory,
    }
    return [(which, value) for which, value in wanted.items() if value is not None]


def _threads_of_user() -> int:
    """Return how many threads this user has now: without a user of its own the run is counted with them."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == os.getuid():
                    total += len(os.listdir(f"/proc/{name}/task"))
    return total


def _open_to_all(path: str) -> bool:
    """Return whether a user without any rights can get to ``path``."""
    while path != "/":
        with contextlib.suppress(OSError):
            if not os.lstat(path).st_mode & 0o001 and os.path.isdir(path):
                return False
        path = os.path.dirname(path)
    return True
