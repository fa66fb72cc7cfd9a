"""Trees on their way to another machine: a pack of what it lacks, and the store of objects that it keeps there.

Invariants: a tree counts as held only when everything below it was seen to be there; every object is named by its own
hash, so what arrives changed is another object, and its tree is not held.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git import command
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOLD = 8


def pack(repo: Repository, tree: str, held: Iterable[str] = ()) -> bytes:
    """Return a git pack with ``tree`` and all below it, without what the trees ``held`` (those known here) have."""
    wanted = repo.below(tree)
    for other in held:
        if repo.kind(other) == "tree":
            wanted -= repo.below(other)
    names = "".join(f"{oid}\n" for oid in sorted(wanted)).encode("ascii")
    return repo.run_apart(["pack-objects", "-q", "--stdout", "--delta-base-offset", "--window=0"], stdin=names).stdout


class Store:
    """A bare repository at ``path`` (made where there is none) that holds trees and what is below them."""

    def __init__(self, path: str, object_format: str = "sha1") -> None:
        self._path = path
        if not os.path.isdir(os.path.join(path, "objects")):  # noqa: PTH112, PTH118 - a plain string for git
            Path(path).mkdir(parents=True, exist_ok=True)
            command.run(["init", "-q", "--bare", f"--object-format={object_format}", path], cwd=path)
        self.repo = Repository.open(path, git_dir=path)
        self._held: dict[str, None] = {}

    @property
    def held(self) -> tuple[str, ...]:
        """Return the trees that were held last, so that the next one need not be sent whole."""
        return tuple(self._held)[-_TOLD:]

    def holds(self, tree: str) -> bool:
        """Return whether ``tree`` and everything below it is here."""
        if tree not in self._held:
            try:
                missing = [oid for oid in self.repo.below(tree) if self.repo.kind(oid) is None]
            except UnusableInput:  # one of its folders is not here
                return False
            if missing:
                return False
            self._held[tree] = None
        return True

    def receive(self, data: bytes) -> None:
        """Take in a pack; raises UnusableInput where it is none."""
        self.repo.run(["index-pack", "--stdin"], stdin=data)

    def close(self) -> None:
        """Release files and processes."""
        self.repo.close()
