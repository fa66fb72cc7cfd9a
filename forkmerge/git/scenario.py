"""From names to a three-way merge scenario.

Idea: the base is what git takes: the merge base; for a criss-cross history the merge of the merge bases (as git's
recursive strategy makes it, conflict markers and all); the empty tree when there is no common ancestor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git import mergetree
from forkmerge.model.finding import Finding, Severity
from forkmerge.model.revision import Revision, Scenario

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository

_USUAL_BRANCHES = ("HEAD", "main", "master", "trunk", "develop")


def resolve(repo: Repository, ours: str = "HEAD", theirs: str = "", *, base: str | None = None) -> Scenario:
    """Return the scenario that merges ``theirs`` into ``ours``, over ``base`` if one is named.

    ``theirs`` may be the name of a remote (its default branch is taken); "" stands for ``MERGE_HEAD`` while a merge
    is in progress.  ``ours`` may hold both as a range.  Raises ``UnusableInput`` for unknown names.
    """
    if not theirs and (both := parse_range(ours)) is not None:
        ours, theirs = both
    if not theirs:
        if not in_progress(repo):
            raise UnusableInput(
                "there is nothing to merge: no merge is in progress", hint="name the revision to merge, or a range A..B"
            )
        theirs = "MERGE_HEAD"
    fork, upstream = revision(repo, ours or "HEAD"), revision(repo, theirs)
    if base is not None:
        named = revision(repo, base)
        return Scenario(named, fork, upstream, (named.commit,) if named.commit else ())
    if fork.commit is None or upstream.commit is None:
        raise UnusableInput("a tree has no history to find a merge base in", hint="name the base")
    bases = repo.merge_bases(fork.commit, upstream.commit)
    return Scenario(base_of(repo, bases), fork, upstream, bases)


def parse_range(text: str) -> tuple[str, str] | None:
    """Return (ours, theirs) of ``A..B`` or ``A...B``, where a missing end is HEAD; None when it is no range."""
    for dots in ("...", ".."):
        ours, found, theirs = text.partition(dots)
        if found and not text.startswith(("../", "./")):
            return ours or "HEAD", theirs or "HEAD"
    return None


def revision(repo: Repository, name: str) -> Revision:
    """Return what ``name`` stands for; the name of a remote stands for its default branch."""
    try:
        return repo.resolve(name)
    except UnusableInput:
        tracked = f"refs/remotes/{name}/"
        there = [ref for ref in repo.names() if ref.startswith(tracked)]
        usual = [tracked + branch for branch in _USUAL_BRANCHES if tracked + branch in there]
        chosen = usual or (there if len(there) == 1 else [])
        if not chosen:
            if there or repo.run(["config", "--get", f"remote.{name}.url"], check=False).code != 0:
                raise
            raise UnusableInput(f"the remote {name} has not been fetched", hint=f"git fetch {name}") from None
        found = repo.resolve(chosen[0])
        return Revision(chosen[0].removeprefix("refs/remotes/"), found.commit, found.tree)


def in_progress(repo: Repository) -> str:
    """Return what git has under way in this work tree: merge, cherry-pick, revert, rebase, am, or ""."""
    signs = (
        ("MERGE_HEAD", "merge"),
        ("rebase-merge", "rebase"),
        ("rebase-apply/applying", "am"),
        ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    )
    return next((name for sign, name in signs if (repo.git_dir / sign).exists()), "")


def notes(repo: Repository) -> tuple[Finding, ...]:
    """Return what may make the history look other than it is: a shallow clone, grafts, replaced objects."""
    found = []
    if (repo.common_dir / "shallow").is_file():
        text = "this is a shallow clone: the merge base may be missing or too old; git fetch --unshallow gets the rest"
        found.append(Finding("shallow-clone", text, severity=Severity.NOTE))
    if (repo.common_dir / "info" / "grafts").is_file():
        text = "the history is changed by .git/info/grafts"
        found.append(Finding("grafts", text, severity=Severity.NOTE))
    if any(ref.startswith("refs/replace/") for ref in repo.names()):
        text = "objects are replaced by refs/replace/; merge bases follow it, file contents do not"
        found.append(Finding("replaced-objects", text, severity=Severity.NOTE))
    return tuple(found)


def base_of(repo: Repository, bases: tuple[str, ...]) -> Revision:
    """Return the base of a merge whose merge bases are ``bases``: as git has it, see the module's docstring."""
    if not bases:
        return Revision("empty tree", None, repo.empty_tree)
    first = bases[0]
    if len(bases) == 1:
        return Revision(first, first, repo.tree_of(first))
    # Git folds the oldest base in first.
    first, *others = reversed(bases)
    merged = first
    with repo.sterile({}) as apart:
        for other in others:
            result = mergetree.merge_commits(apart, merged, other)
            tree = result.tree or repo.tree_of(merged)
            merged = mergetree.stand_in(repo, tree, [merged, other])
    return Revision("virtual base", None, repo.tree_of(merged))
