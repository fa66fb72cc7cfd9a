"""A candidate on top of a pristine folder: the kernel shows both as one, and what a run changes is kept apart.

The folder ``Command.below`` holds a whole tree and is never written; ``Command.candidate`` begins empty and takes what
the run changes.  Mounted over the candidate (Linux overlayfs), in a mount namespace that nobody shares with the run,
they are one folder for bubblewrap to show: no file is copied until the run writes to it.  Nothing of it outlives the
run: the kernel lets go of the mount with the namespace's last process.

Invariants: the pristine folder is no writable layer, so no run can change it, whatever it does; where the kernel or the
file system can't do this, nobody pretends: ``stack`` gives None, and candidates are copied as before.

HACK: the mount is made by util-linux's ``unshare`` and ``mount`` in front of bubblewrap, which is exec'ed by them, so
that its process is the one that was started.  bubblewrap's own ``--overlay`` came with 0.11; a mount made by this
process would need its threads to change their namespaces, and an ordinary user can't do that at all.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.sandbox import identity
from forkmerge.sandbox.bubblewrap import Bubblewrap
from forkmerge.sandbox.command import Command, Limits

if TYPE_CHECKING:
    from forkmerge.sandbox.backend import Backend

_PROBE = "cat below && ls gone && echo more >> below && rm gone && echo new > new && mkdir -p d/e && echo x > d/e/f"


@dataclass(frozen=True, slots=True)
class Stack:
    """That candidates can lie on top of pristine folders here; ``own_uid``: each pristine folder has its own user."""

    own_uid: bool

    def owner(self) -> tuple[int, int] | None:
        """Return the user and group that a new pristine folder and the runs on it belong to, None for the present."""
        return identity.ordinary() if self.own_uid else None


def stack(backend: Backend, folder: str) -> Stack | None:
    """Return how candidates below ``folder`` can lie on pristine folders there, proved by a run; None where they can't.

    Only bubblewrap can: the other backends show the candidate's own folder.
    """
    if not isinstance(backend, Bubblewrap):
        return None
    found = Stack(backend.variant == "own-uid")
    try:
        with tempfile.TemporaryDirectory(prefix="probe-", dir=folder) as root:
            os.chmod(root, 0o711)  # noqa: S103 - the run may have a user id of its own, which has to get through
            return found if _tried(backend, found.owner(), root) else None
    except OSError:
        return None


def _tried(backend: Bubblewrap, owner: tuple[int, int] | None, root: str) -> bool:
    """Return whether a run sees the pristine folder, can change what it sees, and leaves it as it was."""
    below, candidate = os.path.join(root, "below"), os.path.join(root, "c")
    for path in (below, candidate, os.path.join(below, "d")):
        os.mkdir(path, 0o755)
    for name in ("below", "gone"):
        with open(os.path.join(below, name), "w", encoding="ascii") as file:
            file.write(name)
    if owner is not None:
        identity.give(below, owner)
    command = Command(
        ("/bin/sh", "-c", _PROBE), candidate, "/fm-probe/checkout", env=(("PATH", "/usr/bin:/bin"),),
        limits=Limits(wall=20), below=below, user=owner,
    )  # fmt: skip
    with contextlib.suppress(UnusableInput):
        done = backend.run(command)
        with open(os.path.join(below, "below"), encoding="ascii") as file:
            untouched = file.read() == "below" and sorted(os.listdir(below)) == ["below", "d", "gone"]
        kept = all(os.path.isfile(os.path.join(candidate, name)) for name in ("below", "new", "d/e/f"))
        return done.status == "exited" and done.code == 0 and untouched and kept
    return False


def starter(command: Command, *, private_users: bool) -> list[str]:
    """Return the words in front of bubblewrap's that mount the candidate over itself, on top of ``command.below``.

    ``private_users``: in a user namespace, as an ordinary user has to.  Raises UnusableInput for a path that mount's
    options can't tell, OSError where no folder can be made.
    """
    for path in (command.below, command.candidate):
        if any(character in path for character in ",:\\\"'\n"):
            raise UnusableInput("a path of a pristine folder can't be told to mount", where=path)
    work = tempfile.mkdtemp(prefix="work-", dir=os.path.dirname(command.candidate))
    # volatile: nothing of it has to survive a crash of the machine, so nobody waits for the disk
    options = f"lowerdir={command.below},upperdir={command.candidate},workdir={work},volatile,index=off,metacopy=off"
    options += ",userxattr" if private_users else ",redirect_dir=on"
    users = ["--user", "--map-root-user"] if private_users else []
    script = '"$1" -t overlay -o "$2" overlay "$3" && shift 3 && exec "$@"'
    return [
        *(_program("unshare"), *users, "--mount", "--propagation", "private", "--"),
        *("/bin/sh", "-c", script, "sh", _program("mount"), options, command.candidate),
    ]


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        raise UnusableInput(f"there is no {name}")
    return found
