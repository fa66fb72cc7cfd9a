"""``merge --write-tree``: a merge as a tree, printed as ``git merge-tree`` does; nothing else is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app import merge_plan, merge_risk
from forkmerge.app.merge_look import Look, configured_style, labels_in, marked
from forkmerge.app.merge_print import layout
from forkmerge.app.merge_values import Fate
from forkmerge.git import trees
from forkmerge.git.blobs import write_blobs
from forkmerge.git.repository import Repository
from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from forkmerge.app.merge_values import Plan, PlannedFile
    from forkmerge.merge.pieces import Style


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the answer is to be printed; ``messages`` None prints them where there are conflicts."""

    zeroed: bool = False
    name_only: bool = False
    messages: bool | None = None


def write_tree(
    folder: str, ours: str, theirs: str, wanted: Wanted, *, unrelated: bool = False, structured: bool = True
) -> tuple[bytes, bool]:
    """Return what is to be printed, and whether the merge is clean; raises as ``merge_plan.plan``."""
    with Repository.open(folder, reader="git", settled=True) as repo:
        allowed = merge_risk.allowed(repo)
        made = merge_plan.plan(repo, ours, theirs, unrelated=unrelated, structured=structured, allowed=allowed)
        tree = tree_of(repo, made, (ours, theirs))
        show = wanted.messages if wanted.messages is not None else not made.clean
        top = os.path.realpath(repo.worktree) if repo.worktree else ""
        here = os.path.realpath(folder)
        prefix = os.path.relpath(here, top) if top and here != top and here.startswith(top + os.sep) else ""
        text = layout(
            tree,
            made.stages,
            made.messages if show else None,
            zeroed=wanted.zeroed,
            name_only=wanted.name_only,
            prefix=prefix,
            quote_high=_quotes_high(repo),
        )
        if show:
            text += made.git.rest.encode("utf-8", "surrogateescape")
    return text, made.clean


def tree_of(repo: Repository, made: Plan, names: tuple[str, str]) -> str:
    """Return the id of the tree of ``made``: git's, with resolved files, and what is left of conflicts in markers."""
    look = Looks(repo, made, names)
    contents: dict[str, tuple[int, bytes]] = {}
    for file in made.files:
        if file.git is None or file.fate == Fate.LEFT:
            continue
        content = file.content if file.fate == Fate.RESOLVED else look.marked(file)
        if content is not None:
            contents[file.path] = (file.git.mode, content)
    oids = write_blobs(repo, [content for _, content in contents.values()])
    written = zip(contents.items(), oids, strict=True)
    changes: dict[str, trees.Change] = {path: Entry(mode, oid) for (path, (mode, _)), oid in written}
    return trees.write(repo, made.git.tree, changes) if changes else made.git.tree


class Looks:
    """How the conflicts of each file of a plan look, worked out where it is needed."""

    def __init__(self, repo: Repository, made: Plan, names: tuple[str, str]) -> None:
        self._repo = repo
        self._plan = made
        self._names = names
        self._style: Style | None = None

    def of(self, file: PlannedFile, git_text: bytes | None = None) -> Look:
        """Return the look of ``file``, its labels as in git's own text for it."""
        size = file.marker_size
        style = self._style = self._style or configured_style(self._repo)
        labels = None
        if file.fate != Fate.OBJECTED and file.git is not None:
            labels = labels_in(git_text if git_text is not None else self._repo.read(file.git.oid), size)
        if labels is None or (not labels[1] and style != "merge"):
            labels = (self._names[0], self._base(), self._names[1])
        return Look(labels, style, size)

    def marked(self, file: PlannedFile) -> bytes | None:
        """Return the text of ``file`` with its conflicts between markers."""
        return marked(file.merge, self.of(file))[0] if file.merge is not None else None

    def _base(self) -> str:
        """Return git's label of the base: its short id, or words for many or none."""
        history = self._plan.scenario
        if history is None or not history.bases:
            return "empty tree"
        if len(history.bases) > 1:
            return "merged common ancestors"
        return self._repo.run(["rev-parse", "--short", history.bases[0]]).stdout.decode("ascii").strip()


def _quotes_high(repo: Repository) -> bool:
    said = repo.run(["config", "--type=bool", "--get", "core.quotePath"], check=False).stdout
    return said.strip() != b"false"
