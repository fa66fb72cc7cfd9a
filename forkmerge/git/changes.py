"""What changed between two trees, renames followed as git detects them; unchanged paths are never read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that differs: ``old`` at ``old_path`` became ``new`` at ``new_path`` (None: was or is not there)."""

    old_path: str
    new_path: str
    old: Entry | None
    new: Entry | None


def changes(repo: Repository, old_tree: str, new_tree: str, *, threshold: int = 50) -> tuple[Change, ...]:
    """Return the changes from one tree to the other, in git's order; renamed are files ``threshold`` percent alike."""
    args = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", f"-M{threshold}%", "-l0"]
    done = repo.run_apart([*args, repo.tree_of(old_tree), repo.tree_of(new_tree)])
    fields = iter(done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1])
    out = []
    for facts in fields:
        old_mode, new_mode, old_oid, new_oid, status = facts.removeprefix(":").split(" ")
        path = next(fields)
        target = next(fields) if status[0] in "RC" else path
        out.append(Change(path, target, _entry(old_mode, old_oid), _entry(new_mode, new_oid)))
    return tuple(out)


def _entry(mode: str, oid: str) -> Entry | None:
    number = int(mode, 8)
    return Entry(number, oid) if number else None
