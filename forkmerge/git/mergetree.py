"""Git's own merge, as a tree.

Idea: ``git merge-tree --write-tree`` in a sterile git directory: no merge driver and no configuration comes into play,
the attributes are those of our tree.  Where the history has one base or none, the three trees are merged as commits
made for the purpose, so that exactly the scenario's base counts; a criss-cross history is left to git's own recursion.

Invariant: only objects are written; the same scenario gives the same tree on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.errors import MissingTool
from forkmerge.git import command, trees
from forkmerge.git.attributes import attribute_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.repository import Repository
    from forkmerge.git.sterile import Sterile
    from forkmerge.model.revision import Scenario

_KIND = re.compile(r"CONFLICT \(([^)]*)\)")
_EPOCH = "@0 +0000"


@dataclass(frozen=True, slots=True)
class GitMerge:
    """What git made of a scenario.

    ``tree`` holds marked files where there are conflicts; it is None if git gave none.  ``conflicts`` are (path, kind)
    with git's word for the kind (``content``, ``add/add``, ``modify/delete``, ...); ``messages`` what git said.
    """

    tree: str | None
    clean: bool
    conflicts: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()


def git_merge(repo: Repository, scenario: Scenario) -> GitMerge:
    """Return git's own merge of the scenario; raises ``MissingTool`` when git is older than 2.38."""
    with repo.sterile(attribute_files(repo, repo.entries(scenario.ours.tree))) as apart:
        ours, theirs = scenario.ours.commit, scenario.theirs.commit
        if len(scenario.bases) < 2 or scenario.base.commit is not None or ours is None or theirs is None:
            ours, theirs = _stand_ins(repo, scenario)
        apart.name("ours", ours)
        apart.name("theirs", theirs)
        return merge_commits(apart, "ours", "theirs")


def merge_commits(apart: Sterile, ours: str, theirs: str) -> GitMerge:
    """Return git's merge of two commits in a sterile git directory; conflicts are marked with these names."""
    args = ["merge-tree", "--write-tree", "-z", "--messages", "--allow-unrelated-histories", ours, theirs]
    completed = apart.run(args, check=False)
    if completed.code == 129:
        raise MissingTool("git is too old for merge-tree --write-tree", hint="install git 2.38 or newer")
    if completed.code not in (0, 1):
        raise command.failure(completed, "merge-tree")
    fields = completed.stdout.decode("utf-8", "surrogateescape").split("\0")
    tree, rest = fields[0], fields[1:]
    stages = rest[: rest.index("")] if "" in rest else []
    conflicts, messages = _messages(rest[len(stages) + 1 :])
    for stage in stages:
        conflicts.setdefault(stage.partition("\t")[2], "content")
    return GitMerge(tree or None, completed.code == 0, tuple(sorted(conflicts.items())), tuple(messages))


def stand_in(repo: Repository, tree: str, parents: Sequence[str] = ()) -> str:
    """Return a commit of ``tree`` that is nobody's; the same input gives the same id."""
    message = "Stands in for a revision while git merges"
    return trees.commit(repo, tree, parents, message, author=trees.FORKMERGE, committer=trees.FORKMERGE, date=_EPOCH)


def _stand_ins(repo: Repository, scenario: Scenario) -> tuple[str, str]:
    base = stand_in(repo, repo.tree_of(scenario.base.tree))
    ours, theirs = (stand_in(repo, tree, [base]) for tree in (scenario.ours.tree, scenario.theirs.tree))
    return ours, theirs


def _messages(fields: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return path -> kind of conflict, and the messages; git writes them as count, paths, type, message."""
    conflicts: dict[str, str] = {}
    messages = []
    at = 0
    while at < len(fields) and fields[at].strip().isdigit():
        count = int(fields[at])
        paths = fields[at + 1 : at + 1 + count]
        kind, text = fields[at + 1 + count : at + 3 + count]
        messages.append(text.strip())
        if kind.startswith("CONFLICT"):
            found = _KIND.search(text) or _KIND.search(kind)
            for path in paths:
                conflicts.setdefault(path, found[1] if found else "content")
        at += 3 + count
    return conflicts, messages
