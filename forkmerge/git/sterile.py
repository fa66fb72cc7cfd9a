"""A git directory of our own that borrows the objects of a repository.

Idea: most of what forkmerge does with git concerns objects alone.  Run in a fresh, empty git directory, with the
repository's object folder lent to it (``GIT_OBJECT_DIRECTORY``), git sees no hook, no configuration, no attribute, no
promisor remote of the repository, and not the user's either: the same input gives the same output on every machine.
What is written (blobs, trees, commits) lands in the repository's own objects.

Invariants: nothing in the repository's git directory is read but ``objects/`` and ``shallow``; the folder is removed by
``close``, at the latest when the process ends.  A process that was killed leaves it: it is locked as long as its owner
lives, so that others know (``execution.folders``).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

PREFIX = "forkmerge-git-"
"""What the names of these folders begin with, in the temporary folder."""

_SHARED = ("true", "1", "group", "2", "all", "world", "everybody")


class Sterile:
    """A private git directory over ``objects``; ``attributes`` (path -> content) become a work tree of their own.

    ``shared`` is the repository's ``core.sharedRepository``, so that others of its group can read what is written.
    """

    def __init__(
        self,
        objects: Path,
        object_format: str,
        *,
        shallow: Path | None = None,
        shared: str = "",
        attributes: Mapping[str, bytes] | None = None,
    ) -> None:
        self.objects = objects
        self.object_format = object_format
        self.shallow = shallow
        self.shared = shared if shared in _SHARED or (shared.isdigit() and shared.startswith("0")) else ""
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._remove = weakref.finalize(self, _remove, str(self.path), _lock(self.path))
        self.work_tree = self.path / "tree" if attributes is not None else None
        try:
            self._furnish(attributes or {})
        except BaseException:
            self._remove()
            raise

    def run(
        self,
        args: Sequence[command.Argument],
        *,
        stdin: bytes | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        as_user: bool = False,
    ) -> command.Completed:
        """Run git on the borrowed objects (see ``command.run``); ``as_user`` shows it the user's own configuration."""
        return command.run(
            args,
            cwd=self.work_tree or self.path,
            git_dir=self.path,
            work_tree=self.work_tree,
            stdin=stdin,
            check=check,
            env={**self._variables(as_user=as_user), **(env or {})},
            trusted=True,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment in which git sees this directory."""
        return {**command.environment(git_dir=self.path, work_tree=self.work_tree), **self._variables()}

    def name(self, ref: str, oid: str) -> None:
        """Give ``oid`` the branch name ``ref`` inside this directory."""
        (self.path / "refs" / "heads" / ref).write_text(f"{oid}\n", encoding="ascii")

    def close(self) -> None:
        """Remove the directory."""
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _variables(self, *, as_user: bool = False) -> dict[str, str]:
        found = {"GIT_OBJECT_DIRECTORY": os.fspath(self.objects), "GIT_ATTR_NOSYSTEM": "1"}
        if not as_user:
            found.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        if self.shallow is not None:
            found["GIT_SHALLOW_FILE"] = os.fspath(self.shallow)
        return found

    def _furnish(self, attributes: Mapping[str, bytes]) -> None:
        (self.path / "refs" / "heads").mkdir(parents=True)
        (self.path / "objects").mkdir()
        (self.path / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        lines = ["[core]", f"\tbare = {'false' if self.work_tree else 'true'}", f"\tattributesFile = {os.devnull}"]
        if self.shared:
            lines.append(f"\tsharedRepository = {self.shared}")
        if self.object_format == "sha1":
            lines.append("\trepositoryFormatVersion = 0")
        else:
            lines += ["\trepositoryFormatVersion = 1", "[extensions]", f"\tobjectFormat = {self.object_format}"]
        (self.path / "config").write_text("\n".join(lines) + "\n", encoding="ascii")
        if self.work_tree is not None:
            self.work_tree.mkdir()
            for path, data in attributes.items():
                target = self.work_tree / os.fsdecode(path.encode("utf-8", "surrogateescape"))
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
                except OSError as error:
                    if error.errno != errno.ENAMETOOLONG:  # no one can check such a file out, so nothing is lost
                        raise


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of a folder."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # a file system without locks: its folders are never taken for left ones
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd


def _remove(path: str, fd: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(fd)
