"""git's merge with its conflicts resolved to one side, as people do it with ``git merge -X ours``.

It is what a search has to beat where git leaves conflicts: the plain merge itself has then no tree that tests could run
on.  Idea: git's own tree, with each path in conflict merged again by git with ``--ours`` or ``--theirs``; where that is
not possible (deleted on one side, binary), the side's entry as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from forkmerge.errors import UnusableInput
from forkmerge.git import trees
from forkmerge.git.linemerge import line_merge
from forkmerge.model.source import EXECUTABLE, REGULAR

if TYPE_CHECKING:
    from forkmerge.git.mergetree import GitMerge
    from forkmerge.git.repository import Repository
    from forkmerge.git.trees import Change
    from forkmerge.model.revision import Scenario
    from forkmerge.model.source import Entry


def wholesale(repo: Repository, scenario: Scenario, merge: GitMerge, favor: Literal["ours", "theirs"]) -> str | None:
    """Return the id of the tree, None where git's merge gave none; only objects are written."""
    if merge.tree is None:
        return None
    if merge.clean:
        return merge.tree
    base, ours, theirs = (repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))
    changes: dict[str, Change] = {}
    for path, _ in merge.conflicts:
        three = (base.get(path), ours.get(path), theirs.get(path))
        changes[path] = _resolve(repo, three, favor)
    return trees.write(repo, merge.tree, changes)


def _resolve(
    repo: Repository, three: tuple[Entry | None, Entry | None, Entry | None], favor: Literal["ours", "theirs"]
) -> Change:
    base, ours, theirs = three
    taken = ours if favor == "ours" else theirs
    if ours is None or theirs is None or taken is None or any(e.mode not in _FILES for e in (ours, theirs)):
        return taken
    try:
        data, _ = line_merge(
            repo.read(base.oid) if base else b"", repo.read(ours.oid), repo.read(theirs.oid), favor=favor
        )
    except UnusableInput:
        return taken
    return (taken.mode, data)


_FILES = (REGULAR, EXECUTABLE)
