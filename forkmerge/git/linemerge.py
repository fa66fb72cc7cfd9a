"""Git's own line merge of three byte strings.

Idea: nothing but ``git merge-file`` gives exactly git's bytes, so it is run on three temporary files.  This is on the
start-up path of ``merge-file`` and of the driver: only cheap modules are imported, and git is started by
``posix_spawn``.

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
    from collections.abc import Sequence
    from typing import Literal

Style: TypeAlias = 'Literal["merge", "diff3", "zdiff3", "configured"]'
Favor: TypeAlias = 'Literal["ours", "theirs", "union"]'

CONFIGURED: Style = "configured"
"""The style that git is configured for where the process stands."""

_NAMES = ("ours", "base", "theirs")
_MOST_COUNTED = 127
_SPAWNS = hasattr(os, "posix_spawnp")


def line_merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    style: Style = "merge",
    labels: Sequence[str] = _NAMES,
    marker_size: int = 7,
    favor: Favor | None = None,
) -> tuple[bytes, int]:
    """Return the merged bytes, with markers where there are conflicts, and the number of conflicts (127: or more).

    ``labels`` are those of ours, base, theirs.  Binary input raises ``UnusableInput`` in git's words.
    """
    scratch = _scratch()
    try:
        paths = [os.path.join(scratch, name) for name in _NAMES]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            with open(path, "xb") as file:
                file.write(data)
        completed = _run(_arguments(paths, style, labels, marker_size, favor), scratch, style)
    finally:
        _remove(scratch)
    if not 0 <= completed.code <= _MOST_COUNTED:
        said = completed.stderr.decode("utf-8", "replace").strip().removeprefix("error: ").removeprefix("fatal: ")
        for path, label in zip(paths, labels, strict=False):
            said = said.replace(path, label)
        raise UnusableInput(said or f"git merge-file ended with code {completed.code}")
    return completed.stdout, completed.code


def configured(key: str, git_dir: str | None = None) -> str:
    """Return what git is configured to for ``key``, for the working directory or for ``git_dir``; "" if it is not set.

    What nobody knows is returned as it stands.  ``git -c key=value`` around the merge driver counts.  As cheap as a
    merge: this too is on the start-up path.
    """
    scratch = _scratch()
    try:
        env = _configured(git_dir)
        args = ["config", "--get", key]
        ask = command.spawn(args, scratch=scratch, env=env) if _SPAWNS else command.run(args, env=env, check=False)
    finally:
        _remove(scratch)
    return ask.stdout.decode("utf-8", "replace").strip()


def _configured(git_dir: str | None) -> dict[str, str]:
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


def _run(args: list[str], scratch: str, style: Style) -> command.Completed:
    # A git directory that is none keeps git from looking for a repository around $TMPDIR or the working directory.
    none = os.path.join(scratch, "none")
    env = _configured(os.environ.get("GIT_DIR")) if style == CONFIGURED else command.environment(git_dir=none)
    if _SPAWNS:
        return command.spawn(args, scratch=scratch, env=env)
    return command.run(args, env=env, check=False)


def _scratch() -> str:
    parent = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - the folder made in it is private and its name is random
    if not os.path.isdir(parent):
        import tempfile  # noqa: PLC0415 - only where the cheap way does not work

        return tempfile.mkdtemp(prefix="forkmerge-")
    path = os.path.join(parent, f"forkmerge-{os.urandom(8).hex()}")
    os.mkdir(path, 0o700)
    return path


def _remove(scratch: str) -> None:
    for name in (*_NAMES, "stdout", "stderr"):
        try:
            os.unlink(os.path.join(scratch, name))
        except OSError:
            continue
    os.rmdir(scratch)
