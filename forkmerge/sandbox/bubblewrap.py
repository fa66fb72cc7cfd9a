"""The bubblewrap backend: every namespace, no capability, a system call filter, limits set from outside.

A run is started in three steps.  bubblewrap sets everything up and waits (``--block-fd``); this process then puts the
resource limits on the waiting one, which needs no code between fork and exec; then it is let go.  Its first process is
killed through a pidfd, and with it the kernel kills the whole pid namespace.

As root there are two ways.  ``own-uid``: bubblewrap makes no user namespace and the command is started by ``setpriv``
as a user id that nobody has, so that limits on processes bind (they never bind root) and files of root are out of
reach.  ``mapped``: a user namespace in which root looks like an ordinary user; used by ordinary users always.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.sandbox import identity, layout, process, seccomp
from forkmerge.sandbox.command import Command, Completed, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.sandbox.backend import BackendName, Tick

Variant: TypeAlias = Literal["own-uid", "mapped"]
_SETUP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """bubblewrap at ``program``; ``sized``: it can bound a tmpfs (0.5 and later)."""

    program: str
    variant: Variant = "mapped"
    sized: bool = True
    version: str = ""
    setpriv: str = "/usr/bin/setpriv"
    name: BackendName = field(default="bubblewrap", init=False)
    maps_paths: bool = field(default=True, init=False)

    def place(self, command: Command) -> str:
        """Return the path of the user's checkout: that is where the candidate is mounted."""
        return command.at

    def describe(self) -> tuple[str, ...]:
        """Return the guarantees, one sentence each."""
        bound = self.variant == "own-uid" or os.geteuid() != 0
        return (
            f"bubblewrap {self.version}: namespaces of its own for files, processes, network, users and host name",
            "files: the system and the named parts of the environment are read-only, the home and /run are not there",
            "network: only a loopback of its own",
            "processes: nothing outlives a run; no capability; rarely used system calls are refused",
            "limits: wall and processor time, file size, memory of each process"
            + (", number of processes" if bound else "; the number of processes is not bounded for root"),
            "it shares the kernel: for hostile code use gVisor or a virtual machine",
        )

    def run(self, command: Command, *, on_tick: Tick | None = None) -> Completed:
        """Return what came of ``command`` in a sandbox of its own."""
        started = time.monotonic()
        try:
            with _Descriptors() as fds:
                return self._run(command, fds, on_tick)
        except (OSError, ForkmergeError) as error:
            return Completed("not-started", seconds=time.monotonic() - started, reason=str(error))

    def _run(self, command: Command, fds: _Descriptors, on_tick: Tick | None) -> Completed:
        status_read, status_write = fds.from_child()
        gate_read, gate_write = fds.to_child()
        filtered = fds.holding(seccomp.program(seccomp.common()))
        user = (command.user or identity.ordinary()) if self.variant == "own-uid" else None
        uid, gid = user or (identity.mapped(), identity.mapped_group())
        args = [*self._isolation(command, uid, gid), *layout.arguments(command, scratch_size=self.sized)]
        for made in layout.accounts(uid, gid):
            args += ["--ro-bind-data", str(fds.holding(made.data)), made.target]
        folder = command.folder(command.at)
        for key, value in {**dict(command.env), **_private(folder)}.items():
            args += ["--setenv", key, value]
        args += ["--chdir", folder, "--seccomp", str(filtered)]
        args += ["--json-status-fd", str(status_write), "--block-fd", str(gate_read)]
        listed = fds.holding(b"".join(os.fsencode(arg) + b"\0" for arg in args))
        if user is not None:
            identity.give(command.candidate, user)
            if command.events is not None:
                identity.give(command.events, user)
        child = subprocess.Popen(
            [*self._below(command), self.program, "--args", str(listed), "--", *self._starter(user), *command.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={},
            cwd="/",
            pass_fds=fds.inherited,
            start_new_session=True,
        )
        fds.close_inherited()
        first = _Status(status_read)
        try:
            inner = first.wait_for("child-pid", time.monotonic() + _SETUP_SECONDS)
            handle = fds.keep(process.process_handle(inner)) if inner is not None else None
            if inner is not None:
                limit(inner, command.limits)
                os.write(gate_write, b"1")
        except BaseException:
            child.kill()
            child.wait()
            raise

        def stop() -> None:
            if handle is not None:
                _kill_handle(handle)
            child.kill()

        watched = process.watch(
            child, wall=command.limits.wall, output=command.limits.output, stop=stop, on_tick=on_tick
        )
        if handle is not None:
            _wait_handle(handle)
        return _completed(watched, first.wait_for("exit-code", time.monotonic()))

    def _isolation(self, command: Command, uid: int, gid: int) -> list[str]:
        args = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "localhost"]
        args += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        if not command.network:
            args.append("--unshare-net")
        if self.variant == "own-uid":
            return [*args, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
        return [*args, "--unshare-user", "--uid", str(uid), "--gid", str(gid)]

    def _below(self, command: Command) -> list[str]:
        if not command.below:
            return []
        from forkmerge.sandbox import overlay  # noqa: PLC0415 - it knows this backend

        return overlay.starter(command, private_users=os.geteuid() != 0)

    def _starter(self, user: tuple[int, int] | None) -> list[str]:
        if user is None:
            return ["/bin/sh", "-c", 'exec "$@"', "sh"]  # 127 for a missing program, as setpriv answers
        ids = ["--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups"]
        return [self.setpriv, *ids, "--inh-caps=-all", "--bounding-set=-all", "--"]


def limit(pid: int, limits: Limits) -> None:
    """Put ``limits`` on the waiting process ``pid``; what it starts inherits them."""
    wanted: dict[int, int | None] = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CPU: None if limits.cpu is None else max(1, round(limits.cpu)),
        resource.RLIMIT_DATA: limits.memory,
    }
    for which, value in wanted.items():
        if value is not None:
            hard = resource.prlimit(pid, which)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, which, (bound, bound))


