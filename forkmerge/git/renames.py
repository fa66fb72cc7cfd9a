"""Git's own rename detection between two trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Rename:
    """A file that git takes for the same under another path; ``score`` is its similarity in 0..1."""

    old: str
    new: str
    score: float


def renames(repo: Repository, old_tree: str, new_tree: str, *, threshold: int = 50) -> dict[str, Rename]:
    """Return old path -> ``Rename`` for the files that git finds renamed, at least ``threshold`` percent alike."""
    args = [
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        f"-M{threshold}%",
        "-l0",
        "--diff-filter=R",
    ]
    fields = repo.run_apart([*args, repo.tree_of(old_tree), repo.tree_of(new_tree)]).stdout.split(b"\0")[:-1]
    found = {}
    for status, *paths in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        old, new = (path.decode("utf-8", "surrogateescape") for path in paths)
        found[old] = Rename(old, new, int(status.rpartition(b"R")[2]) / 100)
    return found
