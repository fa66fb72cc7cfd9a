"""The file system that a run sees in bubblewrap, as bubblewrap's own arguments.

The root is an empty tmpfs; the system is bound into it read-only, then the user's environment, then, last of all, the
candidate.  Invariants:

- **Nothing is mounted below an untrusted tree.**  bubblewrap before 0.12 follows symlinks of the mounted tree into
  ``/oldroot`` while it sets up, and would write on the host (CVE-2026-87766).  So candidate, events and environment
  mounts are leaves; a command that needs a mount below one of them is refused.
- Only what is named is there: no /home, no /run, no /var but what is made here.
"""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.sandbox.command import Command, Mount, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store", "/gnu/store")
HOME, TMP = "/tmp/.forkmerge/home", "/tmp"  # noqa: S108 - paths inside the sandbox, on a file system of its own
SECRETS = (
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh",
    "/etc/ssl/private", "/etc/krb5.keytab", "/etc/security/opasswd", "/etc/wireguard", "/etc/openvpn", "/etc/ppp",
    "/etc/NetworkManager/system-connections", "/etc/letsencrypt", "/etc/docker", "/etc/kubernetes", "/etc/polkit-1",
)  # fmt: skip
_SCRATCH = (TMP, "/var/tmp", "/dev/shm")  # noqa: S108 - the same


@dataclass(frozen=True, slots=True)
class Made:
    """A small file made for the run, bound over a file of the system: its ``target`` and ``data``."""

    target: str
    data: bytes


def arguments(command: Command, *, scratch_size: bool) -> list[str]:
    """Return the mount arguments for ``command``; UnusableInput where they would break an invariant."""
    check(command)
    system = tuple(system_folders())
    args = ["--dev", "/dev", "--proc", "/proc", "--dir", "/var"]
    for folder in SYSTEM:
        if os.path.islink(folder):
            args += ["--symlink", os.readlink(folder), folder]
        elif folder in system:
            args += ["--ro-bind", folder, folder]
    if command.network:
        args += _resolver()
    size = ["--size", str(command.limits.scratch)] if scratch_size else []
    for folder in _SCRATCH:
        args += ["--perms", "1777", *size, "--tmpfs", folder]
    args += ["--perms", "0755", "--dir", posixpath.dirname(HOME), "--perms", "0777", "--dir", HOME]
    for folder in _ancestors(command, system):
        args += ["--perms", "0755", "--dir", folder]
    for _, part in sorted(_parts(command, system).items()):
        args += part if part[0] != "--tmpfs" else ["--perms", "0755", *part]
    if command.events is not None:
        args += ["--bind", command.events, command.events]
    return [*args, "--bind", command.candidate, command.at, "--remount-ro", "/"]


def system_folders() -> Iterator[str]:
    """Yield the folders of the system that exist here and are no symlinks."""
    return (folder for folder in SYSTEM if os.path.isdir(folder) and not os.path.islink(folder))


def secrets() -> Iterator[str]:
    """Yield the files and folders of the system that a run never needs and must not read."""
    return (path for path in SECRETS if os.path.exists(path) and not os.path.islink(path))


def accounts(uid: int, gid: int) -> tuple[Made, ...]:
    """Return the account files, in which ``uid`` exists and has the private home; empty where the host's are odd."""
    made = []
    for path, line in (
        ("/etc/passwd", f"forkmerge:x:{uid}:{gid}:forkmerge:{HOME}:/bin/sh\n"),
        ("/etc/group", f"forkmerge:x:{gid}:\n"),
    ):
        if os.path.islink(path) or not os.path.isfile(path):
            return ()
        with open(path, "rb") as file:
            kept = [each for each in file if each.split(b":")[2:3] != [str(uid if "passwd" in path else gid).encode()]]
        made.append(Made(path, line.encode() + b"".join(kept)))
    return tuple(made)


def check(command: Command) -> None:
    """Raise UnusableInput unless candidate, events and mounts can all be leaves."""
    at, targets = command.at, [mount.target for mount in command.readonly]
    for path in (at, command.candidate, *targets, *([command.events] if command.events else [])):
        if not posixpath.isabs(path) or posixpath.normpath(path) != path or path == "/":
            raise UnusableInput("a sandbox path has to be absolute and without . or ..", where=path)
    if at in {*SYSTEM, *_SCRATCH, "/dev", "/proc", "/sys", "/var", HOME}:
        raise UnusableInput("the sandbox can't show a candidate in the place of a system folder", where=at)
    for path in (*targets, *([command.events] if command.events else [])):
        if inside(path, at):
            raise UnusableInput(
                "nothing may be mounted below the candidate",
                where=path,
                hint="mount it elsewhere and let a symlink in the candidate point there",
            )
        if inside(at, path) and path != at:
            raise UnusableInput("the candidate can't lie in a mounted folder", where=path)
    for mount in command.readonly:
        for other in command.readonly:
            if other.target != mount.target and inside(mount.target, other.target) and not _same(mount, other):
                raise UnusableInput("nothing may be mounted below another mount", where=mount.target)


def _ancestors(command: Command, system: tuple[str, ...]) -> list[str]:
    """Return the folders above every mount that have to be made, parents first; made here they are open to all."""
    found = set()
    for path in (command.at, command.events, *(mount.target for mount in command.readonly)):
        while path and (path := posixpath.dirname(path)) not in ("/", *_SCRATCH):
            if not any(inside(path, folder) for folder in system):
                found.add(path)
    return sorted(found)


def _same(inner: Mount, outer: Mount) -> bool:
    """Return whether ``outer`` already shows what ``inner`` would."""
    return inner.source == posixpath.join(outer.source, posixpath.relpath(inner.target, outer.target))


def _parts(command: Command, system: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the mounts of the environment and the covers of what is hidden, by target: parents sort first."""
    parts: dict[str, list[str]] = {path: _cover(path) for path in secrets()}
    shown = [*system, *(mount.target for mount in command.readonly)]
    for mount in command.readonly:
        covered = any(mount.source == mount.target and inside(mount.target, folder) for folder in system)
        covered = covered or any(o != mount and inside(mount.target, o.target) for o in command.readonly)
        if not covered or any(inside(mount.target, path) for path in command.hidden):
            parts[mount.target] = ["--ro-bind", mount.source, mount.target]
    for path in {p for hidden in command.hidden for p in (posixpath.normpath(hidden), os.path.realpath(hidden))}:
        if path in parts or path == "/" or inside(path, command.at):
            continue
        if any(inside(path, folder) for folder in shown) and os.path.lexists(path):
            parts[path] = _cover(path)
    return parts


def _cover(path: str) -> list[str]:
    if stat.S_ISDIR(os.lstat(path).st_mode):
        return ["--tmpfs", path]
    return ["--ro-bind", "/dev/null", path]


def _resolver() -> list[str]:
    """Return the mount of the name service's file where /etc has only a symlink to it."""
    path = "/etc/resolv.conf"
    real = os.path.realpath(path)
    return ["--ro-bind", real, real] if os.path.islink(path) and os.path.isfile(real) else []
