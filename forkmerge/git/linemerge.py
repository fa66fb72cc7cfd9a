"""Git's own line merge of three byte strings.

Idea: nothing but ``git merge-file`` gives exactly git's bytes, so it is run on three temporary files: files of memory
without a name where the system has those, else in a folder.  This is on the start-up path of ``merge-file`` and of the
driver: only cheap modules are imported, and git is started by ``posix_spawn``.

Invariants: the temporary folder (in ``$TMPDIR``, mode 0700) is removed whatever happens; no repository is looked at, so
no configuration of one changes the answer, unless the style is to be the configured one.
"""

# ruff: noqa: PTH102, PTH106, PTH108, PTH112, PTH118, PTH123
# This is on the start-up path of the merge driver, where pathlib costs too much.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import UnusableInput
from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

Style: TypeAlias = 'Literal["merge", "diff3", "zdiff3", "configured"]'
Favor: TypeAlias = 'Literal["ours", "theirs", "union"]'
Look: TypeAlias = "tuple[Style, Sequence[str], int, Favor | None]"

CONFIGURED: Style = "configured"
"""The style that git is configured for where the process stands."""

ORDER = ("ours", "base", "theirs")
"""In which git is given the three, and what they are called where nobody says otherwise."""
MOST_COUNTED = 127
_SPAWNS = hasattr(os, "posix_spawnp")
_MEMORY = _SPAWNS and hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
_NOWHERE = "/dev/null/none"


def line_merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    style: Style = "merge",
    labels: Sequence[str] = ORDER,
    marker_size: int = 7,
    favor: Favor | None = None,
) -> tuple[bytes, int]:
    """Return the merged bytes, with markers where there are conflicts, and the number of conflicts (127: or more).

    ``labels`` are those of ours, base, theirs.  Binary input raises ``UnusableInput`` in git's words.
    """
    look: Look = (style, labels, marker_size, favor)
    completed = _in_memory((ours, base, theirs), look) if _MEMORY else None
    if completed is None:
        completed = _in_folder((ours, base, theirs), look)
    if not 0 <= completed.code <= MOST_COUNTED:
        said = completed.stderr.decode("utf-8", "replace").strip().removeprefix("error: ").removeprefix("fatal: ")
        raise UnusableInput(said or f"git merge-file ended with code {completed.code}")
    return completed.stdout, completed.code


def _in_memory(three: tuple[bytes, bytes, bytes], look: Look) -> command.Completed | None:
    """Return what git says; None where it can't be asked this way, or fails: then there is a folder to tell of it."""
    files: list[int] = []
    try:
        filled(files, three)
        completed = command.finish(begun(files, look, _environment(_NOWHERE, look[0])))
    except OSError:
        return None
    finally:
        for file in files:
            os.close(file)
    return completed if 0 <= completed.code <= MOST_COUNTED else None


def filled(files: list[int], three: tuple[bytes, bytes, bytes]) -> None:
    """Append to ``files`` an open file of memory for each of ours, base, theirs; raises OSError."""
    for data in three:
        files.append(os.memfd_create("forkmerge"))
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(files[-1], rest) :]


def begun(files: Sequence[int], look: Look, env: Mapping[str, str]) -> command.Running:
    """Return git started on a line merge of the open files ours, base, theirs; raises OSError."""
    first = max(files) + 10  # what they are called in git, where none of them can be in the way of another
    paths = [f"/proc/self/fd/{first + i}" for i in range(len(files))]
    return command.begin(_arguments(paths, *look), env=env, hand=(first, files))


def _in_folder(three: tuple[bytes, bytes, bytes], look: Look) -> command.Completed:
    scratch = _scratch()
    try:
        paths = [os.path.join(scratch, name) for name in ORDER]
        for path, data in zip(paths, three, strict=True):
            with open(path, "xb") as file:
                file.write(data)
        env = _environment(os.path.join(scratch, "none"), look[0])
        args = _arguments(paths, *look)
        if _SPAWNS:
            completed = command.spawn(args, scratch=scratch, env=env)
        else:
            completed = command.run(args, env=env, check=False)
    finally:
        _remove(scratch)
    said = completed.stderr
    for path, label in zip(paths, look[1], strict=False):
        said = said.replace(os.fsencode(path), label.encode("utf-8", "surrogateescape"))
    return command.Completed(completed.stdout, said, completed.code)


def configured(key: str, git_dir: str | None = None) -> str:
    """Return what git is configured to for ``key``, for the working directory or for ``git_dir``; "" if it is not set.

    What nobody knows is returned as it stands.  ``git -c key=value`` around the merge driver counts.  As cheap as a
    merge: this too is on the start-up path.
    """
    env, args = user_environment(git_dir), ["config", "--get", key]
    if _MEMORY:
        ask = command.spawn(args, env=env)
    elif _SPAWNS:
        scratch = _scratch()
        try:
            ask = command.spawn(args, scratch=scratch, env=env)
        finally:
            _remove(scratch)
    else:
        ask = command.run(args, env=env, check=False)
    return ask.stdout.decode("utf-8", "replace").strip()


def user_environment(git_dir: str | None) -> dict[str, str]:
    """Return the environment for commands that look at the repository, and run nothing whatever that says."""
    env = command.environment(git_dir=git_dir)
    if given := os.environ.get("GIT_CONFIG_PARAMETERS"):
        env["GIT_CONFIG_PARAMETERS"] = given
    return env


def _arguments(
    paths: list[str], style: Style, labels: Sequence[str], marker_size: int, favor: Favor | None
) -> list[str]:
    args = ["merge-file", "-p", f"--marker-size={marker_size}"]
    if style not in ("merge", CONFIGURED):
        args.append(f"--{style}")
    if favor is not None:
        args.append(f"--{favor}")
    for label in labels:
        args += ["-L", label]
    return [*args, "--", *paths]


def _environment(none: str, style: Style) -> dict[str, str]:
    """Return git's environment; a git directory that is ``none`` keeps it from looking for a repository anywhere."""
    return user_environment(os.environ.get("GIT_DIR")) if style == CONFIGURED else command.environment(git_dir=none)


def _scratch() -> str:
    parent = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - the folder made in it is private and its name is random
    if not os.path.isdir(parent):
        import tempfile  # noqa: PLC0415 - only where the cheap way does not work

        return tempfile.mkdtemp(prefix="forkmerge-")
    path = os.path.join(parent, f"forkmerge-{os.urandom(8).hex()}")
    os.mkdir(path, 0o700)
    return path


def _remove(scratch: str) -> None:
    for name in (*ORDER, "stdout", "stderr"):
        try:
            os.unlink(os.path.join(scratch, name))
        except OSError:
            continue
    os.rmdir(scratch)