def _private(folder: str) -> dict[str, str]:
    return {"HOME": layout.HOME, "TMPDIR": layout.TMP, "PWD": folder}


def _completed(watched: process.Watched, code: int | None) -> Completed:
    if watched.how == "timeout":
        return Completed("timeout", stdout_tail=watched.tail, seconds=watched.seconds, reason="the wall limit")
    if watched.how == "cancelled":
        return Completed("killed", stdout_tail=watched.tail, seconds=watched.seconds, reason="cancelled")
    if code is None:
        reason = watched.tail.decode(errors="replace").strip()[-400:] or f"bubblewrap ended with {watched.returncode}"
        return Completed("not-started", seconds=watched.seconds, reason=reason)
    died = code - 128 if 128 < code <= 128 + signal.SIGRTMAX else None
    return Completed("exited", code, died, watched.tail, watched.seconds)


def _kill_handle(handle: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)


def _wait_handle(handle: int) -> None:
    """Wait until the namespace's first process is gone: the kernel lets it go when all others are."""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        if not selector.select(0.5):
            _kill_handle(handle)
            selector.select(10.0)


class _Status:
    """The JSON documents that bubblewrap writes while it runs."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._text = b""
        os.set_blocking(fd, False)

    def wait_for(self, key: str, deadline: float) -> int | None:
        """Return the number at ``key``, None when the stream ends or ``deadline`` passes without it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._fd, selectors.EVENT_READ)
            while True:
                for document in self._documents():
                    if key in document:
                        return int(document[key])
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return None
                data = os.read(self._fd, 4096)
                if not data:
                    return None
                self._text += data

    def _documents(self) -> Iterator[dict[str, int]]:
        for line in self._text.splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)


class _Descriptors:
    """The descriptors of one start: those that bubblewrap inherits are closed here once it has them."""

    def __init__(self) -> None:
        self._kept = contextlib.ExitStack()
        self._inherited: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_inherited()
        self._kept.close()

    @property
    def inherited(self) -> tuple[int, ...]:
        """Return what bubblewrap has to inherit."""
        return tuple(self._inherited)

    def keep(self, fd: int) -> int:
        """Return ``fd``; it is closed at the end."""
        self._kept.callback(os.close, fd)
        return fd

    def from_child(self) -> tuple[int, int]:
        """Return a pipe's two ends: ours to read from, and bubblewrap's to write to."""
        read, write = os.pipe()
        self._inherited.append(write)
        return self.keep(read), write

    def to_child(self) -> tuple[int, int]:
        """Return a pipe's two ends: bubblewrap's to read from, and ours to write to."""
        read, write = os.pipe()
        self._inherited.append(read)
        return read, self.keep(write)

    def holding(self, data: bytes) -> int:
        """Return a descriptor to read ``data`` from, to be inherited."""
        fd = os.memfd_create("forkmerge")
        self._inherited.append(fd)
        with open(os.dup(fd), "wb") as file:
            file.write(data)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def close_inherited(self) -> None:
        """Close this process's copies of what was inherited."""
        while self._inherited:
            os.close(self._inherited.pop())


def find() -> str | None:
    """Return the path of bubblewrap, None when there is none; whether it works is for a probe to find out."""
    return shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/bin:/bin:/usr/local/bin")
