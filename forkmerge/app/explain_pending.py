"""What git is in the middle of, as a merge of two commits, and whether the last run on record was about that.

A cherry-pick, a step of a rebase and a revert are merges with a base that the history does not show: commits of the
three trees stand in for them.  Invariant: only objects are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app import explain_record
from forkmerge.errors import UnusableInput
from forkmerge.git import mergetree, scenario

if TYPE_CHECKING:
    from pathlib import Path

    from forkmerge.app.explain_record import Record
    from forkmerge.git.repository import Repository

_HEADS = {
    "merge": "MERGE_HEAD",
    "rebase": "REBASE_HEAD",
    "cherry-pick": "CHERRY_PICK_HEAD",
    "revert": "REVERT_HEAD",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """The two commits that git is joining, and what a person would call them."""

    ours: str
    theirs: str
    names: tuple[str, str]
    operation: str


def pending(repo: Repository) -> Pending | None:
    """Return what git has in progress; None for nothing, or for what is no join of two commits."""
    found = _head(repo)
    if found is None:
        return None
    operation, place = found
    try:
        theirs = place.read_text("ascii").split()[0]
        ours = repo.resolve("HEAD").commit or ""
        if operation != "merge":
            before, after = (repo.resolve(name) for name in (f"{theirs}^1", theirs))
            old, new = (after, before) if operation == "revert" else (before, after)
            base = mergetree.stand_in(repo, repo.tree_of(old.tree))
            made = [
                mergetree.stand_in(repo, repo.tree_of(tree), [base]) for tree in (repo.resolve("HEAD").tree, new.tree)
            ]
            return Pending(made[0], made[1], (ours[:12], theirs[:12]), operation)
    except (UnusableInput, OSError, IndexError):
        return None
    return Pending(ours, theirs, (ours[:12], theirs[:12]), operation)


def names(repo: Repository) -> tuple[str, str]:
    """Return what a person would call the two commits that git is joining, ("", "") for none."""
    found = _head(repo)
    try:
        theirs = found[1].read_text("ascii").split()[0] if found is not None else ""
        return ((repo.resolve("HEAD").commit or "")[:12], theirs[:12]) if theirs else ("", "")
    except (UnusableInput, OSError, IndexError):
        return "", ""


def outdated(repo: Repository, record: Record) -> bool:
    """Return whether git has begun, or made, another merge since the run on ``record``."""
    written = explain_record.written(repo.git_dir)
    found = _head(repo)
    if found is not None:
        return found[1].stat().st_mtime_ns > written
    told = record.explanation
    said = repo.run(["log", "-1", "--format=%H %ct %P", "HEAD"], check=False).stdout.decode("ascii").split()
    if len(said) != 4 or said[0] == told.commit:
        return False
    if told.commit and repo.run(["merge-base", "--is-ancestor", told.commit, said[0]], check=False).code == 0:
        return True
    if int(said[1]) <= told.created:
        return False
    try:
        return told.commit != "" or not told.theirs or repo.resolve(told.theirs).commit != said[3]
    except UnusableInput:
        return True


def _head(repo: Repository) -> tuple[str, Path] | None:
    operation = scenario.in_progress(repo)
    place = repo.git_dir / _HEADS.get(operation, "")
    return (operation, place) if operation in _HEADS and place.is_file() else None
